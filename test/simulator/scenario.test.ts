// Guards: A room's scenario, a corpus and a feed for load are functions of their seed, with the mix, sizes and oddities of captured rooms.
import { describe, expect, it } from "vitest";
import { GIFTS, planCombo } from "../../simulator/gifts.js";
import { corpus, demoRooms, loadSchema, type RoomScenario, startSimulator } from "../../simulator/index.js";
import { LoadFeed } from "../../simulator/load-feed.js";
import type { Planned } from "../../simulator/outgoing.js";
import { makePerson } from "../../simulator/people.js";
import { PlannedFeed } from "../../simulator/planned-feed.js";
import { Random } from "../../simulator/random.js";
import { STREAMS } from "../../simulator/scenario.js";
import { decode, type Plain, root } from "./client.js";

const START = 1_777_726_780_000;
const schema = loadSchema();

function feed(webRid: string, seed = "1", over: Partial<RoomScenario> = {}): PlannedFeed {
  const scenario = demoRooms().find((room) => room.webRid === webRid);
  if (scenario === undefined) throw new Error(webRid);
  const random = new Random(seed);
  const anchor = makePerson(random.fork("anchor"), { anonymised: false, clubName: "x", anchorId: "0" });
  return new PlannedFeed({
    schema,
    scenario: { ...scenario, ...over },
    random,
    roomId: "7635278384175631113",
    anchor,
    startMs: START,
    rateFactor: 1,
  });
}

const minutes = (webRid: string, count: number): Planned[] => feed(webRid).plans(START + count * 60_000);
let pk: Planned[] | null = null;
/** The first twenty minutes of the PK room. */
const ofPk = (method: string): Planned[] => {
  pk ??= minutes("100000002", 20);
  return pk.filter((planned) => planned.method === method);
};

function grouped(all: readonly Planned[], key: (planned: Planned) => string): Map<string, Planned[]> {
  const groups = new Map<string, Planned[]>();
  for (const planned of all) groups.set(key(planned), [...(groups.get(key(planned)) ?? []), planned]);
  return groups;
}

