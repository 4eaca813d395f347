// Guards: A work's comments are read from its page with all replies, each once, and the run says by what it ended.
import { Value } from "typebox/value";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type SimulatedComment, type Simulator, startSimulator, type WorkFault } from "../../simulator/index.js";
import type { WorkVisitor } from "../../src/platform/access/work-visitor.js";
import type { BrowserSession } from "../../src/platform/browser/session.js";
import { type CollectOptions, CommentCollector } from "../../src/works/comments.js";
import { type Comment, CommentRunSchema, CommentSchema } from "../../src/works/model/comment.js";
import { expectAll, withReplies } from "./comment-truth.js";
import { hurried } from "./hurried.js";
import { keepPage, NEVER, openSession } from "./rooms.js";

let simulator: Simulator;
let session: BrowserSession;
let visitor: WorkVisitor;
let closePage: () => Promise<void>;
const touched = new Set<string>();
beforeAll(async () => {
  simulator = await startSimulator({ rooms: [] });
  session = await openSession(simulator, { clock: hurried });
  visitor = await session.visitWorks({ account: null, proxy: null });
  closePage = await keepPage(visitor, { mixId: simulator.works.catalogue.mixes[0]?.id ?? expect.fail() });
});
afterEach(() => {
  for (const name of touched) simulator.works.setFaults(name, []);
  touched.clear();
});
afterAll(async () => {
  await closePage();
  visitor.release();
  await session.close();
  await simulator.close();
});

const work = (name: string) => simulator.works.work(name);
const floorsOf = (name: string, count = Number.POSITIVE_INFINITY) => work(name).comments.slice(0, count);
const pagesOpen = async () => (await session.processes()).filter(({ type }) => type === "renderer").length;

function run(name: string, faults: readonly WorkFault[] = [], more: Partial<CollectOptions> = {}): CommentCollector {
  simulator.works.setFaults(name, faults);
  touched.add(name);
  return new CommentCollector({ id: work(name).id, page: null }, { reader: visitor, clock: hurried, ...more });
}

/** Collects until the end; `comments` in the order in which they came. */
async function collect(name: string, faults: readonly WorkFault[] = [], more: Partial<CollectOptions> = {}) {
  const asked = simulator.works.requests.length;
  const collector = run(name, faults, more);
  const comments: Comment[] = [];
  for await (const batch of collector.batches(NEVER)) comments.push(...batch);
  const status = collector.status();
  expect(Value.Check(CommentRunSchema, status)).toBe(true);
  expect(new Set(comments.map(({ id }) => id)).size).toBe(comments.length);
  const requests = simulator.works.requests.slice(asked).filter(({ path }) => path.startsWith("comment/"));
  expect(requests.filter(({ of }) => of !== work(name).id)).toEqual([]); // the film stands still
  return { comments, status, open: collector.openFloors(), requests };
}

const idsOf = (comments: readonly Comment[]) => comments.map(({ id }) => id).sort();
const topsOf = (comments: readonly Comment[]) => comments.filter(({ level }) => level === 1).map(({ id }) => id);
const cidsOf = (floors: readonly SimulatedComment[]) => floors.map(({ cid }) => cid);

describe("comments of a work", () => {
  it("are collected with all of their replies, each once, as the platform has them", async () => {
    const { comments, status, open } = await collect("plain");
    expectAll(comments, floorsOf("plain"));
    for (const comment of comments) expect(Value.Check(CommentSchema, comment)).toBe(true);
    expect(comments.map(({ rank }) => rank)).toEqual(comments.map((_, index) => index));
    expect(topsOf(comments)).toEqual(cidsOf(floorsOf("plain")));
    // What comes with a floor counts as collected of it.
    expect(comments.find(({ id }) => id === floorsOf("plain")[2]?.cid)).toMatchObject({ replies: 2, repliesCollected: 2 });
    const replies = comments.length - 34;
    expect(status).toMatchObject({
      shown: work("plain").stats.comments,
      collected: comments.length,
      topLevel: 34,
      repliesCollected: replies,
    });
    expect(status).toMatchObject({ floorsOpen: 0, cursor: 34, endedBy: "end", endedAt: expect.any(Number) });
    expect(comments.length).toBeLessThan(status.shown ?? 0); // the platform counts hidden ones
    expect(open).toEqual([]);
  });

  it.each<[name: string, faults: readonly WorkFault[], where: string]>([
    ["uhd", ["page_login_card", "app_frame", "app_popup"], "behind a tab, on a page that asks to log in and calls the app"],
    ["pictures", [], "beside pictures, where what is around the list scrolls"],
    ["dash", ["reply_click_ignored"], "though the first click on each floor does nothing"],
    ["dash", ["detail_blocked", "page_absent", "comments_numeric_ids"], "though the page is refused the work"],
  ])("are collected of %s with %j: %s", async (name, faults, _where) => {
    const { comments, status } = await collect(name, faults);
    const known = !faults.includes("detail_blocked");
    if (known) expectAll(comments, floorsOf(name));
    else expect(comments.map(({ byAuthor }) => byAuthor)).toEqual(comments.map(() => null));
    expect(idsOf(comments)).toEqual(cidsOf(withReplies(floorsOf(name))).sort());
    expect(status).toMatchObject({ endedBy: "end", floorsOpen: 0 });
  });

  it("of a work that is closed to them are none", async () => {
    const { comments, status } = await collect("closed_comments");
    expect(comments).toEqual([]);
    expect(status).toMatchObject({ shown: 0, collected: 0, endedBy: "end", reason: expect.stringMatching(/./) });
  });
});

