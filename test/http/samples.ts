import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Value } from "typebox/value";
import { EVENT_TYPES, KINDS, type NewEvent } from "../../src/events/event.js";
import { catchUp } from "../../src/statistics/reader.js";
import type { RoomKey } from "../../src/store/log.js";
import type { HookRow } from "../../src/store/sql/hooks.js";
import type { Store } from "../../src/store/store.js";
import { plainWords } from "../statistics/plain-words.js";
import { commentOf, runOf } from "../works/comment.js";
import { downloadOf } from "../works/kept-download.js";
import { listRunOf, workOf } from "../works/work.js";
import { type ApiServer, serveApi } from "./api-server.js";
import { chat, stats } from "./events.js";
import { CAPTCHA, DELETED, WORK } from "./fake-work-reader.js";

/** A request, and the status that it is to have. */
export type Sample = readonly [path: string, status: number, init?: NonNullable<Parameters<ApiServer["call"]>[1]>];

const SESSION = "7300000000000000019";
/** Author of the kept work. */
const AUTHOR = "MS4wLjABAAAAauthor0123456789abcdef";
/** Times at which a work was read: now, by the clock of these tests. */
const READ = { receivedAt: 1_700_000_000_000, firstSeenAt: 1_700_000_000_000 };
/** Author whose works were listed. */
const LISTED = "MS4wLjABAAAAlisted0123456789abcdef";
const HOOK = {
  ...{ url: "https://receiver.example/a", name: "a", types: ["gift", "room.live"], filter: "diamonds > 1", rooms: ["98765", "0"] },
  maxEvents: 5,
};
/** Requests to every operation of the document: a route that is described must be shown here. */
export const SAMPLES: Readonly<Record<string, readonly Sample[]>> = {
  "GET /healthz": [["/healthz", 200]],
  "GET /readyz": [["/readyz", 200]],
  "GET /metrics": [["/metrics", 200]],
  "POST /mcp": [
    ["/mcp", 200, { json: { jsonrpc: "2.0", id: 1, method: "tools/list" }, headers: { accept: "application/json, text/event-stream" } }],
    ["/mcp", 400, { json: [] }],
  ],
  "GET /douyin/liveroom/chat": [
    ["/douyin/liveroom/chat?room_id=98765", 200],
    ["/douyin/liveroom/chat?room_id=98765&format=2&cursor=0&limit=2000", 200],
    ["/douyin/liveroom/chat?room_id=98765&cursor=0&limit=2000&types=WebcastRoomUserSeqMessage,WebcastChatMessage", 200],
    ["/douyin/liveroom/chat?room_id=98765&cursor=999999", 409],
  ],
  "GET /douyin/liveroom/info": [
    ["/douyin/liveroom/info?room_id=98765", 200],
    ["/douyin/liveroom/info?room_id=nobody", 404],
  ],
  "GET /douyin/liveroom/audience": [["/douyin/liveroom/audience?room_id=98765", 200]],
  "GET /douyin/liveroom/ranklist": [["/douyin/liveroom/ranklist?room_id=98765", 200]],
  "GET /douyin/liveroom/gifts": [
    ["/douyin/liveroom/gifts", 200],
    ["/douyin/liveroom/gifts?room_id=98765", 200],
    ["/douyin/liveroom/gifts?room_id=nobody", 404],
  ],
  "GET /douyin/liveroom/status": [["/douyin/liveroom/status?room_id=98765,6843198199583378191,nobody,captcha", 200]],
  "GET /douyin/video/detail": [
    [`/douyin/video/detail?aweme_id=${WORK}`, 200],
    [`/douyin/video/detail?aweme_id=${DELETED}`, 200],
    [`/douyin/video/detail?aweme_id=${CAPTCHA}`, 503],
    ["/douyin/video/detail?aweme_id=1", 400],
  ],
  "GET /douyin/video/comments": [[`/douyin/video/comments?aweme_id=${WORK}`, 200]],
  "GET /douyin/video/comment/reply": [
    [`/douyin/video/comment/reply?aweme_id=${WORK}&cid=1`, 200],
    [`/douyin/video/comment/reply?aweme_id=${WORK}&cid=nothing`, 404],
  ],
  "GET /douyin/user/posts": [[`/douyin/user/posts?sec_uid=${AUTHOR}`, 200]],
  "POST /v1/works": [
    ["/v1/works", 200, { json: { link: `https://www.douyin.com/video/${WORK}`, maxAgeSeconds: 0 } }],
    ["/v1/works", 200, { json: { link: DELETED } }],
    ["/v1/works", 400, { json: { link: "https://live.douyin.com/98765" } }],
    ["/v1/works", 404, { json: { link: "https://v.douyin.com/NOPE/" } }],
    ["/v1/works", 503, { json: { link: CAPTCHA } }],
  ],
  "GET /v1/works": [
    ["/v1/works", 200],
    ["/v1/works?limit=1", 200],
    ["/v1/works?author=nobody", 200],
  ],
  "GET /v1/works/pace": [["/v1/works/pace", 200]],
  "GET /v1/gifts": [
    ["/v1/gifts", 200],
    ["/v1/gifts?name=x&limit=1", 200],
  ],
  "GET /v1/gifts/{gift}": [["/v1/gifts/463", 404]],
  "POST /v1/authors": [
    ["/v1/authors", 201, { json: { link: `https://www.douyin.com/user/${AUTHOR}` } }],
    ["/v1/authors", 200, { json: { link: AUTHOR } }],
    ["/v1/authors", 404, { json: { link: "https://v.douyin.com/NOPE/" } }],
  ],
  "GET /v1/authors": [["/v1/authors", 200]],
  "GET /v1/authors/{author}": [
    ["/v1/authors/MS4wWatched", 200],
    ["/v1/authors/nobody", 404],
  ],
  "GET /v1/authors/{author}/works": [[`/v1/authors/${AUTHOR}/works?limit=5`, 200]],
  "POST /v1/authors/{author}/works": [[`/v1/authors/${AUTHOR}/works`, 202, { json: { limit: 5, stopAfterKnown: 3 } }]],
  "GET /v1/authors/{author}/works/run": [
    [`/v1/authors/${LISTED}/works/run`, 200],
    [`/v1/authors/${LISTED}x/works/run`, 404],
  ],
  "DELETE /v1/authors/{author}/works/run": [[`/v1/authors/${LISTED}/works/run`, 200]],
  "GET /v1/mixes/{mix}/works": [[`/v1/mixes/${WORK}/works`, 200]],
  "POST /v1/mixes/{mix}/works": [[`/v1/mixes/${WORK}/works`, 202, { json: { limit: 5 } }]],
  "GET /v1/mixes/{mix}/works/run": [[`/v1/mixes/${CAPTCHA}/works/run`, 404]],
  "DELETE /v1/mixes/{mix}/works/run": [[`/v1/mixes/${CAPTCHA}/works/run`, 404]],
  "POST /v1/works/lists": [
    ["/v1/works/lists", 202, { json: { link: AUTHOR } }],
    ["/v1/works/lists", 404, { json: { link: "https://v.douyin.com/NOPE/" } }],
  ],
  "POST /v1/authors/{author}/look": [
    ["/v1/authors/MS4wWatched/look", 202],
    ["/v1/authors/nobody/look", 404],
  ],
  "DELETE /v1/authors/{author}": [
    [`/v1/authors/${AUTHOR}`, 200],
    [`/v1/authors/${AUTHOR}`, 404],
  ],
  "GET /v1/comments": [
    ["/v1/comments", 200],
    ["/v1/comments?q=text&limit=1", 200],
  ],
  "GET /v1/works/{work}/comments": [
    [`/v1/works/${WORK}/comments`, 200],
    [`/v1/works/${WORK}/comments?parent=1`, 200],
    [`/v1/works/${WORK}/comments?q=text&user=1`, 200],
  ],
  "POST /v1/works/{work}/comments": [[`/v1/works/${DELETED}/comments`, 202, { json: { limit: 1, replies: false } }]],
  "GET /v1/works/{work}/comments/run": [
    [`/v1/works/${WORK}/comments/run`, 200],
    [`/v1/works/${CAPTCHA}/comments/run`, 404],
  ],
  "DELETE /v1/works/{work}/comments/run": [
    [`/v1/works/${WORK}/comments/run`, 200],
    [`/v1/works/${CAPTCHA}/comments/run`, 404],
  ],
  "POST /v1/downloads": [
    ["/v1/downloads", 202, { json: { link: WORK, quality: "720p", covers: true } }],
    ["/v1/downloads", 400, { json: { link: "https://live.douyin.com/98765" } }],
    ["/v1/downloads", 404, { json: { link: "https://v.douyin.com/NOPE/" } }],
  ],
  "GET /v1/downloads": [
    ["/v1/downloads", 200],
    [`/v1/downloads?work=${WORK}&limit=1`, 200],
  ],
  "GET /v1/downloads/{download}": [
    ["/v1/downloads/d1", 200],
    ["/v1/downloads/nothing", 404],
  ],
  "DELETE /v1/downloads/{download}": [
    ["/v1/downloads/d1", 200],
    ["/v1/downloads/nothing?remove=true", 404],
  ],
  "GET /v1/downloads/{download}/files/{role}/{index}": [
    ["/v1/downloads/d2/files/video/0", 200],
    ["/v1/downloads/d2/files/video/0", 206, { headers: { range: "bytes=1-" } }],
    ["/v1/downloads/d2/files/video/0", 416, { headers: { range: "bytes=9-" } }],
    ["/v1/downloads/d1/files/video/0", 404],
  ],
  "GET /v1/works/{work}/files": [
    [`/v1/works/${WORK}/files`, 200],
    [`/v1/works/${WORK}/files?quality=best&hdr=true&music=true&covers=true`, 200],
    [`/v1/works/${CAPTCHA}/files`, 404],
  ],
  "GET /v1/works/{work}/comments/export": [
    [`/v1/works/${WORK}/comments/export?format=csv`, 200],
    [`/v1/works/${WORK}/comments/export?format=jsonl&pseudonyms=own`, 200],
  ],
  "GET /v1/works/{work}": [
    [`/v1/works/${WORK}`, 200],
    [`/v1/works/${CAPTCHA}`, 404],
  ],
  "GET /v1/rooms": [
    ["/v1/rooms", 200],
    ["/v1/rooms?limit=1", 200],
  ],
  "POST /v1/rooms": [
    ["/v1/rooms", 201, { json: { room: "4242" } }],
    ["/v1/rooms", 201, { json: { room: "4243", watch: false } }],
    ["/v1/rooms", 503, { json: { room: "captcha" } }],
  ],
  "GET /v1/rooms/{room}": [
    ["/v1/rooms/1", 200],
    ["/v1/rooms/web_rid:98765", 200],
    ["/v1/rooms/404", 404],
  ],
  "PATCH /v1/rooms/{room}": [["/v1/rooms/4242", 200, { json: {} }]],
  "POST /v1/rooms/{room}/pause": [["/v1/rooms/4242/pause", 200]],
  "POST /v1/rooms/{room}/resume": [["/v1/rooms/4242/resume", 200]],
  "DELETE /v1/rooms/{room}": [["/v1/rooms/4242", 200]],
  "GET /v1/rooms/{room}/sessions": [["/v1/rooms/98765/sessions", 200]],
  "GET /v1/rooms/{room}/broadcasts.atom": [
    ["/v1/rooms/98765/broadcasts.atom", 200],
    ["/v1/rooms/nobody/broadcasts.atom", 404],
  ],
  "GET /v1/sessions": [
    ["/v1/sessions?by=diamonds&limit=1", 200],
    ["/v1/sessions?room=nobody", 404],
  ],
  "GET /v1/compare": [
    [`/v1/compare?sessions=98765/${SESSION},98765/latest&limit=2`, 200],
    ["/v1/compare?sessions=98765/latest,98765/1", 404],
  ],
  "GET /v1/users": [
    ["/v1/users?q=1&limit=1", 200],
    ["/v1/users?q=x&room=nobody", 404],
  ],
  "GET /v1/rooms/{room}/sessions/{session}": [
    [`/v1/rooms/98765/sessions/${SESSION}`, 200],
    ["/v1/rooms/98765/sessions/1", 404],
  ],
  "GET /v1/rooms/{room}/summary": [
    ["/v1/rooms/98765/summary", 200],
    [`/v1/rooms/98765/summary?session=${SESSION}`, 200],
    ["/v1/rooms/98765/summary?session=1", 200],
    ["/v1/rooms/404/summary", 404],
  ],
  "GET /v1/rooms/{room}/sessions/{session}/stats": [
    [`/v1/rooms/98765/sessions/${SESSION}/stats`, 200],
    ["/v1/rooms/98765/sessions/latest/stats?limit=1", 200],
    ["/v1/rooms/98765/sessions/1/stats", 404],
  ],
  "GET /v1/rooms/{room}/sessions/{session}/gifts": [
    [`/v1/rooms/98765/sessions/${SESSION}/gifts`, 200],
    ["/v1/rooms/98765/sessions/latest/gifts?by=line&user=1", 200],
  ],
  "GET /v1/rooms/{room}/sessions/{session}/top": [
    ["/v1/rooms/98765/sessions/latest/top?by=events", 200],
    ["/v1/rooms/98765/sessions/latest/top", 200],
  ],
  "GET /v1/rooms/{room}/sessions/{session}/witness": [["/v1/rooms/98765/sessions/latest/witness", 200]],
  "GET /v1/rooms/{room}/sessions/{session}/audience": [
    ["/v1/rooms/98765/sessions/latest/audience", 200],
    ["/v1/rooms/98765/sessions/1/audience", 404],
  ],
  "GET /v1/rooms/{room}/sessions/{session}/highlights": [
    ["/v1/rooms/98765/sessions/latest/highlights", 200],
    ["/v1/rooms/98765/sessions/latest/highlights?format=edl&fps=25", 200],
  ],
  "GET /v1/rooms/{room}/sessions/{session}/words": [
    ["/v1/rooms/98765/sessions/latest/words", 200],
    ["/v1/rooms/98765/sessions/latest/words?kind=emoji", 200],
  ],
  "GET /v1/users/{user}": [
    ["/v1/users/42", 200],
    ["/v1/users/nobody", 404],
  ],
  "GET /v1/rooms/{room}/users/{user}": [
    ["/v1/rooms/98765/users/42", 200],
    ["/v1/rooms/98765/users/nobody", 404],
  ],
  "GET /v1/rooms/{room}/events": [
    ["/v1/rooms/98765/events?types=*&limit=2000", 200],
    ["/v1/rooms/98765/events?before=3", 200],
    ["/v1/rooms/98765/events?after=999999", 409],
  ],
  "GET /v1/rooms/{room}/retention": [["/v1/rooms/98765/retention", 200]],
  "PATCH /v1/rooms/{room}/retention": [
    ["/v1/rooms/98765/retention", 200, { json: { events: { maxAgeMs: 86_400_000, maxBytes: null }, raw: null } }],
    ["/v1/rooms/nobody/retention", 404, { json: {} }],
  ],
  "GET /v1/search": [
    ["/v1/search?types=chat,gift&room=98765", 200],
    ["/v1/search?q=%E4%BD%A0%E5%A5%BD&limit=1", 200],
    ["/v1/search?q=xx&room=nobody", 404],
  ],
  "GET /v1/rooms/{room}/export": [
    ["/v1/rooms/98765/export?format=csv", 200],
    [`/v1/rooms/98765/export?format=jsonl&session=${SESSION}&types=chat`, 200],
    ["/v1/rooms/98765/export?format=srt", 200],
    ["/v1/rooms/98765/export?format=doc", 400],
    ["/v1/rooms/404/export?format=csv", 404],
  ],
  "GET /v1/official": [["/v1/official", 200]],
  "POST /v1/official/launches": [["/v1/official/launches", 404, { json: { launchToken: "x" } }]],
  "POST /v1/official/rooms": [["/v1/official/rooms", 201, { json: { appId: "tt1", roomId: "7" } }]],
  "POST /v1/official/acks": [["/v1/official/acks", 404, { json: { roomId: "1", messages: [{ id: "1", method: "live_gift", at: 1 }] } }]],
  "GET /v1/accounts": [["/v1/accounts", 200]],
  "POST /v1/accounts": [["/v1/accounts", 201, { json: { name: "tablet", cookies: "sessionid=1" } }]],
  "POST /v1/accounts/{account}/check": [
    ["/v1/accounts/tablet/check", 200],
    ["/v1/accounts/none/check", 404],
  ],
  "DELETE /v1/accounts/{account}": [["/v1/accounts/tablet", 200]],
  "POST /v1/erase": [["/v1/erase", 202, { json: { user: "42" } }]],
  "POST /v1/imports": [["/v1/imports", 403, { json: { file: "/tmp/a.dyrec" } }]],
  "POST /v1/rooms/{room}/redecode": [
    ["/v1/rooms/98765/redecode", 202, { json: {} }],
    ["/v1/rooms/98765/redecode", 404, { json: { session: "404" } }],
  ],
  "POST /v1/rooms/{room}/sessions/{session}/delete": [
    ["/v1/rooms/98765/sessions/latest/delete", 400, { json: { name: "98765" } }],
    [`/v1/rooms/98768/sessions/${SESSION}/delete`, 202, { json: { name: SESSION } }],
  ],
  "POST /v1/rooms/{room}/delete": [
    ["/v1/rooms/98765/delete", 400, { json: { name: "98767" } }],
    ["/v1/rooms/98767/delete", 202, { json: { name: "98767" } }],
  ],
  "POST /v1/rooms/{room}/test-events": [
    ["/v1/rooms/98765/test-events", 201, { json: { type: "gift", units: 2, diamonds: 10 } }],
    ["/v1/rooms/98765/test-events", 400, { json: { type: "gift", units: 3, diamonds: 10 } }],
  ],
  "GET /v1/tasks": [["/v1/tasks", 200]],
  "GET /v1/tasks/{task}": [
    ["/v1/tasks/1", 200],
    ["/v1/tasks/404", 404],
  ],
  "DELETE /v1/tasks/{task}": [["/v1/tasks/2", 200]],
  "GET /v1/speech": [["/v1/speech", 200]],
  "POST /v1/speech": [["/v1/speech", 404, { json: { text: "你好" } }]],
  "GET /v1/about": [["/v1/about", 200]],
  "GET /v1/cluster": [["/v1/cluster", 404]],
  "POST /v1/doctor": [["/v1/doctor", 200, { json: {} }]],
  "GET /v1/sidecars": [["/v1/sidecars", 200]],
  "POST /v1/sidecars": [
    ["/v1/sidecars", 201, { json: { folder: ".", room: "98765", namePattern: "*_%Y%m%d%H%M%S", timeZone: "Asia/Shanghai" } }],
    ["/v1/sidecars", 404, { json: { folder: ".", room: "nobody" } }],
    ["/v1/sidecars", 409, { json: { folder: ".", room: "98765" } }],
  ],
  "DELETE /v1/sidecars/{sidecar}": [["/v1/sidecars/none", 404]],
  "GET /v1/settings": [["/v1/settings", 200]],
  "PATCH /v1/settings": [["/v1/settings", 200, { json: { DYLIVE_KEEP_EVENTS_DAYS: 90 } }]],
  "GET /v1/token": [["/v1/token", 200]],
  "GET /v1/tokens": [["/v1/tokens", 200]],
  "POST /v1/tokens": [["/v1/tokens", 201, { json: { name: "a", rooms: ["98765"], perMinute: 5 } }]],
  "DELETE /v1/tokens/{token}": [["/v1/tokens/none", 404]],
  "GET /v1/hooks": [["/v1/hooks", 200]],
  "POST /v1/hooks": [["/v1/hooks", 201, { json: HOOK }]],
  "GET /v1/hooks/{hook}": [
    ["/v1/hooks/hook", 200],
    ["/v1/hooks/none", 404],
  ],
  "PATCH /v1/hooks/{hook}": [["/v1/hooks/hook", 200, { json: { filter: null, types: ["*"] } }]],
  "POST /v1/hooks/{hook}/pause": [["/v1/hooks/hook/pause", 200]],
  "POST /v1/hooks/{hook}/resume": [["/v1/hooks/hook/resume", 200]],
  "POST /v1/hooks/{hook}/replay": [["/v1/hooks/hook/replay", 200, { json: { room: "98765", seq: 1 } }]],
  "POST /v1/hooks/{hook}/rotate": [["/v1/hooks/hook/rotate", 200]],
  "POST /v1/hooks/{hook}/test": [["/v1/hooks/hook/test", 200]],
  "GET /v1/hooks/{hook}/deliveries": [["/v1/hooks/hook/deliveries?limit=5", 200]],
  "DELETE /v1/hooks/{hook}": [["/v1/hooks/unwanted", 200]],
  "GET /v1/events/stream": [["/v1/events/stream?rooms=none", 404]],
  "GET /v1/rooms/stream": [],
};