describe("a scenario", () => {
  it("is a function of seed and start, however it is asked", () => {
    const whole = minutes("100000002", 3);
    const piecewise = feed("100000002");
    const parts: Planned[] = [];
    for (let ms = START; ms <= START + 180_000; ms += 100) parts.push(...piecewise.plans(ms));
    expect(parts).toEqual(whole);
    expect(feed("100000002", "2").plans(START + 180_000)).not.toEqual(whole);
  });

  it("uses no field that the schema lacks, and encodes to what a client reads", () => {
    const methods = new Set<string>();
    for (const room of ["100000001", "100000002", "100000003", "100000006", "100000007"]) {
      for (const { method, fields, msgId } of minutes(room, 4)) {
        const type = schema.typeOf(method);
        if (type === null) throw new Error(method);
        expect(schema.strangers(type, fields)).toEqual([]);
        if (!methods.has(method)) expect(decode(type, schema.encode(type, fields))["common"]).toMatchObject({ method, msg_id: msgId });
        methods.add(method);
      }
    }
    expect([...methods].sort()).toEqual([
      "LinkMicMethod",
      "WebcastBindingGiftMessage",
      "WebcastChatMessage",
      "WebcastEmojiChatMessage",
      "WebcastFansclubMessage",
      "WebcastGiftMessage",
      "WebcastLightGiftMessage",
      "WebcastLikeMessage",
      "WebcastLinkMessage",
      "WebcastLinkMicArmiesMethod",
      "WebcastLinkMicBattleFinishMethod",
      "WebcastLinkMicBattleMethod",
      "WebcastLiveShoppingMessage",
      "WebcastMemberMessage",
      "WebcastProductChangeMessage",
      "WebcastRoomDataSyncMessage",
      "WebcastRoomMessage",
      "WebcastRoomRankMessage",
      "WebcastRoomStatsMessage",
      "WebcastRoomStreamAdaptationMessage",
      "WebcastRoomUserSeqMessage",
      "WebcastSocialMessage",
    ]);
  });

  it("of the PK room has a chat, a join, a like, a follow and a gift within any ten seconds", () => {
    const kinds: Record<string, [method: string, action?: number]> = {
      chat: ["WebcastChatMessage"],
      join: ["WebcastMemberMessage", 1],
      like: ["WebcastLikeMessage"],
      follow: ["WebcastSocialMessage", 1],
      gift: ["WebcastGiftMessage"],
    };
    for (const [kind, [method, action]] of Object.entries(kinds)) {
      let last = START;
      for (const planned of ofPk(method).filter(({ fields }) => action === undefined || fields["action"] === action)) {
        expect(planned.at - last, kind).toBeLessThan(10_000);
        last = planned.at;
      }
    }
  });

  it("tells gifts in short as a captured one was: their units, picture and price, neither clicks nor a name", () => {
    const lights = ofPk("WebcastLightGiftMessage");
    expect(lights.length).toBeGreaterThan(5);
    for (const { fields } of lights) {
      expect(Object.keys(fields)).toEqual(["common", "group_count", "repeat_count", "gift_info", "send_type", "count"]);
      expect(fields).toMatchObject({ send_type: 1, gift_info: { gift_id: "463", diamond_count: 1 } });
    }
  });

  it("doubles some chats 0.55 to 0.65 s later with the same msg_id and another body", () => {
    const chats = ofPk("WebcastChatMessage");
    const byId = grouped(chats, ({ msgId }) => msgId);
    const doubled = [...byId.values()].filter((copies) => copies.length > 1);
    expect(doubled.length).toBeGreaterThan(5);
    for (const [first, second] of doubled) {
      const gap = (second?.at ?? 0) - (first?.at ?? 0);
      expect(gap).toBeGreaterThanOrEqual(550);
      expect(gap).toBeLessThanOrEqual(650);
      expect(second?.fields).not.toEqual(first?.fields);
    }
    const timeless = chats.filter(({ fields }) => !("create_time" in (fields["common"] as Plain)));
    expect(timeless.length / chats.length).toBeGreaterThan(0.25);
    for (const { fields, at } of timeless) expect([Math.floor(at / 1000), Math.floor((at - 650) / 1000)]).toContain(fields["event_time"]);
  });

  it("gives gifts times in ms while they run and in seconds at the end", () => {
    for (const { fields } of ofPk("WebcastGiftMessage")) {
      const common = fields["common"] as Plain;
      expect(String(common["create_time"])).toHaveLength(fields["repeat_end"] === 1 ? 10 : 13);
      expect(fields["send_time"]).toBe(common["create_time"]);
    }
  });

  it("lets users share a group_id, gives to a guest, in groups, and without a group", () => {
    const gifts = ofPk("WebcastGiftMessage");
    const senders = grouped(gifts, ({ fields }) => `${fields["group_id"]}/${fields["gift_id"]}`);
    expect([...senders.values()].some((group) => new Set(group.map(({ fields }) => (fields["user"] as Plain)["id"])).size > 1)).toBe(true);
    expect(gifts.some(({ fields }) => "to_user" in fields)).toBe(true);
    expect(gifts.some(({ fields }) => !("group_id" in fields))).toBe(true);
    expect(new Set(gifts.map(({ fields }) => fields["group_count"]))).toEqual(new Set([1, 10, 66]));
  });

  it("of an anonymised room shows no viewer's id or name, in whatever message and wherever in it", () => {
    const everySeconds = Object.fromEntries(STREAMS.map((stream) => [stream, 2]));
    const plans = feed("100000007", "1", { everySeconds }).plans(START + 60_000);
    expect(new Set(plans.map(({ method }) => method)).size).toBeGreaterThan(12);
    const people: [method: string, user: Plain][] = [];
    const visit = (method: string, value: unknown): void => {
      if (Array.isArray(value)) for (const one of value) visit(method, one);
      else if (typeof value === "object" && value !== null) {
        if ("desensitized_nickname" in value) people.push([method, value as Plain]);
        for (const one of Object.values(value)) visit(method, one);
      }
    };
    for (const { method, fields } of plans) visit(method, fields);
    // Anchors and guests are on the picture, and the anchor is who mutes: they are not hidden.
    const shown = people.filter(([, user]) => user["id"] !== "111111").map(([method]) => method);
    expect([...new Set(shown)].sort()).toEqual(["WebcastLinkMessage", "WebcastLinkMicBattleFinishMethod", "WebcastMemberMessage"]);
    for (const [, user] of people) {
      if (user["id"] !== "111111") continue;
      expect(user).toMatchObject({ nickname: expect.stringMatching(/^.\*\*\*$/u), webcast_uid: expect.any(String) });
      for (const name of ["sec_uid", "display_id", "short_id"]) expect(user).not.toHaveProperty(name);
    }
  });

  it("and options that are wrong are refused, with what each takes, and a wrong scenario with its reason", async () => {
    const room = demoRooms()[0];
    const wrong: Readonly<Record<string, readonly unknown[]>> = {
      ...{ host: [null, "", 5], port: [null, -1, 65_536, "80", Number.NaN], seed: [null, Number.NaN, {}] },
      start: [null, "now", Number.NaN],
      ...{ acceptAnySignature: [null, 1], guestGifts: [null, "yes"], keep: [null, 0, -1, Number.NaN], schema: [null, {}] },
      ...{
        clock: [null, {}, 5],
        rateFactor: [null, 0, -1, Number.NaN, "2"],
        moods: [null, 5, { a: "sad" }, { a: { noneAfterMinutes: -1 } }],
      },
      rooms: [null, {}, [null], [{}], [{ ...room, viewers: "5" }], [{ ...room, state: "on" }], [{ ...room, webRid: "" }]],
    };
    for (const [name, values] of Object.entries(wrong))
      for (const value of values)
        await expect(startSimulator({ [name]: value }), `${name} ${JSON.stringify(value)}`).rejects.toMatchObject({
          code: "bad_config",
          detail: expect.stringMatching(new RegExp(`^${name}[^ ]* (must be .*, not |is missing: it must be )`)),
        });
    if (room === undefined) throw new Error("no rooms");
    await expect(startSimulator({ rooms: [room, room] })).rejects.toThrow("given twice");
    await expect(startSimulator({ rooms: [{ ...room, everySeconds: { chat: 0 } }] })).rejects.toThrow("everySeconds.chat");
    await expect(startSimulator({ rooms: [{ ...room, everySeconds: { nope: 1 } as Plain }] })).rejects.toThrow(
      'no field "nope" in rooms[0].everySeconds',
    );
    await expect(startSimulator({ start: -1 })).rejects.toThrow("start");
    await expect(startSimulator({ prt: 1 } as object)).rejects.toThrow('no field "prt" here; there are: host, port, ');
    await expect(startSimulator(null as unknown as object)).rejects.toMatchObject({ code: "bad_config" });
    await expect(startSimulator({ port: -1 })).rejects.toThrow('port must be a whole number from 0 to 65535, not "-1"');
    for (const options of [{ frames: -1 }, { frames: 1.5 }, { messagesPerFrame: 0 }, { start: Number.NaN }, { frmes: 1 }, { schema: {} }])
      expect(() => corpus(options as object), JSON.stringify(options)).toThrow(expect.objectContaining({ code: "bad_config" }));
  });
});

