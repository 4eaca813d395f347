import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { corpus } from "../../simulator/index.js";
import { describe as describeEvent } from "../../src/events/describe.js";
import { compile, FilterError } from "../../src/events/filter.js";
import { NamePattern, readTimeZone } from "../../src/exports/recording-time.js";
import { decodeCursor, decodePlace, encodeCursor, encodePlace, encodePlaces, resolvePlaces } from "../../src/feed/cursor.js";
import { CommandError, parseCommand } from "../../src/http/streams/ws-command.js";
import { readFrame, readResponse } from "../../src/platform/access/read.js";
import { parseCookies } from "../../src/platform/accounts/cookies.js";
import { ROOM_DOOR, readPaste, worksDoor } from "../../src/platform/links/paste.js";
import { normalise } from "../../src/platform/messages/normalise.js";
import { officialDraft } from "../../src/platform/messages/official.js";
import { readPayload } from "../../src/platform/open-platform/push.js";
import { giftsIn } from "../../src/platform/pages/gift-list.js";
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
import { JsonError, JsonScanner } from "../../src/sources/json-scan.js";
import { fileTypeOf } from "../../src/works/file-type.js";
import { expectValid } from "../events/check.js";
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
import { expectModel } from "../works/model/check.js";
import { Chance, rounds, seed, tried } from "./mutator.js";

const frames = corpus({ seed: "fuzz", frames: 12 }).frames;
const responses = frames.flatMap((frame) => {
  const { frame: read } = readFrame(frame, 0, new Drift());
  return read === null ? [] : [Buffer.from(framePayload(read))];
});
const messages = responses.flatMap((bytes) => readResponse(bytes, 0, new Drift()).response.messages);
const event = (() => {
  for (const message of messages) {
    const draft = normalise(message, context());
    if (draft?.event.type === "chat") return { ...draft.event, seq: 1 };
  }
  throw new Error("the corpus has no chat");
})();
const recording = Buffer.concat([
  encodeHeader({ roomId: "7624505674873244442", webRid: "1", title: "", startedAt: 1_777_726_800_000, source: "websocket" }),
  ...frames.slice(0, 3).map((bytes, i) => encodeRecord({ kind: "frame", receivedAt: 1_777_726_800_000 + i, bytes })),
]);
const texts = (...all: readonly string[]) => all.map((text) => Buffer.from(text));
const json = (...all: readonly unknown[]) => texts(...all.map((one) => JSON.stringify(one)));
const now = 1_790_000_000_000;

/** Fails unless an error is one of those that a reader documents. */
function known(error: unknown, ...kinds: readonly (abstract new (...args: never[]) => Error)[]): void {
  if (!kinds.some((kind) => error instanceof kind) || (error instanceof DyliveError && error.code === "internal")) throw error;
}

/** Reads, and lets the errors pass that are documented. */
function read<T>(work: () => T, ...kinds: readonly (abstract new (...args: never[]) => Error)[]): T | null {
  try {
    return work();
  } catch (error) {
    known(error, ...kinds);
    return null;
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
const asked = { workId: WORK_ID, floorId: null, authorSecUid: SEC_UID, firstRank: 0, receivedAt: RECEIVED_AT };
const ends = new Map([
  [7, { oldest: 1, head: 500 }],
  [8, { oldest: 3, head: 9 }],
]);

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
  ...messages
    .slice(0, 40)
    .map(
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
    json(harOf([{ roomId: "7624505674873244442", webRid: "1", frames: [{ bytes: frames[0] ?? new Uint8Array(), at: 1 }] }])).map((bytes) =>
      bytes.subarray(0, 20_000),
    ),
    (bytes) => {
      const scanner = new JsonScanner(
        { wants: (path) => path.length % 2 === 0, value: () => {}, left: () => {}, tooLong: () => {} },
        1_000,
      );
      for (let i = 0; i < bytes.length; i += 777)
        if (read(() => scanner.push(bytes.subarray(i, i + 777)) ?? true, JsonError) === null) break;
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
    "filters",
    texts(
      'type == "gift" && diamonds >= 100',
      '["a", "b"].exists(w, text.contains(w)) || user.nickname.startsWith("x")',
      "!(size(text) > 3) ? true : text in ['a']",
    ),
    (bytes) => {
      const wanted = read(() => compile(bytes.toString()), FilterError);
      if (wanted !== null) expect(typeof wanted(event as never)).toBe("boolean");
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
    texts(
      encodeCursor({ logId: "abcdef", room: 7, seq: 5 }),
      encodePlaces("abcdef", [
        [7, 5],
        [8, 3],
      ]),
      "12",
      encodePlace("rooms", [7]),
    ),
    (bytes) => {
      const text = bytes.toString();
      read(() => decodeCursor(text), DyliveError);
      read(() => resolvePlaces(text, "abcdef", ends), DyliveError);
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

describe("what reads things of strangers throws nothing but what it documents", () => {
  test.each(TARGETS)("%s", async (name, samples, reads) => {
    const first = seed();
    // The samples themselves are read: changed ones reach what lies behind the first look.
    for (const sample of samples) await tried(`${name}, unchanged`, first, () => reads(Buffer.from(sample)));
    for (const seeded of rounds(first, name.startsWith("messages: ") ? 15 : undefined, name.startsWith("messages: ") ? 4_000 : undefined))
      await tried(name, seeded, () => reads(new Chance(seeded).changed(samples)));
  });
});