/** What strangers write: in an event, every one of these fields is theirs. */
const THEIRS = new Set(["text", "nickname", "name", "title", "tips", "avatar", "displayId", "secUid", "target", "onlineText", "icon"]);

function poisoned<T>(value: T, hostile: string | undefined): T {
  if (hostile === undefined) return value;
  return JSON.parse(JSON.stringify(value), (key, part: unknown) => (THEIRS.has(key) ? hostile : part)) as T;
}

/** A hook that is paused, with something to deliver that failed. */
async function failingHook({ hooks }: Store, room: RoomKey): Promise<void> {
  const row: HookRow = {
    id: "hook",
    name: "a",
    url: "https://receiver.example/",
    types: [],
    filter: null,
    rooms: [],
    maxEvents: 5,
    allowPrivate: false,
    channel: null,
    secret: "whsec_AAAA",
    old: { secret: "whsec_BBBB", until: 5 },
    createdAt: 1,
    revision: 0,
    replays: 0,
    paused: { at: 4, reason: "failing" },
    failing: null,
    last: null,
    deliveredAt: 1,
  };
  await hooks.add(row, 0);
  await hooks.add({ ...row, id: "unwanted" }, 0);
  await hooks.fix("hook", 0, { id: "m", room, from: 1, to: 2, events: 2, createdAt: 2, tries: 0, body: "{}" });
  const failed = { delivered: false, status: 500, error: "it answered HTTP 500", answer: "no" };
  await hooks.tried(row, { id: "m", at: 3, ms: 1, room, from: 1, to: 2, events: 2, bytes: 2, attempt: 1, ...failed });
}

