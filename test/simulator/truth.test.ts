// Guards: `/@truth` counts exactly what clients were sent, once each, also under load and of what a test injects.
import { beforeEach, describe, expect, it } from "vitest";
import type { Fact } from "../../simulator/fact.js";
import type { BroadcastTruth, RoomScenario, SimulatorOptions } from "../../simulator/index.js";
import { corpus, loadSchema } from "../../simulator/index.js";
import { encodePlanned, type Outgoing } from "../../simulator/outgoing.js";
import { makePerson } from "../../simulator/people.js";
import { PlannedFeed } from "../../simulator/planned-feed.js";
import { Random } from "../../simulator/random.js";
import { Truth } from "../../simulator/truth.js";
import { GiftLedger } from "../../src/events/ledger.js";
import { normalise } from "../../src/platform/messages/normalise.js";
import { Store } from "../events/store.js";
import { context } from "../platform/messages/encode.js";
import type { Client, Plain } from "./client.js";
import { decode, encode, messagesOf } from "./client.js";
import { PK, START, useStage } from "./stage.js";

const QUIET: RoomScenario = {
  webRid: "1",
  kind: "talk",
  state: "live",
  title: "",
  anchor: "a",
  clubName: "c",
  viewers: 1,
  everySeconds: {},
};
const stage = useStage();
let client: Client;

async function begin(options: SimulatorOptions = {}, room = PK): Promise<void> {
  await stage.begin(options);
  client = await stage.viewer({}, room);
}
beforeEach(async () => {
  client = await stage.viewer();
});

async function watch(seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 10) {
    await stage.clock.advance(Math.min(10, left) * 1000);
    await client.caughtUp();
  }
}

const num = (message: Plain, field: string) => Number(message[field] ?? 0);
const units = (m: Plain) =>
  Math.max(num(m, "repeat_count"), num(m, "total_count"), num(m, "group_count") * Math.max(num(m, "combo_count"), 1), 1);