describe("a combo", () => {
  it("may skip, swap, double and lose updates, and always tells the full total", () => {
    const random = new Random("combos");
    const seen = { skipped: 0, swapped: 0, again: 0, twice: 0, noEnd: 0, twoEnds: 0, wrapped: 0 };
    for (let i = 0; i < 1000; i++) {
      const gift = random.pick(GIFTS);
      const { clicks, steps } = planCombo(random, gift, true);
      const counted = steps.filter((step) => !step.wrapped);
      expect(Math.max(...counted.filter((step) => !step.end).map((step) => step.clicks))).toBe(clicks);
      const live = counted.filter((step) => !step.end && step.again === null);
      if (new Set(live.map((step) => step.clicks)).size < clicks) seen.skipped++;
      const order = [...live].sort((a, b) => a.offsetMs - b.offsetMs).map((step) => step.clicks);
      if (order.some((count, index) => count < (order[index - 1] ?? 0))) seen.swapped++;
      if (steps.some((step) => step.again !== null)) seen.again++;
      if (live.length > new Set(live.map((step) => step.clicks)).size) seen.twice++;
      const ends = steps.filter((step) => step.end).length;
      if (ends === 0) seen.noEnd++;
      if (ends === 2) seen.twoEnds++;
      if (steps.some((step) => step.wrapped)) seen.wrapped++;
    }
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(20);
  });
});

