// Guards: the readers of works find in every reply and page of the simulator what it meant.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator, type WorkFault } from "../../../simulator/index.js";
import { readComments } from "../../../src/platform/works/comments.js";
import { readDetail, readPageState } from "../../../src/platform/works/work.js";
import type { Comment } from "../../../src/works/model/comment.js";
import { expectAll } from "../../browser/comment-truth.js";
import { readOf, truthOf } from "../../browser/work-truth.js";
import { FakeClock } from "../../clock.js";
import { START } from "../../simulator/stage.js";
import { Visitor } from "../../simulator/works-visitor.js";

// What the simulator's pages and replies hold, as the readers read it. test/browser meets in a browser what may go another way there.

let simulator: Simulator;
let guest: Visitor;
const touched = new Set<string>();
beforeAll(async () => {
  simulator = await startSimulator({ clock: new FakeClock(START), rooms: [] });
  guest = new Visitor(simulator);
});
afterEach(() => {
  for (const name of touched) simulator.works.setFaults(name, []);
  touched.clear();
});
afterAll(() => simulator.close());

const context = { receivedAt: START };
const work = (name: string) => simulator.works.work(name);
const setFaults = (name: string, faults: readonly WorkFault[]) => {
  simulator.works.setFaults(name, faults);
  touched.add(name);
};
async function byReply(name: string, faults: readonly WorkFault[] = []) {
  setFaults(name, faults);
  const { status, text } = await guest.ask("aweme/detail", { aweme_id: work(name).id });
  return readDetail({ status, headers: {}, body: Buffer.from(text) }, work(name).id, context);
}
async function byPage(name: string, faults: readonly WorkFault[] = []) {
  setFaults(name, faults);
  const { html } = await guest.page(`/${work(name).kind === "video" ? "video" : "note"}/${work(name).id}`);
  return readPageState(html, work(name).id, context);
}

describe("a simulated work", () => {
  it("is read from its reply and from its page as it is", async () => {
    // Of lessons and of days one: the others are like it.
    const isLikeAnother = (name: string) => name === "incomplete" || /^(lesson|day)_/.test(name.replace(/_(1|30)$/, ""));
    const shown = simulator.works.catalogue.works.filter(({ state, name }) => state === "public" && !isLikeAnother(name));
    for (const { name } of shown) {
      const reading = await byReply(name);
      if (reading.outcome !== "found") throw new Error(`${name}: ${JSON.stringify(reading)}`);
      expect(readOf(reading.work)).toEqual(truthOf(work(name), "reply"));
      const paged = await byPage(name, ["page_present"]);
      if (paged === null) throw new Error(`${name}: its page does not hold it`);
      expect(readOf(paged)).toEqual(truthOf(work(name), "page"));
    }
    expect(shown.map(({ name }) => name)).toEqual(expect.arrayContaining(["plain", "dash", "mixed", "lesson_1", "day_30"]));
  });

  it.each<[WorkFault, boolean]>([
    ["page_half", true],
    ["page_relative", true],
    ["page_malformed", false],
    ["page_cut", false],
    ["page_foreign", false],
    ["page_deep", true],
    ["page_absent", false],
  ])("with %s is in its page: %s", async (fault, isThere) => {
    const paged = await byPage("uhd", [fault]);
    expect(paged === null ? null : readOf(paged)).toEqual(isThere ? truthOf(work("uhd"), "page") : null);
  });

  it.each(["deleted", "private", "friends", "needs_login"] as const)("is said to be %s", async (state) => {
    expect(await byReply(state)).toMatchObject({ outcome: "found", work: { id: work(state).id, state, media: [] } });
  });

  it.each<[WorkFault, string]>([
    ["detail_no_such", "gone"],
    ["detail_gone", "gone"],
    ["detail_self_see", "private"],
    ["detail_not_logged_in", "needs_login"],
    ["detail_images_base", "is_note"],
    ["detail_captcha", "captcha"],
    ["detail_empty", "blocked"],
    ["detail_blocked", "blocked"],
    ["detail_444", "blocked"],
    ["detail_429", "blocked"],
    ["detail_no_uifid", "not_ours"],
    ["detail_no_signature", "not_ours"],
    ["detail_bad_signature", "not_ours"],
    ["detail_old_signature", "not_ours"],
  ])("with %s is refused: %s", async (fault, kind) => {
    const reply = JSON.parse(JSON.stringify(await byReply("plain", [fault]))); // in English, as it is written down
    expect(reply).toMatchObject({ outcome: "refused", refusal: { kind, reason: expect.stringMatching(/./) } });
  });

  it("is of no use where a reply is another's, no JSON, too long or not whole", async () => {
    expect((await byReply("plain", ["detail_other_work"])).outcome).toBe("other");
    for (const [name, faults, reason] of [
      ["plain", ["detail_html"], /not a JSON object/],
      ["plain", ["detail_huge"], /longer than/],
      ["incomplete", [], /incomplete/],
    ] as const)
      expect(JSON.parse(JSON.stringify(await byReply(name, faults)))).toEqual({
        outcome: "unreadable",
        reason: expect.stringMatching(reason),
      });
  });
});

/** Reads all replies of the simulator to a page that is scrolled through, and all floors opened. */
async function commentsOf(name: string): Promise<Comment[]> {
  const { id } = work(name);
  const all = new Map<string, Comment>();
  const walk = async (floorId: string | null) => {
    const [path, parameters] =
      floorId === null
        ? ["comment/list", { aweme_id: id, count: "10" }]
        : ["comment/list/reply", { item_id: id, comment_id: floorId, count: "3" }];
    for (let cursor = 0; ; ) {
      const { status, text } = await guest.ask(path, { ...parameters, cursor: String(cursor) });
      const asked = { workId: id, floorId, authorSecUid: work(name).author.secUid, ...context };
      const page = readComments({ status, headers: {}, body: text }, asked);
      if (page.outcome !== "found") throw new Error(JSON.stringify(page));
      for (const comment of page.comments) if (!all.has(comment.id)) all.set(comment.id, comment);
      if (!page.hasMore) return;
      cursor = page.cursor ?? expect.fail("a reply has no cursor");
    }
  };
  await walk(null);
  for (const { id: floorId, parentId, replies } of [...all.values()]) if (parentId === null && replies !== 0) await walk(floorId);
  return [...all.values()];
}

describe("simulated comments", () => {
  it.each<[string, readonly WorkFault[]]>([
    ["plain", []],
    ["dash", ["comments_numeric_ids"]],
    ["pictures", []],
  ])("of %s with %j are read as they are", async (name, faults) => {
    setFaults(name, faults);
    expectAll(await commentsOf(name), work(name).comments);
  });
});
