import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { startCompat } from "../../src/compat/compat.js";
import { platformId } from "../../src/events/describe.js";
import type { LiveEvent } from "../../src/events/event.js";
import { compatAuthenticator } from "../../src/http/authentication.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { running } from "../collector/running.js";
import { until } from "../until.js";
import { grabConsumer, liveConsumer, tiktokConsumer } from "./consumers.js";

/** A simulated room with gifts, combos among them. */
const ROOM = "100000002";

/** Combos whose end is not in the log yet. */
function openCombos(events: readonly LiveEvent[]): number {
  const gifts = events.filter((event) => event.type === "gift");
  const settled = new Set(gifts.flatMap(({ settled, comboId }) => (settled ? [comboId] : [])));
  return gifts.filter(({ comboId }) => !settled.has(comboId)).length;
}

describe("consumers of other programs, on a simulated room", () => {
  it("get every chat and every gift of it, once, ids exact; the room is collected because one asks for it", async () => {
    const store = openSqliteStore({ path: ":memory:" });
    const now = await running({}, { store });
    const { rooms, clock, simulator } = now;
    const errors: unknown[] = [];
    const authenticator = compatAuthenticator({
      tokens: store.tokens,
      rooms: store.rooms,
      clock,
      logger: pino({ level: "silent" }),
      tokenNeeded: false,
    });
    const ports = { grab: 0, live: 0, tiktok: 0 };
    const compat = await startCompat({
      host: "127.0.0.1",
      ports,
      store,
      rooms,
      clock,
      authenticator,
      pollMs: 5_000,
      onError: (e) => errors.push(e),
    });
    const url = (name: string) => compat.urls.find((one) => one.name === name)?.url ?? "";
    const grab = grabConsumer(url("grab"));
    const tiktok = tiktokConsumer(url("tiktok"));
    for (const consumer of [grab, tiktok]) onTestFinished(() => consumer.close());
    await until(() => compat.counts().clients === 2);
    // Nobody has named a room yet, and they are told how to.
    for (const { said, chatIds } of [grab, tiktok]) {
      await until(() => said.length === 1);
      expect([chatIds.length, said.splice(0), chatIds.splice(0).length]).toEqual([1, [expect.stringMatching(/^dylive.*\?room=/)], 1]);
    }
    const live = liveConsumer(url("live"), ROOM);
    onTestFinished(() => live.close());

    await until(() => live.codes.includes("ROOM_ONLINE") && live.pongs === 1);
    await until(() => grab.units > 20 && grab.chatIds.length > 10);
    // Nothing more is given; the ends of combos that were never told come after a silence.
    simulator.rooms.stall(ROOM);
    const room = await until(() => store.rooms.find({ kind: "web_rid", value: ROOM }));
    await until(async () => openCombos(await now.events(room)) === 0);
    simulator.rooms.end(ROOM);
    await until(() => live.codes.includes("ROOM_ENDED") && grab.said.includes("直播已结束") && tiktok.said.includes("streamEnd"));

    const events = await now.events(room);
    const chats = events.filter(({ type }) => type === "chat").map(platformId);
    const units = events.reduce((sum, event) => sum + (event.type === "gift" ? event.delta : 0), 0);
    await until(() => grab.units === units && live.units === units && tiktok.units === units);
    expect(units).toBe(simulator.truth(ROOM).sent.combos.reduce((sum, { total }) => sum + total, 0));
    expect([grab.chatIds, tiktok.chatIds]).toEqual([chats, chats]);
    const plain = events.filter(({ method }) => method === "WebcastChatMessage").map(({ id }) => id);
    expect(live.chatIds).toEqual(plain);
    expect(chats.every((id) => BigInt(id ?? 0) > 2n ** 53n)).toBe(true);
    // A room that says nothing may be doubted for a while.
    expect(live.codes.filter((code) => code !== "ROOM_STATUS_UNKNOWN").slice(0, 2)).toEqual(["ROOM_ONLINE", "ROOM_ENDED"]);
    expect(grab.said.some((text) => /^thanks: .+ 送出 .+ x \d+个，增量\d+个/.test(text))).toBe(true);
    expect(errors).toEqual([]);
  });
});