describe("a corpus", () => {
  it("is a function of its options, with the mix and the sizes of busy rooms", () => {
    const one = corpus({ seed: 7, frames: 100, schema });
    const two = corpus({ seed: 7, frames: 100, schema });
    expect(one.messages).toBe(1000);
    expect(one.frames.map((frame) => Buffer.from(frame).toString("base64"))).toEqual(
      two.frames.map((frame) => Buffer.from(frame).toString("base64")),
    );
    expect(Buffer.from(corpus({ seed: 8, frames: 1, schema }).frames[0] ?? []).equals(one.frames[0] ?? Buffer.alloc(0))).toBe(false);
    const share = (...methods: string[]) => methods.reduce((sum, method) => sum + (one.mix[method] ?? 0), 0) / one.messages;
    expect(share("WebcastChatMessage", "WebcastEmojiChatMessage")).toBeCloseTo(0.28, 1);
    expect(share("WebcastMemberMessage")).toBeCloseTo(0.28, 1);
    expect(share("WebcastLikeMessage")).toBeCloseTo(0.25, 1);
    expect(share("WebcastGiftMessage")).toBeGreaterThan(0.07);
    expect(share("WebcastGiftMessage")).toBeLessThan(0.17);
    expect(one.payloadBytes / one.messages).toBeGreaterThan(800);
    expect(one.payloadBytes / one.messages).toBeLessThan(1600);
  });
});

describe("a feed for load", () => {
  it("gives the rate asked, with new ids and times in bytes that stay valid", () => {
    const planned = feed("100000002");
    const load = new LoadFeed({ schema, planned, perSecond: 5000, startMs: START, roomId: "7635278384175631113", wanted: () => true });
    const out = [];
    for (let ms = START; ms <= START + 2000; ms += 100) out.push(...load.until(ms));
    expect(out).toHaveLength(10_000);
    expect(new Set(out.map(({ msgId }) => msgId)).size).toBe(10_000);
    // Of each template one: a call of `expect` for each would take most of the time.
    const wrong = out.slice(-3500).filter(({ method, payload, msgId, at, fact }) => {
      const message = root.lookupType(`dylive.wire.${schema.typeOf(method)}`);
      const fields = message.toObject(message.decode(payload), { longs: String }) as Plain;
      const { msg_id, create_time = `${at}` } = fields["common"] as Plain;
      const second = `${Math.floor(at / 1000)}`;
      const groupId = fact()?.gift?.groupId;
      return (
        msg_id !== msgId ||
        ![`${at}`, second].includes(String(create_time)) ||
        (groupId !== undefined && fields["group_id"] !== groupId) ||
        (method === "WebcastChatMessage" && fields["event_time"] !== second)
      );
    });
    expect(wrong.map(({ method, msgId }) => [method, msgId])).toEqual([]);
  });

  it("makes nothing for nobody and does not make up for lost time", () => {
    let wanted = false;
    const load = new LoadFeed({
      schema,
      planned: feed("100000003"),
      perSecond: 100,
      startMs: START,
      roomId: "7635278384175631113",
      wanted: () => wanted,
    });
    expect(load.until(START + 60_000)).toEqual([]);
    wanted = true;
    expect(load.until(START + 60_100)).toHaveLength(10);
    expect(load.until(START + 90_000)).toHaveLength(100);
    expect(load.until(START + 90_100)).toHaveLength(10);
  });
});
