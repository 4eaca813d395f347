// Guards: what reads things of strangers throws nothing but the errors that it documents, whatever comes.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { corpus } from "../../simulator/index.js";
import { describe as describeEvent } from "../../src/events/describe.js";
import type { LiveEvent } from "../../src/events/event.js";
import { compile, FilterError } from "../../src/events/filter.js";
import { VARIABLES } from "../../src/events/filter-variables.js";
import { containerTimes } from "../../src/exports/container-times.js";
import { NamePattern, readTimeZone } from "../../src/exports/recording-time.js";
import { decodeCursor, decodePlace, encodeCursor, encodePlace } from "../../src/feed/cursor.js";
import { CommandError, parseCommand } from "../../src/http/streams/ws-command.js";
import { platformAt, type Reply } from "../../src/platform/access/platform.js";
import { readFrame, readResponse } from "../../src/platform/access/read.js";
import { parseCookies } from "../../src/platform/accounts/cookies.js";
import { readLogin } from "../../src/platform/accounts/login-store.js";
import { followPaste } from "../../src/platform/links/follow.js";
import { ROOM_DOOR, readPaste, worksDoor } from "../../src/platform/links/paste.js";
import { normalise } from "../../src/platform/messages/normalise.js";
import { officialDraft } from "../../src/platform/messages/official.js";
import { PushKeys, readPayload, signPush } from "../../src/platform/open-platform/push.js";
import { answerOf, judge } from "../../src/platform/pages/answer.js";
import { giftsIn } from "../../src/platform/pages/gift-list.js";
import { fromEnter, readProfile, readReflow } from "../../src/platform/pages/interfaces.js";
import { readPage } from "../../src/platform/pages/page.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { parseExact } from "../../src/platform/wire/exact-json.js";
import { framePayload } from "../../src/platform/wire/frame.js";
import { WireError } from "../../src/platform/wire/reader.js";
import { encodeHeader, encodeRecord, RecordingReader } from "../../src/platform/wire/recording.js";
import { stripped, withoutMessages } from "../../src/platform/wire/strip.js";
import { readComments } from "../../src/platform/works/comments.js";
import { readDetail, readPageState } from "../../src/platform/works/work.js";
import { readAuthor, readMix, readWorkList } from "../../src/platform/works/work-list.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { readHar, surveyHar } from "../../src/sources/har.js";
import { newReport } from "../../src/sources/recording.js";
import { fileTypeOf } from "../../src/works/file-type.js";
import { FakeClock } from "../clock.js";
import { expectValid } from "../events/check.js";
import { measured } from "../long/measured.js";
import { context } from "../platform/messages/encode.js";
import {
  asReply,
  asState,
  detailBody,
  NOTE,
  pageWith,
  push,
  RECEIVED_AT,
  replied,
  SEC_UID,
  VIDEO,
  WORK_ID,
} from "../platform/works/synthetic.js";
import { harOf } from "../sources/har-file.js";
import { useDirectory } from "../store/directory.js";
import { isWhole } from "../whole.js";
import { expectModel } from "../works/model/check.js";
import { Chance, Fuzzing } from "./mutator.js";

/** Inputs of each target in `npm test`; a quarter of them of a single message. */
const ROUNDS = 60;
/** Time in `npm run test:long` for all targets, in ms: with the routes ten minutes. */
const WHOLE_MS = 450_000;

/** Real captures, which are not in the repository: nothing where they are not beside it. */
const captures = `${process.env["DYLIVE_SHARED"] ?? fileURLToPath(new URL("../../../shared", import.meta.url))}/captures/`;
const captured = (folder: string) =>
  (existsSync(captures + folder) ? readdirSync(captures + folder) : []).map((name) => ({
    name,
    bytes: readFileSync(`${captures}${folder}/${name}`),
  }));
const capturedBytes = (folder: string, beginning = "") =>
  captured(folder).flatMap(({ name, bytes }) => (name.startsWith(beginning) ? [bytes] : []));