describe("the end of comments", () => {
  it("is a wall after as much as a guest is shown, with all replies of that", async () => {
    const { comments, status } = await collect("plain", ["comments_wall"]);
    expectAll(comments, floorsOf("plain", 25));
    expect(status).toMatchObject({ endedBy: "wall", topLevel: 25, cursor: 25, reason: expect.stringMatching(/logged in/) });
  });

  it.each([
    ["comments_captcha", "captcha", 5],
    ["comments_blocked", "blocked", 5],
    ["comments_stuck", "stuck", 15],
  ] as const)("by %s is %s after what was shown", async (fault, endedBy, floors) => {
    const { comments, status } = await collect("plain", [fault]);
    expect(topsOf(comments)).toEqual(cidsOf(floorsOf("plain", floors)));
    expect(status).toMatchObject({ endedBy, shown: work("plain").stats.comments, reason: expect.stringMatching(/./) });
  });

  it.each<[name: string, faults: readonly WorkFault[], endedBy: string]>([
    ["plain", ["comments_untold"], "blocked"],
    ["plain", ["page_captcha"], "captcha"],
    ["needs_login", [], "wall"],
  ])("of %s with %j comes before any: %s", async (name, faults, endedBy) => {
    const { comments, status } = await collect(name, faults);
    expect(comments).toEqual([]);
    expect(status).toMatchObject({ endedBy, collected: 0, reason: expect.stringMatching(/./) });
  });

  it("is an error where the work is gone", async () => {
    await expect(collect("deleted")).rejects.toMatchObject({ code: "no_work" });
    await expect(collect("plain", ["page_missing"])).rejects.toMatchObject({ code: "no_work" });
  });

  it("is a stop, by a signal or by whoever leaves, and no page stays open", async () => {
    const before = await pagesOpen();
    const stop = new AbortController();
    const stopped = run("plain");
    for await (const _ of stopped.batches(stop.signal)) stop.abort(new Error("enough"));
    expect(stopped.status()).toMatchObject({ endedBy: "stopped", endedAt: expect.any(Number) });
    const left = run("plain");
    for await (const _ of left.batches(NEVER)) break;
    expect(left.status()).toMatchObject({ endedBy: "stopped", topLevel: 5 });
    expect(await pagesOpen()).toBeLessThanOrEqual(before);
  });
});

it("a run that goes on yields what is new alone, and opens no floor that is complete", async () => {
  const first = await collect("pictures", [], { limit: 20 });
  expect(first).toMatchObject({ comments: { length: 20 }, status: { endedBy: "limit" } });
  const again = await collect("pictures", [], { known: first.comments });
  expectAll([...first.comments, ...again.comments], floorsOf("pictures"));
  expect(again.status).toMatchObject({ collected: 20 + again.comments.length, floorsOpen: 0 });
  const repliesIn = ({ requests }: typeof first) => requests.filter(({ path }) => path === "comment/list/reply").length;
  const nothing = await collect("pictures", [], { known: [...first.comments, ...again.comments] });
  expect([repliesIn(again) > 0, nothing.comments, nothing.status.endedBy, repliesIn(nothing)]).toEqual([true, [], "end", 0]);
});
