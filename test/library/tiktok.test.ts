// Guards: A program written for TikTok-Live-Connector is told a room's chats, gifts and end, with nothing missing over a lost server.
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, expectTypeOf, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import "../../src/app/connect.js"; // it is loaded by the first who connects: here before the tests are timed
import { type TiktokChat, type WebcastOptions, WebcastPushConnection } from "../../src/app/tiktok.js";
import { ApiFailure, type FollowOptions } from "../../src/client.js";
import type { LiveEvent } from "../../src/events/event.js";
import { fastClock } from "../clock.js";
import { FAN, sample } from "../compat/samples.js";
import { until } from "../until.js";

/** A room with gifts, combos among them. */
const ROOM = "100000002";

let simulator: Simulator | undefined;
afterEach(async () => {
  await simulator?.close();
  simulator = undefined;
});

async function start() {
  const clock = fastClock(10);
  simulator = await startSimulator({ clock });
  return { simulator, options: { clock, upstream: simulator.url, data: "none" } };
}

/** A client of a server that gives these events, and then no more. */
function clientOf(events: readonly LiveEvent[]): NonNullable<WebcastOptions["client"]> & { readonly asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    asked,
    follow: (rooms, { types, signal } = {}) => {
      asked.push([rooms, types]);
      return {
        cursor: null,
        async *[Symbol.asyncIterator]() {
          yield* events as never[];
          if (signal?.aborted !== true) await new Promise((resolve) => signal?.addEventListener("abort", resolve));
        },
      };
    },
  };
}

/** Names of what a connection emits, in order. */
function namesOf(connection: WebcastPushConnection): string[] {
  const names: string[] = [];
  for (const name of ["chat", "gift", "like", "member", "social", "follow", "share", "roomUser", "streamEnd"] as const)
    connection.on(name, () => names.push(name));
  for (const name of ["connected", "disconnected", "error"] as const) connection.on(name, () => names.push(name));
  return names;
}

describe("a program written for TikTok-Live-Connector", () => {
  it("is told a room's chats, gifts and end", async () => {
    const { simulator: platform, options } = await start();
    const connection = new WebcastPushConnection(`https://live.douyin.com/${ROOM}`, options);
    const said: string[] = [];
    let units = 0; // test/compat/readers.test.ts compares their sum with what was given
    connection.on("chat", ({ uniqueId, comment }) => said.push(`${uniqueId}: ${comment}`));
    connection.on("gift", ({ giftType, repeatEnd, repeatCount }) => {
      if (giftType === 1 && !repeatEnd) return;
      units += repeatCount;
    });
    const names = namesOf(connection);
    const closed = new Promise((resolve) => connection.on("disconnected", resolve));
    expect([connection.isConnected, connection.getState().roomId]).toEqual([false, null]);

    const state = await connection.connect();
    expect(state).toEqual({ isConnected: true, roomId: expect.stringMatching(/^\d{19}$/) });
    expect(names.filter((name) => name === "connected")).toHaveLength(1);
    await expect(connection.connect()).rejects.toMatchObject({ code: "in_use" });
    await until(() => said.length > 5 && units > 5 && names.includes("roomUser") && names.includes("member"));
    platform.rooms.end(ROOM);
    expect(await closed).toEqual({ code: 1000, reason: "the broadcast has ended" });
    expect(names.slice(-2)).toEqual(["streamEnd", "disconnected"]);
    expect(connection.getState()).toEqual({ isConnected: false, roomId: state.roomId });
    await until(() => platform.truth(ROOM).connections.every(({ closedAt }) => closedAt !== null));
  });

  it("is told why there is no such room, as its `error` and by the promise, and which options it has not", async () => {
    const { options } = await start();
    const connection = new WebcastPushConnection("999999999", options);
    const errors: unknown[] = [];
    connection.on("error", (failure) => errors.push(failure));
    const names = namesOf(connection);
    await expect(connection.connect()).rejects.toMatchObject({ code: "no_account" });
    expect(errors).toEqual([{ info: "Error while connecting", exception: expect.objectContaining({ code: "no_account" }) }]);
    expect(names).toEqual(["error"]);
    // Another try is another connection.
    await expect(connection.connect()).rejects.toMatchObject({ code: "no_account" });
    const theirs = new WebcastPushConnection(ROOM, { ...options, enableExtendedGiftInfo: true } as WebcastOptions);
    const known = "client, signal, maxQueuedEvents, onLost, clock, upstream";
    await expect(theirs.connect()).rejects.toThrow(`there is no option "enableExtendedGiftInfo"; there are ${known}`);
    expect(() => new WebcastPushConnection(ROOM, { client: {} } as object)).toThrow(/client takes a DyliveClient/);
    expect(() => new WebcastPushConnection(ROOM, { signal: {} } as object)).toThrow(/signal takes an AbortSignal/);
    expect(() => new WebcastPushConnection(ROOM, { ...options, client: clientOf([]) })).toThrow(
      "clock cannot be given beside a client, which takes signal alone",
    );
  });
});