const file = useDirectory()("input");
const ours = corpus({ seed: "fuzz", frames: 12 }).frames;
const frames = [...ours, ...capturedBytes("frames")];
const responses = [
  ...capturedBytes("responses"),
  ...ours.flatMap((frame) => {
    const { frame: read } = readFrame(frame, 0, new Drift());
    return read === null ? [] : [Buffer.from(framePayload(read))];
  }),
];
const messages = responses.flatMap((bytes) => readResponse(bytes, 0, new Drift()).response.messages);
/** One event of each type that the corpus has. */
const events = new Map(
  messages.flatMap((message) => {
    const draft = normalise(message, context());
    return draft === null ? [] : [[draft.event.type, { ...draft.event, seq: 1 } as LiveEvent] as const];
  }),
);
const recording = Buffer.concat([
  encodeHeader({ roomId: "7624505674873244442", webRid: "1", title: "", startedAt: 1_777_726_800_000, source: "websocket" }),
  ...ours.slice(0, 3).map((bytes, i) => encodeRecord({ kind: "frame", receivedAt: 1_777_726_800_000 + i, bytes })),
]);
const texts = (...all: readonly string[]) => all.map((text) => Buffer.from(text));
const json = (...all: readonly unknown[]) => texts(...all.map((one) => JSON.stringify(one)));
const now = 1_790_000_000_000;

/** Fails unless an error is one of those that a reader documents. */
function known(error: unknown, ...kinds: readonly (abstract new (...args: never[]) => Error)[]): null {
  if (!kinds.some((kind) => error instanceof kind) || (error instanceof DyliveError && error.code === "internal")) throw error;
  return null;
}

/** Reads, and lets the errors pass that are documented. */
function read<T>(work: () => T, ...kinds: readonly (abstract new (...args: never[]) => Error)[]): T | null {
  try {
    return work();
  } catch (error) {
    return known(error, ...kinds);
  }
}

/** Every event of what was received: each of its schema, and shown in words. */
function expectEvents(received: readonly { readonly method: string; readonly msgId: string; readonly payload: Uint8Array }[]): void {
  for (const message of received) {
    const draft = normalise(message, context());
    if (draft === null) continue;
    expectValid(draft.event);
    expect(typeof describeEvent(draft.event)).toBe("string");
  }
}

const replyContext = { receivedAt: RECEIVED_AT };
const asked = { workId: WORK_ID, floorId: null, authorSecUid: SEC_UID, receivedAt: RECEIVED_AT };

const SIGNAL = new AbortController().signal;
/** A platform that gives these answers, one after the other, and the last again and again. */
function answering(...answers: readonly (Pick<Reply, "body"> & Partial<Reply>)[]) {
  let asked = 0;
  const get = async (): Promise<Reply> => ({
    status: 200,
    headers: {},
    body: Buffer.alloc(0),
    ...answers[Math.min(asked++, answers.length - 1)],
  });
  return { platform: { ...platformAt(null), get }, userAgent: "test" };
}

const HEAD = { msgType: "live_comment", nonce: "abc", roomId: "7624505674873244442", timestamp: String(now) };
const PUSHED = Buffer.from(JSON.stringify([{ msg_id: "1", content: "c" }]));
const SIGNED = [...Object.values(HEAD), signPush(HEAD, PUSHED, "secret"), PUSHED.toString()].join("\n");
const keys = new PushKeys({ "*": ["secret"] }, 300_000, new FakeClock(now));

