// Guards: Works, lists and comments are read one at a time, shared among callers, paced, and ended with the last caller.
import { setMaxListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { workReaderOf } from "../../src/app/platform.js";
import { platformAt } from "../../src/platform/access/platform.js";
import type { AskedWork, CommentsEnd, WorkReading, WorkVisitor, WorkVisitorRequest } from "../../src/platform/access/work-visitor.js";
import { Account, type AccountStore } from "../../src/platform/accounts/login-store.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { english } from "../../src/runtime/msg.js";
import { WorkReader } from "../../src/works/reader.js";
import { FakeClock, yieldToEventLoop } from "../clock.js";
import { aWork } from "./a-work.js";

const NEVER = new AbortController().signal;
setMaxListeners(0, NEVER); // more wait with it at once than anybody would
const asked = (id: string): AskedWork => ({ id, page: null });
const silent = (reason = "nothing"): WorkReading => ({ outcome: "silent", reason });
const found = (id: string): WorkReading => ({ outcome: "found", work: aWork({ id }), reply: null });
const refused = (kind: "blocked" | "gone"): WorkReading => ({
  outcome: "refused",
  refusal: { kind, reason: kind },
  work: null,
  reply: null,
});

/** Comments that are read: two pages, and the end that the test says. */
interface Panel {
  readonly id: string;
  readonly signal: AbortSignal;
  closed: boolean;
  readonly end: (how: CommentsEnd | Error) => void;
}

/** A reader whose pages are answered by the test. */
function stage(clock = new FakeClock()) {
  const panels: Panel[] = [];
  const pages: { id: string; signal: AbortSignal; answer: (reading: WorkReading) => void; fail: (error: unknown) => void }[] = [];
  let askedFor = 0;
  let released = 0;
  const visitor: WorkVisitor = {
    read: ({ id }, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        pages.push({ id, signal, answer: resolve, fail: reject });
      }),
    list: async function* ({ list, turn }, signal) {
      for (let page = 1; ; page++) {
        const reading = await visitor.read(asked(`${"secUid" in list ? list.secUid : list.mixId} ${page}`), signal);
        if (reading.outcome === "silent") return { endedBy: "end", reason: english(reading.reason) };
        if (reading.outcome === "refused") return { endedBy: "blocked", reason: english(reading.refusal.reason) };
        yield { author: null, mix: null, works: [reading.work], hidden: 0 };
        await turn();
      }
    },
    async *comments({ work }, signal) {
      let left: CommentsEnd | Error = { endedBy: "end", reason: "end" };
      const end = (how: CommentsEnd | Error) => {
        left = how;
      };
      const panel: Panel = { id: work.id, signal, closed: false, end };
      panels.push(panel);
      try {
        for (let page = 0; page < 2; page++) {
          signal.throwIfAborted();
          yield { floorId: null, comments: [], cursor: page, total: 2 };
        }
        if (left instanceof Error) throw left;
        return left;
      } finally {
        panel.closed = true;
      }
    },
    open: async (url) => `${url}settled`,
    release: () => void released++,
  };
  let take = async () => {
    askedFor++;
    return visitor;
  };
  const reader = new WorkReader({
    visitor: () => take(),
    platform: platformAt("http://127.0.0.1:9"),
    userAgent: "test",
    clock,
    random: () => 0,
  });
  return {
    ...{ clock, reader, pages, panels },
    ids: () => pages.map(({ id }) => id),
    counts: () => ({ askedFor, released }),
    noBrowser: (error: unknown) => {
      const before = take;
      take = async () => {
        take = before;
        throw error;
      };
    },
  };
}

