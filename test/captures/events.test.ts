// Guards: real captures become the events that they show, gifts at their true size.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Draft } from "../../src/events/combo.js";
import type { NewEvent } from "../../src/events/event.js";
import { GiftLedger } from "../../src/events/ledger.js";
import type { Envelope } from "../../src/platform/messages/head.js";
import { normalise } from "../../src/platform/messages/normalise.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { decodeFrame, decodeResponse, framePayload } from "../../src/platform/wire/frame.js";
import { peekCommon } from "../../src/platform/wire/methods.js";
import { expectValid } from "../events/check.js";
import { Store } from "../events/store.js";
import { context, encode } from "../platform/messages/encode.js";

const captures = `${process.env["DYLIVE_SHARED"] ?? fileURLToPath(new URL("../../../shared", import.meta.url))}/captures/`;
const read = (path: string) => readFileSync(captures + path);

function drafts(envelopes: readonly Envelope[], drift = new Drift()): Draft[] {
  const ids = envelopes.map(({ method, payload }) => peekCommon(method, payload)?.roomId ?? "0");
  const sessionId = ids.find((id) => id !== "0") ?? null;
  return envelopes.map((envelope) => {
    const draft = normalise(envelope, context({ drift, sessionId }));
    if (draft === null) throw new Error(`no event of ${envelope.method}`);
    expectValid(draft.event);
    return draft;
  });
}

function events(envelopes: readonly Envelope[]): NewEvent[] {
  const [ledger, store, all] = [new GiftLedger(), new Store(), drafts(envelopes)];
  const staged = ledger.stage(all, store.find(ledger.missing(all)));
  ledger.confirm(staged, store.append(staged));
  for (const event of staged) expectValid(event);
  return store.events;
}

/** Methods whose name differs from `Webcast` + the name of the file (captures/README.md). */
const METHODS: Record<string, string> = {
  AudioBgImgMessage: "WebcastAudioBGImgMessage",
  RanklistAwardMessage: "WebcastRankListAwardMessage",
  LinkmicArmiesMessage: "WebcastLinkMicArmiesMethod",
  LinkmicBattleFinishMessage: "WebcastLinkMicBattleFinishMethod",
  LinkMicMethodMessage: "WebcastLinkMicMethod",
};

test("the frame of 2024-02: one join and two likes of one total", () => {
  const frame = decodeFrame(read("frames/2024-02-26-member-like.bin"));
  const payload = framePayload(frame);
  if (payload === null) throw new Error("no payload");
  const made = events(decodeResponse(payload).messages);
  expect(made.map((e) => e.type).sort()).toEqual(["join", "like", "like"]);
  const likes = made.filter((e) => e.type === "like");
  expect(likes.map((e) => [e.count, e.total])).toEqual(
    expect.arrayContaining([
      [13, 13826],
      [9, 13826],
    ]),
  );
  for (const e of made) {
    expect("user" in e && e.user?.id).toMatch(/^\d+$/);
    expect(new Date(e.time).toISOString()).toMatch(/^2024-02-2/);
  }
});

describe("responses of 2021", () => {
  test("the fetch of December: 14 members, a chat, goods, counters", () => {
    const made = events(decodeResponse(read("responses/2021-12-13-fetch.bin")).messages);
    const count = (type: NewEvent["type"]) => made.filter((e) => e.type === type).length;
    expect([count("join"), count("chat"), count("product"), count("stats"), count("notice")]).toEqual([14, 1, 2, 2, 2]);
    // The introduction has no time of its own, and an id as old as its text: it takes the time of receipt.
    for (const e of made)
      expect(new Date(e.time).toISOString()).toMatch(e.method === "WebcastRoomIntroMessage" ? /^2026-04-03/ : /^2021-12-13/);
    const texts = made.map((e) => (e.type === "chat" || e.type === "notice" ? e.text : "-"));
    expect(texts).not.toContain("");
  });

  test("the first fetch: notices", () => {
    const made = events(decodeResponse(read("responses/2021-09-20-first-fetch.bin")).messages);
    expect(made.map((e) => e.type)).toEqual(["notice", "notice"]);
  });
});