/** What reads things of strangers, with things that it reads; it throws nothing but what it documents, and gives what is whole. */
const TARGETS: readonly (readonly [name: string, samples: readonly Uint8Array[], reads: (bytes: Buffer) => unknown])[] = [
  [
    "frames of the push connection",
    frames,
    (bytes) => {
      const { received } = readFrame(bytes, 0, new Drift());
      expectEvents(received.response?.messages ?? []);
      expect(received.damaged === true && received.response !== null).toBe(false);
    },
  ],
  [
    "frames whose content is changed and packed again",
    responses,
    (bytes) => {
      const envelope = Buffer.concat([Buffer.from([0x3a, 3, 0x6d, 0x73, 0x67]), lengthened(0x42, gzipSync(bytes))]);
      expectEvents(readFrame(envelope, 0, new Drift()).received.response?.messages ?? []);
    },
  ],
  [
    "replies of im/fetch",
    responses,
    (bytes) => expectEvents(read(() => readResponse(bytes, 0, new Drift()), WireError)?.response.messages ?? []),
  ],
  ...[
    ...messages.slice(-40),
    ...captured("payloads").map(({ name, bytes }) => ({ method: `Webcast${name.replace(/\.bin$/, "")}`, msgId: "1", payload: bytes })),
  ].map(
    ({ method, payload, msgId }, i) =>
      [`messages: ${method} ${i}`, [payload], (bytes: Buffer) => expectEvents([{ method, msgId, payload: bytes }])] as const,
  ),
  [
    "recordings",
    [recording],
    (bytes) => {
      const reader = new RecordingReader();
      const at = bytes.length >> 1;
      const records = read(() => [...reader.push(bytes.subarray(0, at)), ...reader.push(bytes.subarray(at))], WireError) ?? [];
      expect(reader.end()).toBeGreaterThanOrEqual(0);
      for (const record of records) read(() => stripped(record, "key"), WireError);
    },
  ],
  [
    "taking messages out of frames",
    frames,
    (bytes) => {
      let turn = 0;
      read(() => withoutMessages("frame", bytes, () => ++turn % 2 === 1), WireError);
      read(() => stripped({ kind: "frame", receivedAt: 0, bytes }, "key"), WireError);
    },
  ],
  [
    "pages",
    texts(
      push(
        `d:${JSON.stringify(["$", "$L10", null, { state: { roomStore: { roomInfo: { roomId: "1", room: { status: 2, id_str: "1" } } } } }])}\n`,
      ),
    ),
    (bytes) => {
      readPage(bytes.toString());
      readPageState(bytes.toString(), WORK_ID, replyContext);
      readLogin(bytes.toString());
    },
  ],
  [
    "profile pages, and who is logged in",
    texts(
      push(`d:${JSON.stringify(["$", "$L10", null, { user: { uniqueId: "abc", secUid: SEC_UID } }])}\n`),
      push(`c:${JSON.stringify({ "header-user-info": { isLogin: true, nickname: "a" } })}\n`),
    ),
    async (bytes) => {
      const profile = await readProfile(SEC_UID, answering({ body: bytes }), SIGNAL);
      if ("uniqueId" in profile) expect(typeof profile.uniqueId).toBe("string");
      expect(["logged_in", "guest", "unknown"]).toContain(readLogin(bytes.toString()).login);
    },
  ],
  [
    "replies of web/enter and reflow/info",
    [
      ...capturedBytes("http"),
      ...json(
        {
          status_code: 0,
          data: { data: [{ id_str: "1", status: 2, title: "t" }], user: { sec_uid: SEC_UID, nickname: "n" }, room_status: 0 },
        },
        {
          status_code: 0,
          data: { room: { id_str: "1", status: 2, owner: { web_rid: "745964462470", display_id: "abc", nickname: "n" } } },
        },
        { status_code: 4001038, data: { prompts: "no such room" } },
      ),
    ],
    async (bytes) => {
      answerOf(await fromEnter("1", async () => ({ status: 200, headers: {}, body: bytes }), SIGNAL));
      const reflow = await readReflow({ roomId: "1" }, answering({ body: bytes }), SIGNAL);
      if (reflow.kind === "found") answerOf(judge(reflow.reading));
    },
  ],
  [
    "the state of a work's page",
    texts(pageWith(asState(VIDEO), asState(NOTE))),
    (bytes) => {
      const work = readPageState(bytes.toString(), WORK_ID, replyContext);
      if (work !== null) expectModel("Work", work);
    },
  ],
  [
    "replies about works, comments and people",
    texts(detailBody(asReply(VIDEO))).concat(
      json({ status_code: 0, aweme_list: [asReply(NOTE), asReply(VIDEO)], has_more: 1, max_cursor: 5 }),
    ),
    (bytes) => {
      const reply = replied(bytes.toString());
      const detail = readDetail(reply, WORK_ID, replyContext);
      if (detail.outcome === "found") expectModel("Work", detail.work);
      const list = readWorkList(reply, { secUid: SEC_UID }, replyContext);
      if (list.outcome === "found") for (const work of list.works) expectModel("Work", work);
      readComments(reply, asked);
      readAuthor(reply, SEC_UID);
      readMix(reply, WORK_ID);
    },
  ],
  [
    "the list of gifts",
    json({
      status_code: 0,
      data: { gifts: [{ id: 463, name: "x", diamond_count: 1, image: { url_list: ["https://p3.douyinpic.com/x"] } }] },
    }),
    (bytes) => giftsIn({ status: 200, body: bytes }),
  ],
  [
    "JSON with long numbers",
    json({ a: [1, "x", null, { b: -1.5e3 }] }, ['\\"', "中😀"]).concat(
      texts('{"room_id":7624505674873244442,"x":[12345678901234567890,1.5]}'),
    ),
    (bytes) => read(() => parseExact(bytes.toString()), SyntaxError),
  ],
  [
    "HAR files",
    json(
      harOf([
        {
          roomId: "7624505674873244442",
          webRid: "1",
          frames: ours.slice(0, 2).map((bytes) => ({ bytes, at: now })),
          first: { bytes: responses.at(-1) ?? new Uint8Array(), at: now },
        },
      ]),
    ),
    async (bytes) => {
      writeFileSync(file, bytes);
      const rooms = await surveyHar(file, bytes.length).catch((error: unknown) => known(error, DyliveError));
      for (const room of rooms ?? [])
        for (const batch of readHar(room, { drift: new Drift(), report: newReport() }))
          for (const { response } of batch) expectEvents(response?.messages ?? []);
    },
  ],
  [
    "pushes of the Open Platform",
    json([{ msg_id: "1", sec_openid: "o", nickname: "n", content: "c", timestamp: now }], {
      msg_id: "2",
      sec_gift_id: "g",
      gift_num: 2,
      gift_value: 10,
      timestamp: now,
    }),
    (bytes) => {
      for (const method of ["live_comment", "live_gift", "live_like", "live_fansclub", "other"])
        for (const item of readPayload(bytes, method)) {
          expectValid(officialDraft(item, context({ source: "official" })).event);
        }
    },
  ],
  [
    "whether a push of the Open Platform is signed",
    texts(SIGNED),
    (bytes) => {
      const text = bytes.toString("latin1");
      const [type = "", nonce = "", room = "", timestamp = "", signature = "", ...body] = text.split("\n");
      const headers = { "x-msg-type": type, "x-nonce-str": nonce, "x-roomid": room, "x-timestamp": timestamp, "x-signature": signature };
      const accepted = keys.judge(headers)?.accepts(Buffer.from(body.join("\n"), "latin1")) === true;
      expect(accepted).toBe(text === SIGNED);
    },
  ],
  [
    "filters",
    texts(
      'type == "gift" && diamonds >= 100',
      '["a", "b"].exists(w, text.contains(w)) || user.nickname.startsWith("x")',
      "!(size(text) > 3) ? true : text in ['a']",
    ),
    (bytes) => {
      const wanted = read(() => compile(bytes.toString()), FilterError);
      for (const event of events.values()) if (wanted !== null) expect(typeof wanted(event)).toBe("boolean");
    },
  ],
  [
    "where short links lead",
    texts(
      "https://www.iesdouyin.com/share/video/7686658435312030373/?region=CN",
      "https://live.douyin.com/745964462470?from=x",
      "/AbCdEfG/?a=b",
      '<script>{"web_rid":"745964462470"}</script>',
    ),
    async (bytes) => {
      const location = bytes.toString();
      for (const door of [ROOM_DOOR, worksDoor(["work"], now)]) {
        const following = {
          ...answering({ status: 302, headers: { location }, body: bytes }, { body: bytes }),
          open: async () => location,
        };
        await followPaste<unknown>("https://v.douyin.com/AbCdEfG/", door, following, SIGNAL).catch((error: unknown) =>
          known(error, DyliveError),
        );
      }
    },
  ],
  [
    "links and pasted texts",
    texts(
      "https://live.douyin.com/745964462470?from=x",
      "3- 看 https://v.douyin.com/DEMO2/ 快来",
      "7624505674873244442",
      "https://www.douyin.com/video/7686658435312030373",
      "MS4wLjABAAAAsynthetic",
    ),
    (bytes) => {
      read(() => readPaste(bytes.toString(), ROOM_DOOR), DyliveError);
      read(() => readPaste(bytes.toString(), worksDoor(["work"], now)), DyliveError);
    },
  ],
  [
    "cookies",
    texts(
      "ttwid=1%7Cabc; sessionid=0123456789abcdef",
      '[{"name":"sessionid","value":"x","domain":".douyin.com","expirationDate":1999999999}]',
      "# Netscape HTTP Cookie File\n.douyin.com\tTRUE\t/\tTRUE\t1999999999\tsessionid\tx\n",
      '{"cookies":[{"name":"a","value":"b","domain":"douyin.com"}]}',
    ),
    (bytes) => read(() => parseCookies(bytes.toString(), now), DyliveError),
  ],
  [
    "cursors",
    texts(encodeCursor("abcdef", 5), "12", encodePlace("rooms", [7])),
    (bytes) => {
      const text = bytes.toString();
      read(() => decodeCursor(text), DyliveError);
      read(() => decodePlace("rooms", text, [0]), DyliveError);
    },
  ],
  [
    "commands over WebSocket",
    json({ op: "subscribe", rooms: ["1"], after: "0", ref: "a" }, { op: "ping" }),
    (bytes) => read(() => parseCommand(bytes.toString()), CommandError),
  ],
  [
    "heads of files",
    [Buffer.from("\0\0\0\x18ftypmp42"), Buffer.from("RIFF\0\0\0\0WEBPVP8 "), Buffer.from([0xff, 0xd8, 0xff])],
    (bytes) => fileTypeOf(bytes),
  ],
  [
    "times in films",
    [
      Buffer.concat([Buffer.from("\0\0\0\x10ftypmp42\0\0\0\0\0\0\0\x74moov\0\0\0\x6cmvhd", "latin1"), Buffer.alloc(100, 1)]),
      Buffer.from("FLV\x01\x05\0\0\0\x09\0\0\0\0\x12\0\0\x10\0\0\0\0\0\0\0\x02\0\x08duration\0\x40", "latin1"),
      Buffer.from("1a45dfa3808018538067808015499966a02ad7b1830f42404489884057c00000000000446188000000000000000a", "hex"),
    ],
    async (bytes) => {
      writeFileSync(file, bytes);
      for (const ending of [".mp4", ".ts"]) await containerTimes(file, ending);
    },
  ],
  [
    "names of recordings and time zones",
    texts("{yyyy}-{MM}-{dd} {HH}-{mm}-{ss}", "+08:00", "Asia/Shanghai", "2026-11-25 20-00-00 x.flv"),
    (bytes) => {
      read(() => readTimeZone(bytes.toString()), DyliveError);
      read(() => new NamePattern(bytes.toString()), DyliveError);
    },
  ],
];