describe("the reader of works", () => {
  it("reads one after another in the order of asking, some seconds apart", async () => {
    const { clock, reader, pages, ids, counts } = stage();
    const all = ["1", "2", "3"].map((id) => reader.read(asked(id), NEVER));
    await yieldToEventLoop();
    expect(ids()).toEqual(["1"]);
    expect(reader.status()).toMatchObject({ waiting: 2, reading: "1", nextAt: null });
    pages[0]?.answer(silent("one"));
    expect(await all[0]).toEqual(silent("one"));
    await clock.advance(4999);
    expect(ids()).toEqual(["1"]);
    expect(reader.status()).toMatchObject({ waiting: 2, reading: null, nextAt: clock.now() + 1 });
    await clock.advance(1);
    expect(ids()).toEqual(["1", "2"]);
    pages[1]?.answer(silent());
    await clock.advance(5000);
    pages[2]?.answer(silent());
    await Promise.all(all);
    expect(counts()).toEqual({ askedFor: 3, released: 0 });
    await reader.close();
    expect(counts()).toEqual({ askedFor: 3, released: 1 });
  });

  it("shares one reading among those who want the same work", async () => {
    const { reader, pages, ids } = stage();
    const first = reader.read(asked("1"), NEVER);
    const second = reader.read(asked("1"), NEVER);
    await yieldToEventLoop();
    const third = reader.read(asked("1"), NEVER);
    pages[0]?.answer(silent("same"));
    expect(await Promise.all([first, second, third])).toEqual([silent("same"), silent("same"), silent("same")]);
    expect(ids()).toEqual(["1"]);
  });

  it("lets a caller go without the others, and ends the reading with the last of them", async () => {
    const { reader, pages, ids } = stage();
    const [one, two] = [new AbortController(), new AbortController()];
    const first = reader.read(asked("1"), one.signal);
    const second = reader.read(asked("1"), two.signal);
    await yieldToEventLoop();
    one.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    expect(pages[0]?.signal.aborted).toBe(false);
    two.abort(new Error("enough of it"));
    await expect(second).rejects.toThrow("enough of it");
    expect(pages[0]?.signal.aborted).toBe(true);
    await yieldToEventLoop();
    expect(reader.status()).toMatchObject({ reading: null, failed: 1 });
    expect(ids()).toEqual(["1"]);
  });

  it("never opens a page for a caller who left while waiting", async () => {
    const { clock, reader, pages, ids } = stage();
    const first = reader.read(asked("1"), NEVER);
    const leaver = new AbortController();
    const second = reader.read(asked("2"), leaver.signal);
    const third = reader.read(asked("3"), NEVER);
    await yieldToEventLoop();
    leaver.abort(new Error("enough"));
    await expect(second).rejects.toThrow("enough");
    pages[0]?.answer(silent());
    await first;
    await clock.advance(5000);
    expect(ids()).toEqual(["1", "3"]);
    pages[1]?.answer(silent());
    await third;
  });

  it("refuses more than it can hold", async () => {
    const { reader } = stage();
    const waiting = Array.from({ length: 101 }, (_, id) => reader.read(asked(`${id}`), NEVER).catch((error: unknown) => error));
    await yieldToEventLoop();
    const more = Array.from({ length: 2 }, (_, id) => reader.read(asked(`more ${id}`), NEVER).catch((error: unknown) => error));
    expect(await more[1]).toMatchObject({ code: "too_many_works" });
    // Who wants what already waits is welcome.
    const same = reader.read(asked("50"), NEVER).catch((error: unknown) => error);
    await reader.close();
    expect(await Promise.all([...waiting, same])).toEqual(
      waiting.map(() => expect.objectContaining({ code: "stopping" })).concat(expect.objectContaining({ code: "stopping" })),
    );
  });

  it("pauses after many refusals of the visitor, shows it, and probes once", async () => {
    const { clock, reader, pages } = stage();
    for (let n = 0; n < 10; n++) {
      const reading = reader.read(asked(`${n}`), NEVER);
      await yieldToEventLoop();
      pages.at(-1)?.answer(n < 4 ? refused("gone") : refused("blocked"));
      await reading;
      await yieldToEventLoop();
      if (n < 9) await clock.advance(Math.max(0, (reader.status().nextAt ?? 0) - clock.now()));
    }
    const paused = clock.now() + 300_000;
    expect(reader.status()).toMatchObject({ pausedUntil: paused, nextAt: paused, refused: 6, opened: 10, lastRefusal: "blocked" });
    const probe = reader.read(asked("probe"), NEVER);
    await clock.advance(299_999);
    expect(pages).toHaveLength(10);
    await clock.advance(1);
    pages[10]?.answer(refused("gone"));
    await probe;
    await yieldToEventLoop();
    expect(reader.status().pausedUntil).toBeNull();
  });

  it("tells a failure to its callers alone, and does not count a missing browser as a visit", async () => {
    const { clock, reader, pages, noBrowser } = stage();
    noBrowser(new DyliveError("no_browser", "none"));
    await expect(reader.read(asked("1"), NEVER)).rejects.toMatchObject({ code: "no_browser" });
    expect(reader.status()).toMatchObject({ opened: 0, nextAt: null });
    const failing = reader.read(asked("1"), NEVER);
    await yieldToEventLoop();
    pages[0]?.fail(new DyliveError("browser_failed", "crashed"));
    await expect(failing).rejects.toMatchObject({ code: "browser_failed" });
    const next = reader.read(asked("2"), NEVER);
    await clock.advance(5000);
    pages[1]?.answer(silent());
    expect(await next).toEqual(silent());
    expect(reader.status()).toMatchObject({ opened: 2, failed: 1, refused: 1 });
  });

  it("lists works in a turn of their own, and what is scrolled to is paced as pages are", async () => {
    const { clock, reader, pages, ids } = stage();
    const list = reader.list({ secUid: "somebody" }, NEVER);
    const same = reader.list({ secUid: "somebody" }, NEVER);
    const first = list.next();
    const other = same.next();
    const after = reader.read(asked("after"), NEVER);
    await yieldToEventLoop();
    expect(reader.status()).toMatchObject({ waiting: 2, reading: "works of somebody (1)" });
    pages[0]?.answer(found("1"));
    expect(await first).toMatchObject({ value: { works: [{ id: "1" }] } });
    const second = list.next();
    await clock.advance(4999);
    expect(ids()).toEqual(["somebody 1"]);
    await clock.advance(1);
    expect(ids()).toEqual(["somebody 1", "somebody 2"]);
    pages[1]?.answer(refused("blocked"));
    expect(await second).toEqual({ done: true, value: { endedBy: "blocked", reason: "blocked" } });
    await yieldToEventLoop();
    expect(reader.status()).toMatchObject({ opened: 1, refused: 1, last: { visits: 2, refused: 1 }, lastRefusal: "blocked" });
    await clock.advance(5000);
    expect(ids()).toHaveLength(3);
    pages[2]?.answer(found("1"));
    await other;
    // A loop that is left gives its turn back.
    await same.return({ endedBy: "end", reason: "" });
    await clock.advance(5000);
    expect(ids().at(-1)).toBe("after");
    pages[3]?.answer(silent());
    await after;
    expect(reader.status()).toMatchObject({ opened: 3, failed: 0, waiting: 0 });
  });

  it("ends a list that is stopped, and a failure of its page is its own", async () => {
    const { clock, reader, pages } = stage();
    const stop = new AbortController();
    const stopped = reader.list({ mixId: "m" }, stop.signal).next();
    await yieldToEventLoop();
    stop.abort(new Error("enough"));
    await expect(stopped).rejects.toThrow("enough");
    expect(pages[0]?.signal.aborted).toBe(true);
    // That there is no such author is what the platform answered.
    for (const [nth, code, failed] of [
      [1, "browser_failed", 2],
      [2, "no_account", 2],
    ] as const) {
      await clock.advance(8000);
      const failing = reader.list({ mixId: "m" }, NEVER).next();
      await yieldToEventLoop();
      pages[nth]?.fail(new DyliveError(code, "it fails"));
      await expect(failing).rejects.toMatchObject({ code });
      await yieldToEventLoop();
      expect(reader.status()).toMatchObject({ opened: nth + 1, failed, reading: null });
    }
  });

  describe("comments", () => {
    const request = (id: string) => ({ work: asked(id), knows: () => false, wantsReplies: () => true });

    it("are read by turns: nothing else is, until the loop ends", async () => {
      const { clock, reader, pages, ids, panels } = stage();
      const first = reader.comments(request("1"), NEVER);
      expect(await first.next()).toMatchObject({ done: false, value: { cursor: 0 } });
      expect(reader.status().reading).toMatch(/^comments of 1 /);
      const reading = reader.read(asked("1"), NEVER);
      const second = reader.comments(request("1"), NEVER); // another run of the same work has a turn of its own
      const begun = second.next();
      await clock.advance(60_000);
      expect([ids(), panels.length]).toEqual([[], 1]);
      expect(await first.next()).toMatchObject({ value: { cursor: 1 } });
      expect(await first.next()).toEqual({ done: true, value: { endedBy: "end", reason: "end" } });
      await clock.advance(5000);
      expect(ids()).toEqual(["1"]);
      pages[0]?.answer(silent());
      await reading;
      await clock.advance(5000);
      expect(await begun).toMatchObject({ done: false });
      // Who leaves the loop gives the turn back.
      await second.return({ endedBy: "end", reason: "" });
      expect(panels.map(({ closed }) => closed)).toEqual([true, true]);
      await yieldToEventLoop();
      expect(reader.status()).toMatchObject({ reading: null, opened: 3, refused: 1, failed: 0 });
    });

    it("fail alone, and end with their caller's signal or the reader", async () => {
      const { clock, reader, panels } = stage();
      const begun = async (id: string, signal: AbortSignal) => {
        const run = reader.comments(request(id), signal);
        const first = run.next();
        await clock.advance(10_000);
        await first;
        return run;
      };
      const failing = await begun("1", NEVER);
      panels[0]?.end(new DyliveError("browser_failed", "crashed"));
      await failing.next();
      await expect(failing.next()).rejects.toMatchObject({ code: "browser_failed" });
      await yieldToEventLoop();
      expect(reader.status()).toMatchObject({ failed: 1 });
      const stop = new AbortController();
      const stopped = await begun("2", stop.signal);
      stop.abort(new Error("enough"));
      await yieldToEventLoop();
      expect(panels[1]?.signal.aborted).toBe(true);
      await expect(stopped.next()).rejects.toThrow("enough");
      const left = await begun("3", NEVER);
      await reader.close();
      expect(panels[2]?.signal.aborted).toBe(true);
      await expect(left.next()).rejects.toMatchObject({ code: "stopping" });
    });
  });

  it("finds the work of an id and a link without asking anybody, and refuses what is none", async () => {
    const { reader } = stage(new FakeClock(Date.UTC(2026, 10, 27)));
    const id = "7560000000000000123";
    expect(await reader.find(id, NEVER)).toEqual({ id, page: null });
    expect(await reader.find(`看看 https://www.douyin.com/note/${id}?x=1 好`, NEVER)).toEqual({ id, page: "note" });
    await expect(reader.find("https://live.douyin.com/123", NEVER)).rejects.toMatchObject({ code: "bad_work" });
    expect(reader.status().opened).toBe(0);
  });
});

