import { describe, expect, it } from "vitest";
import { eraseUser, findPerson } from "../../src/erasure/erase.js";
import { lateInComments, lateInWorks } from "../../src/erasure/late.js";
import type { CommentsEnd, CommentsSeen } from "../../src/platform/access/work-visitor.js";
import { keepComments } from "../../src/works/comment-run-service.js";
import { WorkService } from "../../src/works/work-service.js";
import { FakeClock } from "../clock.js";
import { commentOf, runOf } from "../works/comment.js";
import { downloadOf, fileOf } from "../works/kept-download.js";
import { listRunOf, workOf } from "../works/work.js";
import { type Open, useStore } from "./harness.js";

const DAY_MS = 86_400_000;
const UID = "78901234567";
const SEC = "MS4wLjABAAAAsecret";
const ann = { id: UID, secUid: SEC, displayId: "ann_visible", shortId: "77665544", nickname: "小安安", avatar: "https://p3/ann.jpeg" };
const THEIRS = "7560000000000000001";
const OTHERS = "7560000000000000002";
const MIX = { id: "7560000000000000777", name: "小安安的日常" };
const STRANGER = { id: "9", secUid: "x", displayId: null, shortId: null, nickname: null };
/** Their own sound, as others' works have it: its picture is theirs. */
const music = {
  id: "55667788990",
  title: "小安安的原声",
  author: "小安安",
  durationMs: 1,
  original: true,
  url: null,
  cover: "https://p3/ann.jpeg",
};
const mention = { secUid: SEC, userId: UID, start: 0, end: 4 };