describe("/@truth", () => {
  it("counts the units that a combo's wrapped message alone has told, where a sample had no other", () => {
    const truth = new Truth(100);
    const gift = { giftId: "463", giftName: "小心心", groupId: "17", traceId: "9", receiverId: "", unitDiamonds: 1, end: false };
    const told = (msgId: string, total: number, wrapped: boolean) => {
      const method = wrapped ? "WebcastBindingGiftMessage" : "WebcastGiftMessage";
      const fact = () =>
        ({ kind: "gift", method, msgId, userId: "1", masked: false, gift: { ...gift, total, wrapped } }) as unknown as Fact;
      truth.count({ method, msgId, fact } as unknown as Outgoing);
    };
    told("1", 24, false);
    told("2", 26, true);
    told("3", 26, true);
    expect(truth.snapshot().combos).toMatchObject([{ total: 26 }]);
  });

  it.each(["combo", "click", "none"] as const)("agrees with the ledger of a room of shown names only, one trace a %s", (maskedTraces) => {
    const scenario = { ...QUIET, viewers: 400, anonymised: true, maskedTraces, everySeconds: { gift: 2 } };
    const random = new Random("masked");
    const schema = loadSchema();
    const anchor = makePerson(random.fork("anchor"), { anonymised: false, clubName: "c", anchorId: "0" });
    const feed = new PlannedFeed({ schema, scenario, random, roomId: "1", anchor, startMs: START, rateFactor: 1 });
    const [truth, ledger, log] = [new Truth(10_000), new GiftLedger(), new Store()];
    const plans = feed.plans(START + 60_000).filter(({ method }) => method !== "WebcastLightGiftMessage");
    for (const message of plans.map((plan) => encodePlanned(schema, plan))) {
      truth.count(message);
      const { method, sendingId: msgId, payload } = message;
      const draft = normalise({ method, msgId, payload }, context());
      if (draft !== null) log.take(ledger, draft);
    }
    const { combos } = truth.snapshot();
    expect(combos.length).toBeGreaterThan(20);
    const given = log.events.reduce((sum, event) => sum + (event.type === "gift" ? event.delta : 0), 0);
    expect(given).toBe(combos.reduce((sum, { total }) => sum + total, 0));
  });

  it("counts what a client received, message by message and combo by combo", async () => {
    await watch(80);
    const reply = await fetch(`${stage.simulator.url}/@truth?room_id=${stage.simulator.roomId(PK)}`);
    const truth = (await reply.json()) as BroadcastTruth;
    expect(truth).toEqual(JSON.parse(JSON.stringify(stage.simulator.truth(PK))));
    expect(truth).toMatchObject({ webRid: PK, live: true, startedAt: START, endedAt: null });

    const unique = new Map(client.messages.map((message) => [message.msgId, message]));
    expect(truth.sent.messages).toBe(unique.size);
    expect(truth.sent.repeats).toBe(client.messages.length - unique.size);
    expect(truth.sent.repeats).toBeGreaterThan(0);
    const byMethod: Record<string, number> = {};
    for (const { method } of unique.values()) byMethod[method] = (byMethod[method] ?? 0) + 1;
    expect(truth.sent.byMethod).toEqual(byMethod);
    expect(truth.connections).toMatchObject([{ closedAt: null, messagesSent: client.messages.length, heartbeats: { frame: 8 } }]);

    const totals = new Map<string, number>();
    for (const { method, payload } of unique.values()) {
      if (method !== "WebcastGiftMessage") continue;
      const m = decode("GiftMessage", payload);
      const group = m["group_id"] ?? `trace:${m["trace_id"]}`;
      const key = `${(m["user"] as Plain)["id"]}/${m["gift_id"]}/${group}/${(m["to_user"] as Plain | undefined)?.["id"] ?? ""}`;
      totals.set(key, Math.max(totals.get(key) ?? 0, units(m)));
    }
    const told = truth.sent.combos
      .filter((c) => c.groupId !== "0" || c.traceId !== "")
      .map((c) => [`${c.senderId}/${c.giftId}/${c.groupId === "0" ? `trace:${c.traceId}` : c.groupId}/${c.receiverId}`, c.total] as const);
    expect(new Map(told)).toEqual(totals);
    expect(totals.size).toBeGreaterThan(30);

    const chats = truth.sent.interactive.filter((fact) => fact.method === "WebcastChatMessage");
    for (const fact of chats)
      expect(decode("ChatMessage", unique.get(fact.msgId)?.payload ?? new Uint8Array())).toMatchObject({
        content: fact.text,
        user: { id: fact.userId, nickname: fact.nickname },
      });
    const likes = [...unique.values()]
      .filter(({ method }) => method === "WebcastLikeMessage")
      .map(({ payload }) => decode("LikeMessage", payload));
    expect(truth.sent.likes).toEqual({
      messages: likes.length,
      count: likes.reduce((sum, m) => sum + num(m, "count"), 0),
      total: Math.max(...likes.map((m) => num(m, "total"))),
    });
  });

  it("gives every message an envelope of its own, and sends some chats once more about 0.6 s later", async () => {
    await begin({ rooms: [{ ...QUIET, everySeconds: { chat: 0.02, viewers: 1 } }] }, "1");
    await watch(30);
    const sendings = client.messages.map(({ sendingId }) => sendingId);
    expect(new Set(sendings).size).toBe(sendings.length);
    expect(client.messages.filter(({ msgId, sendingId }) => msgId === sendingId)).toEqual([]);
    const seconds = (id: string) => Number(BigInt(id) >> 32n);
    const chats = client.messages.filter(({ method }) => method === "WebcastChatMessage");
    const first = new Map(chats.toReversed().map((chat) => [chat.msgId, chat]));
    const again = chats.filter((chat) => first.get(chat.msgId) !== chat);
    expect(again.length / first.size).toBeGreaterThan(0.015);
    expect(again.length / first.size).toBeLessThan(0.035);
    for (const { msgId, sendingId } of again) expect(seconds(sendingId) - seconds(msgId)).toBeLessThanOrEqual(1);
    expect(stage.simulator.truth("1").sent).toMatchObject({ repeats: again.length, byMethod: { WebcastChatMessage: first.size } });
  });

  it("lists the rooms, and is 404 for a broadcast that is not", async () => {
    const list = (await (await fetch(`${stage.simulator.url}/@truth`)).json()) as { rooms: Plain[] };
    expect(list.rooms).toHaveLength(7);
    expect(list.rooms[3]).toEqual({ webRid: "100000004", customId: null, title: "", live: false, roomId: null });
    expect((await fetch(`${stage.simulator.url}/@truth?room_id=1`)).status).toBe(404);
    expect((await fetch(`${stage.simulator.url}/@truth?web_rid=demo.tv`)).status).toBe(200);
  });

  it("names what was sent more than once, so many at most", async () => {
    await watch(20);
    expect(stage.simulator.truth(PK).sent.again.length).toBeLessThan(stage.simulator.truth(PK).sent.interactive.length);
    stage.simulator.rooms.repeat(PK);
    const { interactive, again } = stage.simulator.truth(PK).sent;
    const last = interactive.slice(-15).map(({ msgId }) => msgId);
    expect(last.filter((id) => again.includes(id)).length).toBeGreaterThan(10);
    await begin({ keep: 5 });
    await watch(20);
    stage.simulator.rooms.repeat(PK);
    const few = stage.simulator.truth(PK).sent.again.length;
    expect([few > 0, few <= 5]).toEqual([true, true]);
  });

  it("does not count what nobody was sent", async () => {
    await stage.clock.advance(10_000);
    expect(stage.simulator.truth("100000001").sent.messages).toBe(0);
    expect(stage.simulator.truth("100000001").connections).toEqual([]);
  });

  it("keeps bounded memory and endless counters", async () => {
    await begin({ keep: 20 });
    await watch(60);
    const { sent } = stage.simulator.truth(PK);
    expect(sent.interactive).toHaveLength(20);
    expect(sent.combos.length).toBeLessThanOrEqual(20);
    expect(sent.combosDropped.count).toBeGreaterThan(0);
    expect(sent.combosDropped.units).toBeGreaterThan(0);
    expect(sent.interactiveDropped).toBeGreaterThan(100);
    expect(sent.messages).toBeGreaterThan(200);
  });
});