describe("a room of a server", () => {
  it("is emitted as it is followed: a follow and a share as `social`, too", async () => {
    const events = [
      sample("room waiting"),
      sample("chat"),
      ...["gift in a combo", "like", "join", "follow", "share", "stats", "leave"].map((name) => sample(name)),
      { ...sample("chat"), source: "test" as const },
      sample("room ended"),
      sample("chat"),
    ];
    const client = clientOf(events);
    const connection = new WebcastPushConnection(ROOM, { client });
    const names = namesOf(connection);
    const social: unknown[] = [];
    connection.on("social", ({ nickname, displayType }) => social.push([nickname, displayType.includes("follow")]));
    connection.on("chat", (data) => expectTypeOf(data).toEqualTypeOf<TiktokChat>());
    expect(await connection.connect()).toEqual({ isConnected: true, roomId: "7423409871234567890" });
    await until(() => !connection.isConnected);
    const around = ["social", "follow", "social", "share"];
    expect(names).toEqual(["connected", "chat", "gift", "like", "member", ...around, "roomUser", "streamEnd", "disconnected"]);
    expect(social).toEqual([
      [FAN.nickname, true],
      [FAN.nickname, false],
    ]);
    expect(client.asked).toEqual([[ROOM, ["chat", "gift", "like", "join", "follow", "share", "stats", "state"]]]);
  });

  it("is left by disconnect(), also before anything was heard of it, and met again", async () => {
    const connection = new WebcastPushConnection(ROOM, { client: clientOf([sample("room waiting")]) });
    const names = namesOf(connection);
    const connecting = connection.connect();
    await sleep(0);
    connection.disconnect();
    await expect(connecting).rejects.toMatchObject({ name: "AbortError" });
    expect(names).toEqual([]);
    const stop = new AbortController();
    const other = new WebcastPushConnection(ROOM, { client: clientOf([sample("chat")]), signal: stop.signal });
    const closed = new Promise((resolve) => other.once("disconnected", resolve));
    await other.connect();
    other.disconnect();
    expect(other.isConnected).toBe(false);
    const next = other.connect();
    await expect(other.connect()).rejects.toMatchObject({ code: "in_use" });
    expect(await closed).toEqual({ code: 1000, reason: "it was disconnected" });
    const again = new Promise((resolve) => other.once("disconnected", resolve));
    expect(await next).toMatchObject({ isConnected: true });
    stop.abort();
    await again;
  });

  it("is disconnected while its server cannot be reached, and connected again with nothing missing", async () => {
    const chats = [0, 1].map(() => {
      let give = () => {};
      return { given: new Promise<void>((resolve) => (give = resolve)), give: () => give() };
    });
    let state: NonNullable<FollowOptions["onState"]> = () => {};
    const client: NonNullable<WebcastOptions["client"]> = {
      follow: (_rooms, { onState } = {}) => ({
        cursor: null,
        async *[Symbol.asyncIterator]() {
          state = onState ?? state;
          for (const { given } of chats) yield await given.then(() => sample("chat") as never);
          await new Promise(() => {});
        },
      }),
    };
    const connection = new WebcastPushConnection("98765", { client });
    const names = namesOf(connection);
    const closes: unknown[] = [];
    connection.on("disconnected", ({ code }) => closes.push([code, connection.isConnected]));
    const connecting = connection.connect();
    chats[0]?.give();
    const first = await connecting;
    for (let tries = 0; tries < 2; tries++) state({ open: false, failure: new ApiFailure("offline", "no server"), retryMs: 1 });
    expect([closes, connection.isConnected]).toEqual([[[1011, false]], false]);
    const again = connection.connect();
    state({ open: true });
    chats[1]?.give();
    expect(await again).toEqual(first);
    await until(() => names.filter((name) => name === "chat").length === 2);
    connection.disconnect();
    expect(names).toEqual(["connected", "chat", "error", "disconnected", "error", "connected", "chat", "disconnected"]);
  });
});
