// Guards: /douyin/video/comments pages through kept comments and says why there may be more.
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import type { CommentsEnd, CommentsRequest, CommentsSeen } from "../../../src/platform/access/work-visitor.js";
import { readComments } from "../../../src/platform/works/comments.js";
import type { Comment, CommentRun } from "../../../src/works/model/comment.js";
import { during } from "../../clock.js";
import { until } from "../../until.js";
import { commentOf, runOf } from "../../works/comment.js";
import { workOf } from "../../works/work.js";
import { type Reply, serveApi } from "../api-server.js";
import { CAPTCHA, WORK } from "../fake-work-reader.js";

const COMMENTS = `/douyin/video/comments?aweme_id=${WORK}`;
const REPLIES = `/douyin/video/comment/reply?aweme_id=${WORK}`;
const AUTHOR = "MS4wLjABAAAAauthor0123456789abcdef";

/** A server with a work of 12 top comments, the second of which has four replies of five, and the run that collected them. */
async function kept(more: Partial<CommentRun> = {}) {
  const server = await serveApi();
  const { comments, commentRuns } = server.store;
  const run = await commentRuns.begin(runOf(WORK));
  const tops = Array.from({ length: 12 }, (_, n) => commentOf(WORK, `1${n}`, { rank: n * 2, replies: n === 1 ? 5 : 0 }));
  const replies = Array.from({ length: 4 }, (_, n) => commentOf(WORK, `2${n}`, { rank: n * 2 + 1, parentId: "11" }));
  await comments.put(run, [...tops, ...replies]);
  const now = server.clock.now();
  const ended = { endedBy: "wall", reason: "log in to see more", shown: 99, collected: 16, topLevel: 12, endedAt: now, ...more } as const;
  await commentRuns.tell(run, runOf(WORK, ended), now);
  return server;
}

const cids = (reply: Reply) => (reply.at("data", "comments") as { cid: string }[]).map(({ cid }) => cid);

/** A reader that shows one page with `count` floors for each turn it is given, and ends when it is told to. */
function pages(server: Awaited<ReturnType<typeof serveApi>>, count = 4) {
  const turns = new EventTarget();
  const asked: CommentsRequest[] = [];
  let end: CommentsEnd | Error | null = null;
  server.workReader.comments = async function* (request, signal): AsyncGenerator<CommentsSeen, CommentsEnd, void> {
    asked.push(request);
    for (let page = 0; ; page++) {
      await once(turns, "turn", { signal });
      if (end instanceof Error) throw end;
      if (end !== null) return end;
      const comments = Array.from({ length: count }, (_, n) => commentOf(request.work.id, `${page}${n}`, { rank: n, replies: 0 }));
      yield { floorId: null, comments, cursor: count * (page + 1), total: 50 };
    }
  };
  const turn = (how: CommentsEnd | Error | null = null) => {
    end = how;
    turns.dispatchEvent(new Event("turn"));
  };
  return { asked, turn };
}