describe("under load", () => {
  it("sends tens of frames of ten at once and counts every message", async () => {
    await begin({ rooms: [{ ...QUIET, everySeconds: { chat: 1, join: 1, like: 1, gift: 2 }, load: 2_000 }] }, "1");
    await watch(1);
    expect(client.messages.length).toBe(2_000);
    expect(new Set(client.messages.map(({ msgId }) => msgId)).size).toBe(2_000);
    expect(stage.simulator.truth("1").sent.messages).toBe(2_000);
    const frames = client.frames.filter(({ type }) => type === "msg");
    expect(client.messages.length / frames.length).toBe(10);
  });
});

describe("what is injected", () => {
  it("is a message of plain values, with its envelope made or given", async () => {
    const msgId = stage.simulator.rooms.send(PK, "WebcastChatMessage", { user: { id: "42", nickname: "\u001b[31m<b>" }, content: "=1+1" });
    const given = stage.simulator.rooms.send(PK, "WebcastChatMessage", { common: { create_time: 5 }, content: "x" }, { msgId: "123" });
    await client.caughtUp();
    expect(given).toBe("123");
    expect(client.of("WebcastChatMessage")).toMatchObject([
      {
        common: { msg_id: msgId, room_id: stage.simulator.roomId(PK), create_time: `${START}`, method: "WebcastChatMessage" },
        content: "=1+1",
      },
      { common: { msg_id: "123", create_time: "5" }, content: "x" },
    ]);
    expect(stage.simulator.truth(PK).sent.interactive[0]).toEqual({
      msgId,
      method: "WebcastChatMessage",
      kind: "chat",
      userId: "42",
      nickname: "\u001b[31m<b>",
      text: "=1+1",
    });
  });

  it("is a payload of any bytes under any method", async () => {
    stage.simulator.rooms.send(PK, "WebcastNobodyKnowsMessage", Buffer.from([1, 2, 3]), { sendingId: "9" });
    stage.simulator.rooms.send(PK, "WebcastChatMessage", Buffer.from([0xff]));
    await client.caughtUp();
    expect(client.messages[0]).toMatchObject({ method: "WebcastNobodyKnowsMessage", sendingId: "9", payload: Buffer.from([1, 2, 3]) });
    expect(stage.simulator.truth(PK).sent.byMethod).toEqual({ WebcastNobodyKnowsMessage: 1, WebcastChatMessage: 1 });
  });

  it("is refused when it is wrong", () => {
    expect(() => stage.simulator.rooms.send(PK, "WebcastChatMessage", { contnet: "x" })).toThrow("ChatMessage.contnet");
    expect(() => stage.simulator.rooms.send(PK, "WebcastNobodyKnowsMessage", {})).toThrow("not in proto/");
    expect(() => stage.simulator.rooms.send(PK, "WebcastChatMessage", {}, { msgId: "abc" })).toThrow("decimal digits");
  });

  it("counts a BindingGift of a counted trace no second time, and each LightGift by itself", async () => {
    const gift = {
      gift_id: "463",
      group_count: 1,
      repeat_count: 3,
      combo_count: 3,
      user: { id: "7" },
      group_id: "99",
      trace_id: "555",
      gift: { id: "463", diamond_count: 1 },
    };
    const light = { common: { user: { id: "7" } }, group_count: 1, repeat_count: 2, gift_info: { gift_id: "463", diamond_count: 1 } };
    const counted = stage.simulator.rooms.send(PK, "WebcastGiftMessage", gift);
    stage.simulator.rooms.send(PK, "WebcastBindingGiftMessage", { msg: gift });
    const lights = [light, light].map((each) => stage.simulator.rooms.send(PK, "WebcastLightGiftMessage", each));
    const alone = stage.simulator.rooms.send(PK, "WebcastBindingGiftMessage", { msg: { ...gift, group_id: "100", trace_id: "556" } });
    await client.caughtUp();
    expect(stage.simulator.truth(PK).sent.combos).toMatchObject([
      { senderId: "7", giftId: "463", groupId: "99", total: 3, msgId: counted },
      ...lights.map((msgId) => ({ senderId: "7", groupId: "0", traceId: "", total: 2, unitDiamonds: 1, msgId })),
      { groupId: "100", traceId: "556", total: 3, msgId: alone },
    ]);
  });

  it("is a captured frame, byte for byte, with its ack", async () => {
    const { frames } = corpus({ frames: 1 });
    const bytes = frames[0] ?? new Uint8Array();
    stage.simulator.rooms.sendFrame(PK, bytes);
    stage.simulator.rooms.sendFrame(PK, encode("PushFrame", { payload_type: "close" }));
    await client.caughtUp();
    const frame = client.frames[0];
    if (frame === undefined) throw new Error("no frame");
    expect(Buffer.from(frame.bytes).equals(bytes)).toBe(true);
    expect(client.frames[1]?.type).toBe("close");
    client.ack(frame);
    await client.caughtUp();
    expect(stage.simulator.truth(PK).connections[0]?.acks).toEqual({ expected: 1, good: 1, wrong: 0, repeated: 0, unknown: 0 });
    expect(stage.simulator.truth(PK).sent.messages).toBe(10);
  });

  it("is a recording at a speed, frames and bare Responses", async () => {
    await begin({ rooms: [QUIET] }, "1");
    const { frames, inflated } = corpus({ frames: 3 });
    const play = [
      { at: 1000, bytes: frames[0] ?? new Uint8Array() },
      { at: 3000, bytes: frames[1] ?? new Uint8Array() },
      { at: 5000, bytes: inflated[2] ?? new Uint8Array(), kind: "response" as const },
    ];
    const done = stage.simulator.rooms.play("1", play, 2);
    const counts: number[] = [];
    for (const ms of [0, 900, 200, 1000]) {
      await stage.clock.advance(ms);
      await client.caughtUp();
      counts.push(client.messages.length);
    }
    await done;
    expect(counts).toEqual([10, 10, 20, 30]);
    expect(client.messages.slice(20)).toEqual(messagesOf(decode("Response", inflated[2] ?? new Uint8Array())));
    await expect(stage.simulator.rooms.play("1", play, 0)).rejects.toThrow("speed");
  });
});