it("reads as an account with the login of now: a new one is taken, and one that is forgotten let go of", async () => {
  let savedAt: number | null = 1;
  const accounts = {
    get: async () => {
      if (savedAt === null) throw new DyliveError("not_found", "forgotten");
      return new Account("phone", savedAt, []);
    },
  } as unknown as AccountStore;
  const log: string[] = [];
  const visitWorks = async ({ account }: WorkVisitorRequest) => {
    log.push(`taken ${account?.savedAt}`);
    const read = async () => found("1");
    return { read, release: () => void log.push(`released ${account?.savedAt}`) } as unknown as WorkVisitor;
  };
  const clock = new FakeClock();
  const platform = platformAt("http://127.0.0.1:9");
  const reader = workReaderOf({ worksAccount: "phone", userAgent: "test" }, { platform, accounts, works: { visitWorks } }, clock);
  const read = async (id: string) => {
    const reading = reader.read(asked(id), NEVER);
    reading.catch(() => {});
    await clock.advance(60_000);
    return reading;
  };
  await read("1");
  await read("2");
  savedAt = 2;
  await read("3");
  savedAt = null;
  await expect(read("4")).rejects.toMatchObject({ code: "not_found" });
  savedAt = 3;
  await read("5");
  await reader.close();
  expect(log).toEqual(["taken 1", "released 1", "taken 2", "released 2", "taken 3", "released 3"]);
});