describe("/douyin/video/comments", () => {
  it("gives what is kept page by page, and says by what the run ended that collected it", async () => {
    const server = await kept();
    const { call, tokens } = server;
    const first = await call(`${COMMENTS}&token=${tokens.read}`, { token: null });
    expect([first.status, first.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(first.body).toMatchObject({
      ...{ code: 200, msg: "success" },
      data: { status_code: 0, cursor: 19, has_more: 1, total: 99, _source: "kept", _collected_at: server.clock.now() },
    });
    expect(first.at("data", "_more")).toBeUndefined();
    expect(cids(first)).toEqual(["10", "11", "12", "13", "14", "15", "16", "17", "18", "19"]);
    const second = await call(`${COMMENTS}&cursor=19`);
    expect([cids(second), second.at("data", "cursor"), second.at("data", "has_more")]).toEqual([["110", "111"], 23, 1]);
    expect(second.at("data", "_more")).toBe("the last run was ended by wall: log in to see more");
    // What a wall ended a moment ago is not tried again for whoever asks.
    const third = await call(`${COMMENTS}&cursor=23`);
    expect([cids(third), third.at("data", "cursor"), third.at("data", "has_more")]).toEqual([[], 23, 1]);
    const pairs = await call(`${COMMENTS}&cursor=1&count=2`);
    expect([cids(pairs), pairs.at("data", "cursor")]).toEqual([["11", "12"], 5]);
  });

  it("has no more only when the platform's end was reached, and leaves out what is gone since", async () => {
    const { call, store, clock } = await kept({ endedBy: "end", reason: "no more" });
    expect((await call(`${COMMENTS}&count=12`)).body).toMatchObject({ data: { cursor: 23, has_more: 0 } });
    expect((await call(`${COMMENTS}&count=11`)).body).toMatchObject({ data: { cursor: 21, has_more: 1 } });
    const run = await store.commentRuns.begin(runOf(WORK));
    await store.comments.put(run, [commentOf(WORK, "10", { receivedAt: 1_760_000_200_000 })]);
    await store.commentRuns.tell(run, runOf(WORK, { endedBy: "end", reason: "no more", endedAt: clock.now(), shown: 1 }), clock.now());
    const last = await call(COMMENTS);
    expect([cids(last), last.at("data", "has_more"), last.at("data", "total")]).toEqual([["10"], 0, 1]);
  });

  it("begins a run where nothing is kept, and gives each page as soon as it is there", async () => {
    const server = await serveApi();
    const { asked, turn } = pages(server);
    const calls = [server.call(COMMENTS), server.call(`${COMMENTS}&count=3`)];
    await until(() => asked.length > 0);
    expect([asked.length, asked[0]?.wantsReplies(null)]).toEqual([1, false]);
    turn();
    const three = await during(server.clock, calls[1] as Promise<Reply>);
    expect([cids(three), three.at("data", "has_more"), three.at("data", "_collected_at")]).toEqual([["00", "01", "02"], 1, null]);
    await until(async () => (await server.store.comments.count(WORK)).comments === 4);
    turn();
    await until(async () => (await server.store.comments.count(WORK)).comments === 8);
    turn();
    const ten = await during(server.clock, calls[0] as Promise<Reply>);
    expect([cids(ten).length, ten.at("data", "cursor"), ten.at("data", "has_more")]).toEqual([10, 10, 1]);
    turn({ endedBy: "end", reason: "no more" });
    const rest = await during(server.clock, server.call(`${COMMENTS}&cursor=10`));
    expect(rest.body).toMatchObject({ data: { cursor: 12, has_more: 0, total: 50 } });
    expect(asked.length).toBe(1);
  });

  it("refuses in its envelope", async () => {
    const { call, token, tell } = await serveApi();
    await tell("98765");
    const limited = await token({ rooms: ["98765"] });
    for (const path of [COMMENTS, `${REPLIES}&cid=1`, `/douyin/user/posts?sec_uid=${AUTHOR}`])
      expect((await call(path, { token: limited })).body).toMatchObject({ code: 403, data: [] });
    expect((await call(`${COMMENTS}&cursor=9007199254740993`)).body).toMatchObject({ code: 400, data: [] });
    expect((await call(COMMENTS, { method: "POST" })).status).toBe(405);
  });
});

describe("/douyin/video/comment/reply", () => {
  it("gives the replies that are kept of a floor, and has no more when all that the platform counts are there", async () => {
    const { call, store } = await kept();
    const page = await call(`${REPLIES}&cid=11&count=3`);
    expect([cids(page), page.at("data", "cursor"), page.at("data", "total"), page.at("data", "has_more")]).toEqual([
      ...[["20", "21", "22"], 6, 5, 1],
    ]);
    expect((await call(`${REPLIES}&cid=11&cursor=6`)).body).toMatchObject({
      data: {
        has_more: 1,
        _more: "the platform counts 5 replies, 4 are kept; the last run was ended by wall: log in to see more",
        comments: [{ cid: "23", reply_id: "11", level: 2 }],
      },
    });
    await store.comments.put(1, [commentOf(WORK, "24", { rank: 9, parentId: "11" })]);
    expect((await call(`${REPLIES}&cid=11&cursor=8`)).body).toMatchObject({ data: { has_more: 0, comments: [{ cid: "24" }] } });
    expect((await call(`${REPLIES}&cid=10`)).body).toMatchObject({ data: { has_more: 0, comments: [], total: 0, cursor: 0 } });
    expect((await call(`${REPLIES}&cid=77`)).body).toMatchObject({ code: 404, data: [], msg: expect.stringContaining("wall") });
  });
});

it("a comment by the platform's names is read as the same comment", async () => {
  const { call, store } = await serveApi();
  const urls = ["https://p3-pc-sign.douyinpic.com/a~q75.webp"];
  const size = { index: 0, width: 3, height: 4, format: null, bytes: null, watermark: false };
  const image = { ...size, role: "image", urls, expiresAt: null, motion: null };
  const whole: Partial<Comment> = {
    ...{ text: "雨后 [色]", time: 1_760_000_000_000, likes: 7, replies: 2, place: "云南", authorLiked: true, labels: ["作者赞过", "首评"] },
    ...{ pinned: true, hot: true, folded: true, images: [image as Comment["images"][number]] },
    sticker: { id: "5", url: "https://p3-pc-sign.douyinpic.com/s.gif" },
    mentions: [{ secUid: AUTHOR, userId: "9", start: 0, end: 3 }],
  };
  const given = [
    commentOf(WORK, "31", { ...whole, byAuthor: true }),
    commentOf(WORK, "32", { parentId: "31", replyToId: "30", rank: 1, byAuthor: true }),
  ];
  const run = await store.commentRuns.begin(runOf(WORK));
  await store.comments.put(run, given);
  await store.commentRuns.tell(run, runOf(WORK, { endedBy: "end", reason: "no more", endedAt: 1 }), 1);
  const read = async (path: string, floorId: string | null, rank: number) => {
    const body = JSON.stringify((await call(path)).at("data"));
    const [{ receivedAt, user }] = given as [Comment, Comment];
    const page = readComments({ status: 200, headers: {}, body }, { workId: WORK, floorId, authorSecUid: user.secUid, receivedAt });
    return page.outcome === "found" ? page.comments.map((comment) => ({ ...comment, rank: comment.rank + rank })) : page;
  };
  expect(await read(COMMENTS, null, 0)).toEqual(given.slice(0, 1));
  expect(await read(`${REPLIES}&cid=31`, "31", 1)).toEqual(given.slice(1));
});

describe("/douyin/user/posts", () => {
  it("gives the works of an author that are kept, those published last first, and parts none of one second", async () => {
    const { call, store } = await serveApi();
    const posts = `/douyin/user/posts?sec_uid=${AUTHOR}`;
    for (const path of [posts, `${posts}&cursor=1`]) expect((await call(path)).body).toMatchObject({ code: 404, data: [] });
    const times = [9000, 8000, 7000, 7000, 5000];
    const author = { ...workOf(WORK).author, secUid: AUTHOR };
    for (const [n, time] of times.entries()) await store.works.keep(workOf(`687194767360000010${n}`, { author, time }), null);
    await store.works.keep(workOf(WORK), null);
    const ids = (reply: Reply) => (reply.at("data", "aweme_list") as { aweme_id: string }[]).map(({ aweme_id }) => aweme_id.at(-1));
    const first = await call(`${posts}&count=3`);
    expect(ids(first)).toEqual(["0", "1", "3", "2"]);
    expect(first.body).toMatchObject({ data: { max_cursor: 7000, min_cursor: 9000, has_more: 1, _source: "kept" } });
    expect(first.at("data", "_more")).toBeUndefined();
    const rest = await call(`/douyin/user/posts?uid=${AUTHOR}&count=3&cursor=7000`);
    expect(ids(rest)).toEqual(["4"]);
    expect(rest.body).toMatchObject({ data: { max_cursor: 5000, has_more: 1, _more: expect.stringMatching(/not known/) } });
    expect((await call(`${posts}&cursor=5000`)).body).toMatchObject({ code: 200, data: { aweme_list: [], max_cursor: 5000, has_more: 1 } });
    const chinese = { headers: { "accept-language": "zh" } };
    expect((await call("/douyin/user/posts?uid=98765", chinese)).at("msg")).toMatch(/：网页上只凭 uid 找不到人：[^；]*；/);
    expect((await call(`${posts}&cursor=5000`, chinese)).at("data", "_more")).toMatch(/^这个作者只保存了/);
    expect((await call("/douyin/user/posts?uid=a.b")).body).toMatchObject({ code: 400, msg: expect.stringMatching(/"a.b" is no sec_uid/) });
    expect((await call("/douyin/user/posts")).body).toMatchObject({ code: 400, msg: expect.stringMatching(/sec_uid is missing/) });
  });
});

it("what the family had and a public page does not show is refused with the reason", async () => {
  const { call } = await serveApi();
  const refused = { code: 404, data: [], msg: expect.stringMatching(/goods/) };
  expect((await call(`/douyin/video/promotions?aweme_id=${CAPTCHA}`)).body).toMatchObject(refused);
  expect((await call("/douyin/feed/home", { token: null })).status).toBe(401);
});
