// Guards: A list of works says by what it ended, and ends at its limit or at known works.
import { describe, expect, it } from "vitest";
import type { ListEnd, ListSeen } from "../../src/platform/access/work-visitor.js";
import type { AskedList } from "../../src/platform/works/work-list.js";
import type { Work } from "../../src/works/model/work.js";
import { WorkLister, type WorkListerOptions } from "../../src/works/work-lister.js";
import { FakeClock } from "../clock.js";
import { aWork } from "./a-work.js";
import { expectModel } from "./model/check.js";

const NEVER = new AbortController().signal;
const AUTHOR: AskedList = { secUid: "MS4wLjABAAAA" };
const MIX: AskedList = { mixId: "7686658435312030111" };
const OVER: ListEnd = { endedBy: "wall", reason: "the first are shown" };
/** Works by the last digits of their ids; those with a star are pinned. */
const page = (...names: string[]): ListSeen => ({
  ...{ author: { ...aWork().author, works: 45 }, mix: null, hidden: 0 },
  works: names.map((name) => aWork({ id: `76000000000000000${name.slice(0, 2)}`, pinned: name.endsWith("*") })),
});
const PAGES = [page("90*", "35", "34"), page("33", "32"), page("31")];

/** Lists pages of the test's, and tells what came and how far it was read. */
async function list(asked: AskedList, pages: readonly ListSeen[], more: Partial<WorkListerOptions> = {}, signal = NEVER) {
  const clock = new FakeClock();
  let read = 0;
  let left = false;
  const reader = {
    list: async function* (of: AskedList) {
      expect(of).toEqual(asked);
      try {
        for (const seen of pages) {
          read++;
          yield seen;
          signal.throwIfAborted();
        }
        return OVER;
      } finally {
        left = true;
      }
    },
  };
  const lister = new WorkLister(asked, { reader, clock, ...more });
  expectModel("WorkListRun", lister.status());
  const came: Work[] = [];
  for await (const batch of lister.batches(signal)) came.push(...batch);
  const run = lister.status();
  expectModel("WorkListRun", run);
  expect(run.collected).toBe(came.length);
  expect([left, run.endedAt]).toEqual([true, clock.now()]);
  return { names: came.map(({ id }) => id.slice(-2)), run, read };
}
const knows = (...names: string[]) => ({ knows: (id: string) => names.includes(id.slice(-2)) });

describe("a list of works", () => {
  it("is read to its end, and tells by what that was and what the platform says that there is", async () => {
    const { names, run } = await list(AUTHOR, [...PAGES.slice(0, 2), { ...page(), hidden: 2 }, { ...page("31"), hidden: 1 }]);
    expect(names).toEqual(["90", "35", "34", "33", "32", "31"]);
    expect(run).toMatchObject({ ...OVER, shown: 45, collected: 6, hidden: 3, mix: null, author: { nickname: "山里的相机" } });
  });

  it("ends at the limit without looking at another page", async () => {
    expect(await list(AUTHOR, PAGES, { limit: 3 })).toMatchObject({ names: ["90", "35", "34"], read: 1, run: { endedBy: "limit" } });
    expect(await list(AUTHOR, PAGES, { limit: 4 })).toMatchObject({ names: ["90", "35", "34", "33"], read: 2, run: { endedBy: "limit" } });
  });

  it("ends after so many known works in a row, of which pinned ones are none", async () => {
    const known = knows("90", "34", "33", "31");
    const { names, run, read } = await list(AUTHOR, PAGES, { ...known, stopAfterKnown: 2 });
    expect({ names, read, endedBy: run.endedBy }).toEqual({ names: ["90", "35", "34", "33"], read: 2, endedBy: "known" });
    expect((await list(AUTHOR, PAGES, { ...known, stopAfterKnown: 1 })).names).toEqual(["90", "35", "34"]);
    expect((await list(AUTHOR, PAGES, { ...known, stopAfterKnown: 3 })).run.endedBy).toBe("wall");
    expect((await list(AUTHOR, PAGES, known)).run.endedBy).toBe("wall");
  });

  it("goes through a mix in any case, as that begins with its oldest", async () => {
    const mix = { id: MIX.mixId, name: "零基础木工" };
    const pages = PAGES.map((seen) => ({ ...seen, author: null, mix }));
    expect(await list(MIX, pages, { ...knows("35", "34", "33"), stopAfterKnown: 1 })).toMatchObject({
      names: ["90", "35", "34", "33", "32", "31"],
      run: { mix, author: null, shown: null, endedBy: "wall" },
    });
    expect((await list(MIX, [])).run.mix).toEqual({ id: MIX.mixId, name: null });
  });

  it("ends as stopped when it is stopped", async () => {
    const stop = new AbortController();
    const stopping = { knows: () => stop.abort() === undefined, stopAfterKnown: 9 };
    expect(await list(AUTHOR, PAGES, stopping, stop.signal)).toMatchObject({
      names: ["90", "35", "34"],
      read: 1,
      run: { endedBy: "stopped" },
    });
  });

  it("breaks off where it fails, and says nothing of an end", async () => {
    const reader = {
      // biome-ignore lint/correctness/useYield: it fails before there is anything
      list: async function* (): AsyncGenerator<ListSeen, ListEnd> {
        throw new Error("crashed");
      },
    };
    const failing = new WorkLister(AUTHOR, { reader, clock: new FakeClock() });
    await expect(failing.batches(NEVER).next()).rejects.toThrow("crashed");
    expect(failing.status()).toMatchObject({ endedBy: null, reason: null, endedAt: expect.any(Number) });
  });
});
