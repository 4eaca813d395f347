// Guards: our decoder reads real captures field by field as protobufjs does.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Drift } from "../../src/platform/wire/drift.js";
import { decodeFrame, decodeResponse, framePayload, type MessageBatch } from "../../src/platform/wire/frame.js";
import { decodePayload, isKnownMethod, METHODS } from "../../src/platform/wire/methods.js";
import { decodeOurs, expected, opened, schema } from "../platform/wire/schema.js";

const captures = `${process.env["DYLIVE_SHARED"] ?? fileURLToPath(new URL("../../../shared", import.meta.url))}/captures/`;
const files = (folder: string) => readdirSync(captures + folder).filter((name) => name.endsWith(".bin"));
const bytesOf = (path: string) => readFileSync(captures + path);

/** Files whose name is not the method without `Webcast` (captures/README.md). */
const SPELLINGS: Readonly<Record<string, string>> = {
  AudioBgImgMessage: "WebcastAudioBGImgMessage",
  RanklistAwardMessage: "WebcastRankListAwardMessage",
  LinkmicArmiesMessage: "WebcastLinkMicArmiesMethod",
  LinkmicBattleFinishMessage: "WebcastLinkMicBattleFinishMethod",
  LinkMicMethodMessage: "WebcastLinkMicMethod",
  // Its publisher named it after the toast; the method in its own envelope, and its fields, are the other toast's.
  ToastMessage: "WebcastCommonToastMessage",
};

function methodOf(file: string): string {
  const name = file.replace(/\.bin$/, "");
  return SPELLINGS[name] ?? `Webcast${name}`;
}

/** Ours and protobufjs's reading of the same bytes, field by field. */
function compare(typeName: string, bytes: Uint8Array): void {
  const type = schema.lookupType(`dylive.wire.${typeName}`);
  const theirs = type.decode(bytes) as unknown as Record<string, unknown>;
  expect(opened(type, decodeOurs(type, bytes))).toEqual(expected(type, theirs));
}

function compareMessages(batch: MessageBatch, drift: Drift): string[] {
  return batch.messages.map((message) => {
    const read = decodePayload(message.method, message.payload, drift);
    if (read === null || read.kind === "failed") return `${message.method}: ${read === null ? "unknown" : read.failed}`;
    compare(read.kind, message.payload);
    return read.kind;
  });
}

describe("frames", () => {
  test.each(files("frames"))("%s", (file) => {
    const drift = new Drift();
    const frame = decodeFrame(bytesOf(`frames/${file}`), drift);
    expect([frame.payloadType, frame.payloadEncoding, frame.compressType]).toEqual(["msg", "pb", "gzip"]);
    const payload = framePayload(frame);
    compare("Response", payload);
    const batch = decodeResponse(payload, drift);
    expect(batch.needAck).toBe(true);
    expect(batch.internalExt).toBe(frame.internalExt);
    expect(compareMessages(batch, drift)).toEqual(["MemberMessage", "LikeMessage", "LikeMessage"]);
    expect(drift.toJSON()).toEqual({ methods: {}, fields: {}, failures: {}, overflow: 0 });
  });

  test("the two likes carry 13 and 9 and the same total", () => {
    const batch = decodeResponse(framePayload(decodeFrame(bytesOf("frames/2024-02-26-member-like.bin"))));
    const likes = batch.messages
      .map((message) => decodePayload(message.method, message.payload, new Drift()))
      .filter((read) => read?.kind === "LikeMessage");
    expect(likes.map((read) => (read?.kind === "LikeMessage" ? [read.message.count, read.message.total] : []))).toEqual([
      [13, 13826],
      [9, 13826],
    ]);
  });
});

describe("responses", () => {
  test.each(files("responses"))("%s", (file) => {
    const drift = new Drift();
    const bytes = bytesOf(`responses/${file}`);
    compare("Response", bytes);
    const counts: Record<string, number> = {};
    for (const kind of compareMessages(decodeResponse(bytes, drift), drift)) counts[kind] = (counts[kind] ?? 0) + 1;
    expect(counts).toEqual(
      file.startsWith("2021-12-13")
        ? { MemberMessage: 14, LiveShoppingMessage: 2, RoomUserSeqMessage: 2, RoomMessage: 1, RoomIntroMessage: 1, ChatMessage: 1 }
        : { RoomMessage: 1, RoomIntroMessage: 1 },
    );
    expect(drift.toJSON()).toEqual({ methods: {}, fields: {}, failures: {}, overflow: 0 });
  });
});

describe("payloads", () => {
  const all = files("payloads").map(methodOf);

  test.each(files("payloads").filter((file) => METHODS.has(methodOf(file))))("%s", (file) => {
    const bytes = bytesOf(`payloads/${file}`);
    const read = decodePayload(methodOf(file), bytes, new Drift());
    expect(read?.kind).toBe(METHODS.get(methodOf(file))?.name);
    if (read !== null && read.kind !== "failed") compare(read.kind, bytes);
  });

  test("the ten without a schema are unknown methods", () => {
    expect(all.filter((method) => !isKnownMethod(method)).sort()).toEqual([
      "WebcastBattleRankSeasonMessage",
      "WebcastBattleStatusMessage",
      "WebcastBattleStealDragonMessage",
      "WebcastBattleUpdatePropCardTaskMessage",
      "WebcastGiftEffectGameMessage",
      "WebcastGiftPlayEventMessage",
      "WebcastItemShareMessage",
      "WebcastPreviewCjRpMessage",
      "WebcastRoomIndicatorMessage",
      "WebcastTaskCenterEntranceMessage",
    ]);
  });

  test("what the platform sends beyond the schema of 2026-02", () => {
    const drift = new Drift();
    for (const file of files("payloads")) decodePayload(methodOf(file), bytesOf(`payloads/${file}`), drift);
    const { fields, failures, overflow } = drift.toJSON();
    expect({ fields, failures, overflow }).toEqual({
      fields: {
        "BattleScore.26": 2,
        "LinkMicUserScores.18": 1,
        "LinkMicUserScores.19": 1,
        "LinkMicUserScores.20": 2,
      },
      failures: {},
      overflow: 0,
    });
  });
});
