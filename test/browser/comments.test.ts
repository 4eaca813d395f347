import { Value } from "typebox/value";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type SimulatedComment, type Simulator, startSimulator, type WorkFault } from "../../simulator/index.js";
import { inLanguage } from "../../src/i18n/words.js";
import type { WorkVisitor } from "../../src/platform/access/work-visitor.js";
import type { BrowserSession } from "../../src/platform/browser/session.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { type CollectOptions, CommentCollector } from "../../src/works/comments.js";
import { type Comment, CommentRunSchema, CommentSchema } from "../../src/works/model/comment.js";
import { casesOf, isWhole } from "../whole.js";
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

  // Pages overlap for readers without a browser, too: test/works/comments.test.ts.
  if (isWhole())
    it("are collected by the tenth of 3,000, of pages that overlap", async () => {
      const { comments, status, requests } = await collect("busy");
      expectAll(comments, floorsOf("busy"));
      expect(status).toMatchObject({ shown: 305, collected: 300, topLevel: 60, repliesCollected: 240, floorsOpen: 0, endedBy: "end" });
      expect(new Set(requests.map(({ of, path, cursor }) => `${path} ${of} ${cursor}`)).size).toBeGreaterThan(6);
    });

  it.each(
    casesOf<readonly [name: string, faults: readonly WorkFault[], where: string]>(
      [
        ["uhd", ["page_login_card", "app_frame", "app_popup"], "behind a tab, on a page that asks to log in and calls the app"],
        ["pictures", [], "beside pictures, where what is around the list scrolls"],
        ["dash", ["reply_click_ignored"], "though the first click on each floor does nothing"],
        ["dash", ["detail_blocked", "page_absent", "comments_numeric_ids"], "though the page is refused the work"],
      ],
      [
        ["uhd", [], "behind a tab"],
        ["dash", ["comments_numeric_ids"], "with ids that are numbers"],
        ["dash", ["page_login_card"], "on a page that asks to log in"],
        ["dash", ["app_frame"], "on a page with a frame that calls the app"],
        ["dash", ["app_navigation"], "on a page that calls the app itself"],
        ["dash", ["app_popup"], "on a page that opens a window"],
        ["dash", ["detail_blocked", "page_absent"], "though the page is refused the work"],
      ],
    ),
  )("are collected of %s with %j: %s", async (name, faults, _where) => {
    const { comments, status } = await collect(name, faults);
    const known = !faults.includes("detail_blocked");
    if (known) expectAll(comments, floorsOf(name));
    else expect(comments.map(({ byAuthor }) => byAuthor)).toEqual(comments.map(() => null));
    expect(idsOf(comments)).toEqual(cidsOf(withReplies(floorsOf(name))).sort());
    expect(status).toMatchObject({ endedBy: "end", floorsOpen: 0 });
  });

  it("are known to lack what a floor tells and does not give", async () => {
    const { comments, status, open } = await collect("dash", ["reply_short"]);
    const [first, , , last] = floorsOf("dash");
    const withheld = new Set([first?.replies.at(-1)?.cid, last?.replies.at(-1)?.cid]);
    const given = withReplies(floorsOf("dash")).filter(({ cid }) => !withheld.has(cid));
    expect(idsOf(comments)).toEqual(cidsOf(given).sort());
    expect(status).toMatchObject({ endedBy: "end", floorsOpen: 2 });
    expect(open).toEqual([
      { id: first?.cid, told: 5, collected: 4 },
      { id: last?.cid, told: 1, collected: 0 },
    ]);
  });

  it.each(
    casesOf<readonly [name: string, faults: readonly WorkFault[]]>(
      [["closed_comments", []]],
      [
        ["quiet", []],
        ["plain", ["comments_none"]],
      ],
    ),
  )("of %s with %j are none", async (name, faults) => {
    const { comments, status } = await collect(name, faults);
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

  it.each(
    casesOf(
      [
        ["comments_captcha", "captcha", 5],
        ["comments_stuck", "stuck", 15],
      ],
      [
        ["comments_bare", "wall", 5],
        ["comments_blocked", "blocked", 5],
        ["comments_endless", "stuck", 5],
      ],
    ),
  )("by %s is %s after what was shown", async (fault, endedBy, floors) => {
    const { comments, status } = await collect("plain", [fault]);
    expect(topsOf(comments)).toEqual(cidsOf(floorsOf("plain", floors)));
    expect(status).toMatchObject({ endedBy, shown: work("plain").stats.comments, reason: expect.stringMatching(/./) });
  });

  it.each(
    casesOf<readonly [name: string, faults: readonly WorkFault[], endedBy: string]>(
      [
        ["plain", ["comments_untold"], "blocked"],
        ["plain", ["page_captcha"], "captcha"],
        ["needs_login", [], "wall"],
      ],
      [
        ["plain", ["detail_captcha", "page_absent"], "captcha"],
        ["private", [], "blocked"],
        ["friends", [], "blocked"],
      ],
    ),
  )("of %s with %j comes before any: %s", async (name, faults, endedBy) => {
    const { comments, status } = await collect(name, faults);
    expect(comments).toEqual([]);
    expect(status).toMatchObject({ endedBy, collected: 0, reason: expect.stringMatching(/./) });
  });

  it("says where that is the work's doing, and no refusal of the visitor", async () => {
    const end = async (name: string) => {
      const request = { work: { id: work(name).id, page: null }, knows: () => false, wantsReplies: () => false };
      return (await visitor.comments(request, NEVER).next()).value;
    };
    expect(await end("private")).toMatchObject({ endedBy: "blocked", ofWork: true });
    expect(await end("needs_login")).not.toHaveProperty("ofWork");
  });

  it("is an error where the work is gone", async () => {
    const gone = await collect("deleted").catch((error: unknown) => error);
    if (!(gone instanceof DyliveError)) expect.fail("it came to an end");
    expect([gone.code, inLanguage("zh", gone.said)]).toEqual(["no_work", "作品的状态是已删除：作品已被删除"]);
    await expect(collect("plain", ["page_missing"])).rejects.toMatchObject({ code: "no_work" });
  });

  it("is a limit", async () => {
    const { comments, status } = await collect("plain", [], { limit: 12 });
    expect(comments).toHaveLength(12);
    expect(status).toMatchObject({ collected: 12, endedBy: "limit" });
  });

  it("comes sooner without replies: only those that are shown with their floors are there", async () => {
    const { comments, status, requests } = await collect("plain", [], { replies: false });
    const shown = floorsOf("plain").flatMap((floor) => [floor, ...floor.replies.slice(0, floor.previews)]);
    expect(idsOf(comments)).toEqual(cidsOf(shown).sort());
    expect(requests.filter(({ path }) => path === "comment/list/reply")).toEqual([]);
    const lacking = floorsOf("plain").filter(({ replies, previews }) => replies.length > previews);
    expect(status).toMatchObject({ endedBy: "end", topLevel: 34, floorsOpen: lacking.length });
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

describe("a run that goes on", () => {
  it.each(casesOf([["pictures", 20]], [["plain", 50]]))(
    "of %s after %i yields what is new alone, and opens no floor that is complete",
    async (name, limit) => {
      const first = await collect(name, [], { limit });
      const again = await collect(name, [], { known: first.comments });
      expectAll([...first.comments, ...again.comments], floorsOf(name));
      expect(again.status).toMatchObject({
        collected: first.comments.length + again.comments.length,
        topLevel: floorsOf(name).length,
        floorsOpen: 0,
      });
      expect(again.comments[0]?.rank).toBe(limit);
      const repliesIn = ({ requests }: typeof first) => requests.filter(({ path }) => path === "comment/list/reply").length;
      // Only the floor at which the first was stopped may be opened twice.
      const whole = floorsOf(name).reduce(
        (sum, { replies, previews }) => sum + (replies.length > previews ? Math.ceil(replies.length / 3) : 0),
        0,
      );
      expect(repliesIn(first) + repliesIn(again)).toBeLessThanOrEqual(whole + 2);
      expect(repliesIn(again)).toBeGreaterThan(0);

      const nothing = await collect(name, [], { known: [...first.comments, ...again.comments] });
      expect(nothing.comments).toEqual([]);
      expect(nothing.status).toMatchObject({ endedBy: "end", collected: again.status.collected, floorsOpen: 0 });
      expect(repliesIn(nothing)).toBe(0);
    },
  );
});