describe("payloads of 2026", () => {
  const known: Record<string, NewEvent["type"]> = {
    AudioChatMessage: "chat",
    ChatMessage: "chat",
    EmojiChatMessage: "chat",
    FansclubMessage: "fansclub",
    GiftMessage: "gift",
    LightGiftMessage: "gift",
    LikeMessage: "like",
    LinkMessage: "linkmic",
    LinkMicMethodMessage: "linkmic",
    LinkmicArmiesMessage: "battle",
    LinkmicBattleFinishMessage: "battle",
    LinkmicProfitMessage: "linkmic",
    MemberMessage: "join",
    PrivilegeScreenChatMessage: "chat",
    ProfitInteractionScoreMessage: "linkmic",
    RoomNotifyMessage: "notice",
    RoomRankMessage: "rank",
    RoomStatsMessage: "stats",
    RoomUserSeqMessage: "stats",
    ScreenChatMessage: "chat",
    SocialMessage: "share",
  };
  test.each(readdirSync(`${captures}payloads`).map((file) => file.replace(".bin", "")))("%s", (name) => {
    const envelope = { method: METHODS[name] ?? `Webcast${name}`, msgId: "0", payload: read(`payloads/${name}.bin`) };
    const drift = new Drift();
    const [draft] = drafts([envelope], drift);
    expect(draft?.event.type).toBe(known[name] ?? "unknown");
    expect(drift.toJSON().failures).toEqual({});
  });
});

describe("the room of 2026-04-03", () => {
  type Decoded = { common: { method: string; msgId: string } };
  const messages: Decoded[] = read("decoded/2026-04-03-room-messages.jsonl")
    .toString()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
  /** Only what we have a schema for can be written again; the rest of the file is of low value. */
  const envelopes = messages
    .filter(({ common }) => common.method !== "WebcastGiftSortMessage")
    .map((message): Envelope => {
      const { method, msgId } = message.common;
      const name = method === "WebcastCommonDotMessage" ? "CommonToastMessage" : method.replace("Webcast", "");
      return { method, msgId, payload: encode(name, message) };
    });

  test("the gift pair is one gift of its true size", () => {
    const gifts = events(envelopes.filter(({ method }) => method === "WebcastGiftMessage"));
    expect(gifts).toMatchObject([
      { type: "gift", gift: { name: "小心心" }, delta: 1, comboTotal: 1, settled: false, unitDiamonds: 1, diamonds: 1, receiver: null },
      { type: "gift", id: expect.stringMatching(/^settle:/), delta: 0, comboTotal: 1, settled: true, diamonds: 0 },
    ]);
    expect(gifts.map((e) => new Date(e.time).toISOString())).toEqual(["2026-04-03T13:26:10.095Z", "2026-04-03T13:26:13.000Z"]);
  });

  test("its chats, joins and counters", () => {
    const made = events(envelopes);
    const chats = made.filter((e) => e.type === "chat");
    expect(chats.map((e) => e.text)).toEqual(["目标65kg 减到60kg", "小钢牙放假不回去吗", "菊0", "在看什么？"]);
    expect(chats.every((e) => e.timeEstimated === undefined)).toBe(true);
    const joins = made.filter((e) => e.type === "join");
    expect(joins.length).toBeGreaterThanOrEqual(13);
    expect(joins.every((e) => e.timeEstimated === true && e.user.nickname !== null)).toBe(true);
    const notice = made.find((e) => e.type === "notice");
    expect(notice).toMatchObject({ text: "恭喜菊0成为在线观众TOP1" });
    const stats = made.filter((e) => e.type === "stats" && e.totalViewers !== null);
    expect(stats[0]).toMatchObject({ online: 4, totalViewers: 386, ranks: [{ rank: 1 }, { rank: 2 }, { rank: 3 }] });
  });

  test("unequal bodies under one id are stored once, the first", () => {
    const all = drafts(envelopes);
    const made = events(envelopes);
    const first = new Map(all.toReversed().map(({ event }) => [event.id, event]));
    expect(all.length - first.size).toBeGreaterThanOrEqual(5);
    for (const e of made) if (e.type !== "gift") expect(e).toEqual(first.get(e.id));
    // The end of the gift pair brings a settling event in place of its own.
    expect(made.length).toBe(first.size);
  });
});