function lengthened(key: number, bytes: Uint8Array): Buffer {
  const head = [key];
  let rest = bytes.length;
  for (; rest > 127; rest >>>= 7) head.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...head, rest]), bytes]);
}

const names = Object.keys(VARIABLES).flatMap((name) => {
  const { type } = VARIABLES[name] ?? { type: "string" };
  return typeof type === "string" ? [name] : Object.keys(type).map((field) => `${name}.${field}`);
});
/** Expressions whose types are right, so that what is compiled is also tried on events; the target `filters` has wrong ones. */
const { sound } = fc.letrec<{ sound: string }>((tie) => ({
  sound: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.tuple(fc.constantFrom(...names), fc.constantFrom("==", "!=")).map(([name, sign]) => `(${name} ${sign} ${name})`),
    fc.tuple(tie("sound"), fc.constantFrom("&&", "||"), tie("sound")).map(([a, sign, b]) => `(${a} ${sign} ${b})`),
    fc.tuple(tie("sound"), tie("sound"), tie("sound")).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    tie("sound").map((a) => `!${a}`),
  ),
}));

describe("what reads things of strangers throws nothing but what it documents", () => {
  const fuzzing = new Fuzzing();
  /** A single message is a small thing of many, and files take longest. */
  const weightOf = (name: string) => (/^(messages: |recordings$|HAR files$)/.test(name) ? 0.25 : 1);
  const all = TARGETS.reduce((sum, [name]) => sum + weightOf(name), weightOf("expressions"));
  const effort = (name: string) => ({ rounds: ROUNDS * weightOf(name), ms: isWhole() ? (WHOLE_MS * weightOf(name)) / all : null });
  beforeAll(() => {
    if (isWhole()) console.log(`FUZZ_SEED=${fuzzing.seed}`);
  });
  afterAll(() => {
    if (!isWhole()) return;
    const real = captured("payloads").length === 0 ? "without captures" : "real captures among them";
    measured("fuzzing of what reads things of strangers", `${TARGETS.length + 1} targets, ${real}; ${fuzzing.figures}`);
  });

  test.each(TARGETS)("%s", async (name, samples, reads) => {
    // The samples themselves are read: changed ones reach what lies behind the first look.
    for (const sample of samples) await reads(Buffer.from(sample));
    await fuzzing.try(name, effort(name), (seeded) => reads(new Chance(seeded).changed(samples)));
  });

  test("expressions of filters", async () => {
    expect(events.size).toBeGreaterThan(5);
    let compiled = 0;
    await fuzzing.try("expressions of filters", effort("expressions"), (seeded) => {
      const [text = ""] = fc.sample(sound, { seed: seeded, numRuns: 1 });
      const wanted = read(() => compile(text), FilterError);
      if (wanted === null) return;
      compiled++;
      for (const event of events.values()) expect(typeof wanted(event), text).toBe("boolean");
    });
    expect(compiled).toBeGreaterThan(0);
  });
});