/** An API with a room that has an event of every type, its texts hostile when asked for. */
export async function seeded(hostile?: string): Promise<ApiServer> {
  const made = await serveApi();
  const { store, manager, tell } = made;
  const events = EVENT_TYPES.map((type, n) => ({
    ...poisoned(Value.Create(KINDS[type]) as NewEvent, hostile),
    id: `73000000000000001${String(n).padStart(2, "0")}`,
    sessionId: SESSION,
    source: "websocket" as const,
  }));
  const ranks = [{ rank: 1, score: null, scoreText: "1.2万", user: poisoned(Value.Create(KINDS.chat).user, hostile) }];
  const room = await tell("98765", ...events, stats({ ranks, sessionId: SESSION }));
  await tell("98765", chat("73000000000000002", { sessionId: SESSION, user: { ...Value.Create(KINDS.chat).user, id: "42" } }));
  await catchUp(store, plainWords);
  await store.sessions.open(room, SESSION, 5, hostile ?? "标题");
  await store.rooms.setFacts(room, {
    title: hostile ?? "标题",
    anchor: { id: "42", secUid: null, nickname: hostile ?? "薛莲", avatar: hostile ?? null },
  });
  await failingHook(store, room);
  const author = { ...workOf(WORK).author, secUid: AUTHOR };
  await store.works.keep(
    workOf(WORK, { ...READ, author, text: hostile ?? "作品", title: hostile ?? null, stateReason: hostile ?? null }),
    null,
  );
  const comment = commentOf(WORK, "1", { text: hostile ?? "text", labels: hostile === undefined ? [] : [hostile] });
  await store.authorWatches.add("MS4wWatched", 1);
  const wall = { endedBy: "wall", reason: hostile ?? "the first are shown", endedAt: 9 } as const;
  await store.listRuns.begin(listRunOf(LISTED, { ...wall, author: { ...author, nickname: hostile ?? null } }));
  await store.comments.put(await store.commentRuns.begin(runOf(WORK)), [comment, commentOf(WORK, "2", { parentId: "1" })]);
  const name = hostile ?? "video.mp4";
  const there = {
    bytes: 3,
    totalBytes: 3,
    sha256: "a".repeat(64),
    variant: hostile ?? "rung",
    state: "done",
    reason: hostile ?? null,
  } as const;
  const files = [{ role: "video" as const, index: 0, name, ...there }];
  const ended = { state: "done" as const, reason: hostile ?? null, askedBy: hostile ?? "name", endedAt: 5, files };
  mkdirSync(join(made.folder, WORK), { recursive: true });
  writeFileSync(join(made.folder, ".dylive-folder"), "ours");
  writeFileSync(join(made.folder, WORK, "video.mp4"), "abc");
  for (const [id, folder] of [
    ["d1", "gone"],
    ["d2", "ours"],
  ] as const)
    await store.downloads.begin(downloadOf(id, WORK, ended), folder);
  for (const unwanted of ["98767", "98768"]) await store.sessions.open(await tell(unwanted), SESSION, 6);
  manager.say(room, "live", SESSION, { counts: { WebcastChatMessage: 1 }, masked: false, likesSeen: 0.2 });
  return made;
}
