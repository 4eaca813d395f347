// Guards: A watch on an author reports each new work once, oldest first, and none from before it.
import { describe, expect, it, onTestFinished } from "vitest";
import { DyliveError } from "../../src/runtime/errors.js";
import { SYSTEM_ROOM } from "../../src/store/log.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { AuthorWatcher } from "../../src/works/author-watcher.js";
import type { Work } from "../../src/works/model/work.js";
import { WorkService } from "../../src/works/work-service.js";
import { FakeClock, yieldToEventLoop } from "../clock.js";
import { FakeWorkReader } from "../http/fake-work-reader.js";
import { until } from "../until.js";
import { expectModel } from "./model/check.js";
import { workOf } from "./work.js";

const SEC = "MS4wLjABAAAAabcdefghijklmnopqrstuvwxyz0123456789-_ABCDEF";
const CHECK_MS = 20_000;
const NEVER = new AbortController().signal;

/** Works named by the second at which they were published, as a page shows them; with a star one is pinned. */
const page = (...names: string[]): Work[] =>
  names.map((name) => {
    const second = Number.parseInt(name, 10);
    return workOf(`76000000000000${1000 + second}`, { time: 1000 * second, text: `work ${second}`, pinned: name.endsWith("*") });
  });

/** A watch on an author that has these works, with processes that look at them. */
async function stage(names: readonly string[], replace: (store: Store) => Store = (store) => store) {
  const clock = new FakeClock();
  const opened = openSqliteStore({ path: ":memory:", clock });
  const store = replace(opened);
  const reader = new FakeWorkReader(clock);
  const works = new WorkService({ reader, works: opened.works, clock });
  const errors: unknown[] = [];
  const stops: (() => Promise<void>)[] = [];
  const process = () => {
    const onError = (error: unknown) => void errors.push(error);
    return new AuthorWatcher({
      ...{ reader, works, store, clock, checkMs: CHECK_MS, random: () => 0.5, onError },
      erasedSince: async () => (event) => event,
    });
  };
  const start = () => {
    const stop = process().start();
    stops.push(stop);
    return stop;
  };
  onTestFinished(async () => {
    await Promise.all(stops.map((stop) => stop()));
    await opened.close();
  });
  const shows = (...now: string[]) => void reader.published.set(SEC, page(...now));
  shows(...names);
  const watcher = process();
  await watcher.add(`https://www.douyin.com/user/${SEC}`, NEVER);
  const watch = async () => {
    const kept = (await opened.authorWatches.get(SEC))?.watch;
    if (kept === undefined) throw new Error("there is no watch");
    expectModel("AuthorWatch", kept);
    return kept;
  };
  /** Waits until nothing is looked at, and gives the works that were told so far. */
  const told = async () => {
    await until(() => clock.sleeping >= 1);
    await yieldToEventLoop();
    const { events } = await opened.log.readRoom(SYSTEM_ROOM, 0, 100);
    return events.map((event) => (event.type === "work" ? Number(event.text?.slice(5)) : event.type));
  };
  /** Shows these works at the next look. */
  const next = async (...now: string[]) => {
    shows(...now);
    const before = reader.listed.length;
    await clock.advance(CHECK_MS + 2_000);
    await until(() => reader.listed.length > before && clock.sleeping >= 1);
    return told();
  };
  return { clock, store: opened, reader, errors, watcher, start, shows, watch, told, next };
}