/** Taking one person out of works and comments. */
export function describeEraseWorks(open: Open): void {
  describe("erase-user of works and comments", () => {
    const store = useStore(open);

    async function filled() {
      const { works, comments, commentRuns, listRuns, downloads } = store();
      const work = workOf(THEIRS, { mix: MIX });
      await works.keep({ ...work, author: { ...work.author, ...ann } }, JSON.stringify({ nickname: "小安安" }));
      await works.keep(workOf(OTHERS, { text: "和 小安安 一起", mentions: [mention], music }), `{"nickname":"\\u5c0f\\u5b89\\u5b89"}`);
      await works.keep(workOf("7560000000000000003"), '{"nickname":"nick"}');
      // The author of the second is known by the work alone, and the work of the third is no longer kept.
      const [first, gone, others] = [downloadOf("1", THEIRS), downloadOf("3", "7560000000000000009"), downloadOf("4", OTHERS)];
      await downloads.tell(await downloads.begin(first, "disk"), { ...first, files: [fileOf("小安安.mp4")], endedAt: 5 }, ann, 5);
      await downloads.begin(downloadOf("2", THEIRS), "other disk");
      await downloads.tell(await downloads.begin(gone, "disk"), gone, ann, 5);
      await downloads.tell(await downloads.begin(others, "disk"), others, STRANGER, 5);
      const run = await commentRuns.begin(runOf(THEIRS));
      await listRuns.begin(listRunOf(SEC, { author: { ...work.author, ...ann } }));
      await listRuns.begin(listRunOf(SEC));
      await listRuns.begin(listRunOf("", { secUid: null, mix: MIX }));
      await listRuns.begin(listRunOf("MS4wOther"));
      await comments.put(run, [
        commentOf(OTHERS, "1", { user: ann, text: "我是小安安", mentions: [mention], labels: ["小安安"], rank: 4 }),
        commentOf(OTHERS, "2", { parentId: "1", text: "你好 小安安", mentions: [mention, { ...mention, userId: "9", secUid: "x" }] }),
        commentOf(OTHERS, "3", { text: "别人的话" }),
      ]);
    }

    async function everything() {
      const { works, comments, commentRuns, listRuns, downloads } = store();
      return {
        lists: await listRuns.walk(0, 9),
        downloads: await downloads.walk(0, 9),
        works: await works.walk("", 9),
        comments: await comments.walk(null, 9),
        run: await commentRuns.last(THEIRS),
      };
    }

    it.each([SEC, "小安安"])("by %s: only what others wrote of them is left", async (user) => {
      await filled();
      expect((await findPerson(store(), { user }))?.works).toEqual({ works: 1, comments: 1, watches: 0 });
      const report = await eraseUser(store(), { user, keep: false });
      expect(report.identity).toMatchObject({ ids: [UID], secUids: [SEC], displayIds: ["ann_visible", "77665544"], nicknames: ["小安安"] });
      expect(report).toMatchObject({ erased: 0, works: { works: 1, comments: 1, watches: 0, downloads: 3, changed: 2, kept: 2 } });
      const left = await everything();
      for (const mark of [UID, SEC, "ann_visible", "ann.jpeg", "77665544", "原声", "55667788990", "\\u5c0f", "我是"])
        expect([mark, JSON.stringify(left).includes(mark)]).toEqual([mark, false]);
      expect(left).toMatchObject({
        works: [
          { work: { id: OTHERS, text: "和 小安安 一起", mentions: [], revision: 1 }, reply: null },
          { work: { revision: 0 }, reply: '{"nickname":"nick"}' },
        ],
        comments: [
          { id: "1", text: "", user: { id: null, nickname: null }, rank: 4, repliesCollected: 1, erased: true, revision: 1 },
          { id: "2", text: "你好 小安安", mentions: [{ userId: "9" }], erased: true },
          { id: "3", erased: false, revision: 0 },
        ],
        run: null,
        lists: [{ run: { secUid: "MS4wOther" } }],
        downloads: [{ download: { id: "4" } }],
      });
      const removed = [...(await store().downloads.removedIn("disk")), ...(await store().downloads.removedIn("other disk"))];
      expect(removed.map(({ workId }) => workId)).toEqual([THEIRS, "7560000000000000009", THEIRS]);
      await store().comments.put(9, [commentOf(OTHERS, "1", { user: ann, receivedAt: Date.now() })]);
      expect(JSON.stringify(await everything())).not.toContain(UID);
      await expect(eraseUser(store(), { user: UID, keep: false })).rejects.toMatchObject({ code: "not_found" });
    });

    it("under a pseudonym: their comments stay, and their works go, since a work's id leads to its author", async () => {
      await filled();
      const { pseudonym, works } = await eraseUser(store(), { user: UID, keep: true });
      expect(works).toEqual({ works: 1, comments: 1, watches: 0, downloads: 3, changed: 2, kept: 2 });
      const left = await everything();
      expect(left.comments[0]).toMatchObject({ text: `我是${pseudonym}`, user: { id: pseudonym, nickname: pseudonym, secUid: null } });
      for (const mark of [UID, SEC, "ann.jpeg"]) expect([mark, JSON.stringify(left).includes(mark)]).toEqual([mark, false]);
      expect(JSON.stringify(left.comments[0])).not.toContain("小安安");
      expect((await store().comments.find({ user: pseudonym, limit: 9 })).comments).toHaveLength(1);
    });

    it("leaves what they wrote before out of every later run, also what was never kept; what they write from then on is kept", async () => {
      await filled();
      const { comments } = store();
      const at = Date.now();
      await eraseUser(store(), { user: UID, keep: false, clock: new FakeClock(at) });
      const clock = new FakeClock(at + DAY_MS);
      const times = { before: at - DAY_MS, after: at + DAY_MS / 2 };
      const written = (id: string, time: number) => commentOf(OTHERS, id, { user: ann, text: "我", time, receivedAt: clock.now() });
      const named = (id: string, time: number) => commentOf(OTHERS, id, { mentions: [mention], time, receivedAt: clock.now() });
      const seen = [written("7", times.before), written("8", times.after), named("9", times.before), named("10", times.after)];
      const reader = {
        async *comments(): AsyncGenerator<CommentsSeen, CommentsEnd, void> {
          yield { floorId: null, comments: seen, cursor: 1, total: null };
          return { endedBy: "end", reason: "no more" };
        },
      };
      const asked = { id: OTHERS, page: null };
      await keepComments(store(), asked, { reader, clock, erased: lateInComments(store()) }, new AbortController().signal);
      const kept = async (id: string) => comments.get({ workId: OTHERS, id });
      expect(await kept("7")).toMatchObject({ erased: true, text: "", user: { id: null, nickname: null }, revision: 0 });
      expect(await kept("8")).toMatchObject({ erased: false, text: "我", user: { id: UID } });
      expect(await kept("9")).toMatchObject({ erased: true, mentions: [], user: { nickname: "nick" } });
      expect(await kept("10")).toMatchObject({ erased: false, mentions: [mention] });
    });

    it("leaves them out of others' works that were published before, whenever those are read again; of what is published later nothing", async () => {
      await filled();
      const { works } = store();
      const at = Date.now();
      const clock = new FakeClock(at);
      await eraseUser(store(), { user: UID, keep: false, clock });
      const reader = {
        ...{ find: async () => expect.fail("nobody asked"), read: async () => expect.fail("nobody asked") },
        ...{ status: () => expect.fail("nobody asked"), findList: () => expect.fail("nobody asked") },
      };
      const service = new WorkService({ reader, works, clock, erased: lateInWorks(store()) });
      const reply = JSON.stringify({ aweme_detail: { music: { owner_nickname: "小安安" }, text_extra: [{ sec_uid: SEC }] } });
      const keep = async (id: string, time: number, more: object) =>
        (await service.keep({ work: workOf(id, { time, receivedAt: clock.now(), ...more }), reply })) ?? expect.fail("it is not theirs");
      const [sound, other] = ["7560000000000000011", "7560000000000000012"];
      for (const [author, title] of [
        ["小安安", "小安安的原声"],
        ["林间乐队", "@小安安创作的原声"],
        [null, "@ann_visible 原声"],
      ])
        expect((await keep(sound, at - DAY_MS, { music: { ...music, author, title } })).work.music).toBeNull();
      const others = { ...music, author: "别人", title: "歌", cover: null };
      const kept = await keep(OTHERS, at - DAY_MS, { music: others, mentions: [mention] });
      expect(kept).toMatchObject({ work: { music: { author: "别人" }, mentions: [] } });
      expect(JSON.stringify(await works.walk("", 9))).not.toMatch(/小安安|ann\.jpeg|MS4wLjABAAAAsecret/);
      await clock.advance(2 * DAY_MS);
      expect(await keep(other, at + DAY_MS, { music, mentions: [mention] })).toMatchObject({ work: { music, mentions: [mention] }, reply });
    });

    it.each([
      ["小安安", "歌"],
      ["林间乐队", "@小安安创作的原声"],
    ])("by the name of their music, where nothing else is kept of them: %s, %s", async (author, title) => {
      const { works } = store();
      await works.keep(workOf(OTHERS, { music: { ...music, author, title } }), '{"nickname":"小安安"}');
      const report = await eraseUser(store(), { user: "小安安", keep: false });
      expect(report).toMatchObject({ identity: { byName: true, nicknames: ["小安安"] }, works: { works: 0, changed: 1 } });
      expect(await works.get(OTHERS)).toMatchObject({ work: { music: null }, reply: null });
    });

    it("knows somebody who is only named in a comment", async () => {
      await store().comments.put(1, [commentOf(OTHERS, "2", { mentions: [mention] })]);
      const { works } = await eraseUser(store(), { user: SEC, keep: false });
      expect(works).toEqual({ works: 0, comments: 0, watches: 0, downloads: 0, changed: 1, kept: 0 });
    });
  });
}