describe("the watch on an author", () => {
  it("learns at first what is there, and tells from then on what is published, oldest first and once", async () => {
    const { start, watch, told, next, clock, store } = await stage(["20*", "35", "34", "33"]);
    start();
    expect(await told()).toEqual([]);
    expect(await watch()).toMatchObject({
      ...{ learnedAt: clock.now(), newest: { time: 35_000 }, look: { outcome: "ok" }, nextAt: clock.now() + CHECK_MS, published: 0 },
      author: { nickname: "nick", secUid: "MS4wLjABAAAAtest" },
    });
    expect(await next("20*", "37", "36", "35", "34", "33")).toEqual([36, 37]);
    expect(await next("20*", "37", "36", "35", "34", "33")).toEqual([36, 37]);
    expect(await watch()).toMatchObject({ newest: { time: 37_000 }, published: 2 });
    expect(await store.works.get("760000000000001036")).toMatchObject({ work: { text: "work 36" }, reply: null });
    const { events } = await store.log.readRoom(SYSTEM_ROOM, 0, 1);
    expect(events).toMatchObject([
      { time: 36_000, method: "dylive", source: "browser", user: { nickname: "nick" }, workId: "760000000000001036", kind: "video" },
    ]);
    expectModel("WorkEvent", events[0]);
  });

  it("tells a new work that is pinned, and none that is older than what is known, wherever it turns up", async () => {
    const { start, told, next } = await stage(["35", "34"]);
    start();
    await told();
    expect(await next("36*", "12*", "35", "34", "31")).toEqual([36]);
    expect(await next("36", "35", "32")).toEqual([36]);
    // The newest was deleted: what comes is measured by it all the same.
    expect(await next("35", "33")).toEqual([36]);
    expect(await next("37", "35")).toEqual([36, 37]);
  });

  it("tells the first work of an author who had none, and nothing of before", async () => {
    const { start, told, next, clock, watch } = await stage([]);
    start();
    expect(await told()).toEqual([]);
    expect(await watch()).toMatchObject({ learnedAt: clock.now(), newest: null });
    const now = Math.round(clock.now() / 1000);
    expect(await next(`${now - 9}`, `${now + 5}`)).toEqual([now + 5]);
  });

  it("tells nothing twice when it dies between telling and keeping that", async () => {
    let broken = false;
    const { start, told, next, errors, clock } = await stage(["35"], (store) => {
      const { note } = store.authorWatches;
      const failing: typeof note = (n, look) => (broken ? Promise.reject(new Error("killed")) : note(n, look));
      return { ...store, authorWatches: { ...store.authorWatches, note: failing } };
    });
    const stop = start();
    await told();
    broken = true;
    expect(await next("36", "35")).toEqual([36]);
    expect(errors.map(String)).toEqual(["Error: killed"]);
    await stop();
    broken = false;
    start();
    await until(() => clock.sleeping >= 1);
    expect(await next("37", "36", "35")).toEqual([36, 37]);
  });

  it("tells nothing twice, and loses nothing, where two processes look at once", async () => {
    const { start, told, next } = await stage(["35"]);
    start();
    start();
    await told();
    expect(await next("37", "36", "35")).toEqual([36, 37]);
    expect(await next("38", "37", "36", "35")).toEqual([36, 37, 38]);
  });

  it("tells what it saw before a captcha, and the rest when it is let through", async () => {
    const { start, told, next, reader, watch } = await stage(["35", "34"]);
    start();
    await told();
    reader.listEnd = { endedBy: "captcha", reason: "a captcha" };
    expect(await next("39", "38")).toEqual([38, 39]);
    expect(await watch()).toMatchObject({
      ...{ look: { outcome: "captcha", reason: "a captcha" }, failingSince: expect.any(Number), newest: { time: 35_000 }, published: 2 },
    });
    reader.listEnd = { endedBy: "end", reason: "no more" };
    expect(await next("39", "38", "37", "36", "35", "34")).toEqual([38, 39, 36, 37]);
    expect(await watch()).toMatchObject({ look: { outcome: "ok" }, failingSince: null, newest: { time: 39_000 }, published: 4 });
  });

  it("tells no old work after a first look whose front did not come", async () => {
    const { start, told, next, reader, watch } = await stage(["35", "34"]);
    reader.listTorn = true;
    reader.listEnd = { endedBy: "stuck", reason: "some did not reach us" };
    start();
    expect(await told()).toEqual([]);
    expect(await watch()).toMatchObject({ look: { outcome: "stuck" }, newest: null });
    reader.listTorn = false;
    reader.listEnd = { endedBy: "end", reason: "no more" };
    expect(await next("39", "38", "37", "36", "35", "34")).toEqual([]);
    expect(await watch()).toMatchObject({ look: { outcome: "ok" }, newest: { time: 39_000 } });
  });

  it("says that a guest is shown the first ones only, and goes on with those", async () => {
    const { start, told, next, reader, watch } = await stage(["35", "34"]);
    reader.listEnd = { endedBy: "wall", reason: "the first 2 are shown" };
    start();
    await told();
    expect(await watch()).toMatchObject({ look: { outcome: "wall" }, failingSince: null, learnedAt: expect.any(Number) });
    expect(await next("38", "37")).toEqual([37, 38]);
    expect(await next("39", "38")).toEqual([37, 38, 39]);
  });

  it.each([
    [{ endedBy: "withheld", reason: "none are shown" }, "withheld", "none are shown"],
    [{ endedBy: "blocked", reason: "refused" }, "blocked", "refused"],
    [{ endedBy: "stuck", reason: "nothing new" }, "stuck", "nothing new"],
    [new DyliveError("no_account", "it is gone"), "gone", /it is gone/],
    [new DyliveError("no_browser", "none"), "failed", /No browser/],
    [new Error("at /home/somebody"), "failed", "it failed; the log says why"],
  ] as const)("learns nothing where nothing is shown, says why and looks again later: %#", async (end, outcome, reason) => {
    const { start, told, reader, watch, clock, errors } = await stage([]);
    reader.listEnd = end;
    start();
    await told();
    const began = clock.now();
    expect(await watch()).toMatchObject({
      ...{ look: { outcome, reason: typeof reason === "string" ? reason : expect.stringMatching(reason) }, learnedAt: null },
      ...{ failingSince: began, nextAt: began + CHECK_MS },
    });
    expect(errors).toHaveLength(end instanceof Error && !(end instanceof DyliveError) ? 1 : 0);
    // As long as it has failed, and eight times the usual pause at most.
    const pauses: number[] = [];
    for (let looks = 0; looks < 6; looks++) {
      const { nextAt, look } = await watch();
      pauses.push(Math.round((nextAt - (look?.at ?? 0)) / CHECK_MS));
      await clock.advance(nextAt - clock.now() + 2_000);
      await until(() => reader.listed.length === looks + 2 && clock.sleeping >= 1);
    }
    expect(pauses).toEqual([1, 1, 2, 4, 8, 8]);
  });

  it("looks at once when it is asked to, and not at all at who is no longer watched", async () => {
    const { start, told, shows, watcher, store, reader, clock } = await stage(["35"]);
    start();
    await told();
    shows("36", "35");
    await watcher.lookSoon(SEC);
    await clock.advance(2_000);
    await until(() => reader.listed.length === 2 && clock.sleeping >= 1);
    expect(await told()).toEqual([36]);
    await store.authorWatches.remove(SEC);
    await clock.advance(10 * CHECK_MS);
    expect(reader.listed).toHaveLength(2);
    await expect(watcher.lookSoon(SEC)).rejects.toMatchObject({ code: "not_found" });
  });

  it("is on nobody where a mix or another thing is meant", async () => {
    const { watcher } = await stage([]);
    for (const text of ["https://www.douyin.com/collection/7686658435312030111", "https://live.douyin.com/1", "7600000000000000001"])
      await expect(watcher.add(text, NEVER)).rejects.toMatchObject({ code: "bad_work" });
    expect(await watcher.add(SEC, NEVER)).toMatchObject({ isNew: false });
  });
});
