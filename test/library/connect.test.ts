// Guards: `connect` gives a room's events in gapless order over one connection, and refuses wrong options at once.
import type { EventEmitter } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { readWork } from "../../src/app/works.js";
import { OneRoom } from "../../src/cluster/one-room.js";
import {
  connect,
  Drift,
  DyliveError,
  gifts,
  describe as inWords,
  type LiveEvent,
  normalise,
  readFrame,
  replay,
  resolve,
} from "../../src/index.js";
import type { Received } from "../../src/platform/access/read.js";
import type { Clock } from "../../src/runtime/clock.js";
import { Recorder } from "../../src/sources/recording.js";
import { fastClock } from "../clock.js";
import { reachAt } from "../platform/access/reach.js";
import { until } from "../until.js";

const ROOM = "100000002";

let simulator: Simulator | undefined;
const dir = mkdtempSync(join(tmpdir(), "dylive-library-"));
afterEach(async () => {
  await simulator?.close();
  simulator = undefined;
  rmSync(dir, { recursive: true, force: true });
});

async function start() {
  const clock = fastClock(10);
  simulator = await startSimulator({ clock });
  return { clock, upstream: simulator.url, data: join(dir, "none") };
}

describe("connect", () => {
  it("gives a room's events as they come, of the types asked for, in gapless order of their log", async () => {
    const options = await start();
    const room = connect(`https://live.douyin.com/${ROOM}?from=test`, { ...options, types: ["chat", "gift", "state"] });
    expect(room.status()).toBeNull();
    const events: LiveEvent[] = [];
    for await (const event of room) {
      events.push(event);
      if (event.type === "chat") expect(inWords(event)).toBe(event.text);
      // What is stored is given before it is counted.
      const { state, evidence } = room.status() ?? {};
      const isCounted = (evidence?.counts["WebcastChatMessage"] ?? 0) > 0;
      if (events.length >= 20 && state === "live" && isCounted && new Set(events.map(({ type }) => type)).size === 3) break;
    }
    expect(events).toContainEqual(expect.objectContaining({ type: "state", to: "live" }));
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(["chat", "gift", "state"]));
    const seqs = events.map(({ seq }) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    // Whoever leaves the loop leaves the platform, and nothing is told of the room any more.
    expect(room.status()).toBeNull();
    await until(() => simulator?.truth(ROOM).connections.every(({ closedAt }) => closedAt !== null));
  });

  it("ends quietly with its signal, also before the room was found", async () => {
    const options = await start();
    const stop = new AbortController();
    let count = 0;
    for await (const _ of connect(ROOM, { ...options, signal: stop.signal })) if (++count === 5) stop.abort();
    expect(count).toBe(5);
    for await (const _ of connect(ROOM, { ...options, signal: stop.signal })) throw new Error("given after the abort");
    const later = new AbortController();
    setImmediate(() => later.abort());
    for await (const _ of connect(ROOM, { ...options, signal: later.signal })) throw new Error("given after the abort");
  });

  it("says at once what is no room, and from the loop what the platform does not know", async () => {
    const options = await start();
    expect(() => connect("no room, no link")).toThrow(expect.objectContaining({ code: "bad_room" }));
    expect(() => connect(ROOM, { pollMs: 1 })).toThrow(expect.objectContaining({ code: "bad_config" }));
    const read = async () => {
      for await (const _ of connect("999999999", options)) throw new Error("there is no such room");
    };
    await expect(read()).rejects.toBeInstanceOf(DyliveError);
    await expect(read()).rejects.toMatchObject({ code: "no_account" });
  });

  it("has one connection for all loops and listeners, which is closed when the last has gone", async () => {
    const options = await start();
    const room = connect(ROOM, { ...options, types: ["chat", "gift", "like"] });
    const connections = () => simulator?.truth(ROOM).connections ?? [];
    const heard: LiveEvent[] = [];
    const off = room.on("chat", (event) => heard.push(event));
    const read = async (count: number) => {
      const events: LiveEvent[] = [];
      for await (const event of room) if (events.push(event) === count) break;
      return events;
    };
    const [some, more] = await Promise.all([read(5), read(9)]);
    // Both began with the connection, and each is given all.
    expect(more.slice(0, 5)).toEqual(some);
    // Who comes later is given what comes from then on.
    const seen = more.at(-1)?.seq ?? 0;
    for await (const { seq } of room) {
      expect(seq).toBeGreaterThan(seen);
      break;
    }
    await until(() => heard.length > 2);
    expect(heard.every(({ type }) => type === "chat")).toBe(true);
    expect(connections().filter(({ closedAt }) => closedAt === null)).toHaveLength(1);
    expect(connections()).toHaveLength(1);
    off();
    await until(() => connections().every(({ closedAt }) => closedAt !== null));
    expect(room.status()).toBeNull();
    // Another loop has it collected anew.
    expect(await read(1)).toHaveLength(1);
    await until(() => connections().length === 2 && connections().every(({ closedAt }) => closedAt !== null));
  });

  it("is closed with the block that uses it, also while a loop is busy", async () => {
    const options = await start();
    const connections = () => simulator?.truth(ROOM).connections ?? [];
    const room = connect(ROOM, options);
    let count = 0;
    for await (const _ of room) {
      if (++count > 1) throw new Error("given after the end");
      await room[Symbol.asyncDispose]();
      expect(room.status()).toBeNull();
    }
    await until(() => connections().length === 1 && connections().every(({ closedAt }) => closedAt !== null));
    for await (const _ of room) throw new Error("given after the end");
    await connect(ROOM, options)[Symbol.asyncDispose]();
  });

  it("tells those who listen what a loop would throw, and collects again for those who listen anew", async () => {
    const room = connect("999999999", await start());
    const errors: unknown[] = [];
    await new Promise<void>((resolve) => {
      room.on("error", (error) => {
        if (errors.push(error) > 1) resolve();
        else room.on("chat", () => {});
      });
      room.on("chat", () => {});
    });
    expect(errors).toMatchObject([{ code: "no_account" }, { code: "no_account" }]);
    await room[Symbol.asyncDispose]();
  });

  it("says at once which option, value or type was not meant, by the names that a program gives", async () => {
    const { upstream } = await start();
    const complaint = (options: object) => {
      try {
        connect(ROOM, options);
      } catch (error) {
        return error instanceof DyliveError ? `${error.code}: ${error.detail}` : String(error);
      }
      return "taken";
    };
    expect(complaint({ upstream, signal: undefined, proxy: null })).toBe("taken");
    expect(complaint({ typs: ["chat"] })).toMatch(
      /^bad_config: there is no option "typs" \(did you mean types\?\); there are types, signal, /,
    );
    expect(complaint({ types: ["chats"] })).toMatch(
      /^bad_config: there is no type "chats" \(did you mean chat\?\); there are chat, gift, /,
    );
    const such = 'It takes a list of one type or more, such as types: ["chat", "gift"] (which events)';
    expect(complaint({ types: "chat" })).toBe(`bad_config: types does not take "chat". ${such}`);
    expect(complaint({ pollMs: 1 })).toMatch(
      /^bad_config: pollMs does not take "1"\. It takes a whole number, 1,000 to 86,400,000, such as pollMs: \d+ /,
    );
    expect(complaint({ source: "web" })).not.toMatch(/DYLIVE_|--/);
    expect(() => connect(ROOM, { types: ["chat"] }).on("gift" as "chat", () => {})).toThrow(/there is no type "gift"; there are chat/);
    await expect(gifts({ upsteam: upstream } as object)).rejects.toThrow(/did you mean upstream\?/);
    await expect(replay("none", { sped: 1 } as object).next()).rejects.toThrow(/did you mean speed\?/);
    await expect(readWork("7300000000000000019", { worksacount: "a" } as object)).rejects.toThrow(/did you mean worksAccount\?/);
  });

  it("says at once which value an option does not take, and what it takes", async () => {
    const texts = { account: [null, "", 5], data: [null, "", 5], browser: ["", 5], cdp: ["x", 5], proxy: ["x", 5], upstream: ["x", 5] };
    const wrong: Readonly<Record<string, readonly unknown[]>> = {
      ...{ types: [null, "chat", [], [null]], signal: [null, {}, 5], maxQueuedEvents: [null, 0, 1.5, "5"], onLost: [null, "x"] },
      ...{ clock: [null, { now: () => 1 }], signer: ["x", 5], source: [null, "web"], pollMs: [null, -1, "5000"], ...texts },
    };
    const complaints = Object.entries(wrong).flatMap(([name, values]) =>
      values.map((value) => {
        try {
          connect(ROOM, { [name]: value });
        } catch (error) {
          return error instanceof DyliveError && error.code === "bad_config" ? `${name}: ${error.detail}` : `${name}: ${error}`;
        }
        return `${name}: took ${String(value)}`;
      }),
    );
    expect(
      complaints.filter((words) => !/^(\w+): (\1 does not take (".*"|an?( empty)? \w+)\. It takes |there is no type "null")/.test(words)),
    ).toEqual([]);
    expect(() => connect(ROOM).on("gift", 5 as unknown as () => void)).toThrow(/on\("gift", …\) takes a function, not /);
    const rejects: readonly (readonly [Promise<unknown>, RegExp])[] = [
      [replay("none", { speed: -1 }).next(), /speed does not take "-1"\. It takes a number, 0 or more/],
      [replay("none", { drift: {} as Drift }).next(), /drift does not take an object/],
      [resolve(ROOM, { signal: 5 } as object), /signal does not take "5"/],
      [gifts(null as unknown as object), /the options are not an object/],
    ];
    for (const [work, words] of rejects) await expect(work).rejects.toThrow(words);
  });

  it("goes on where a listener throws, which is the program's own uncaught exception, and tells a slow loop what it lost", async () => {
    const options = await start();
    const thrown: unknown[] = [];
    const catching = (error: unknown) => thrown.push(error);
    const own: EventEmitter = process;
    const others = ["uncaughtException", "unhandledRejection"].map((name) => [name, own.listeners(name)] as const);
    for (const [name] of others) own.removeAllListeners(name).on(name, catching);
    try {
      const mine = new Error("mine");
      let lost = 0;
      const onLost = (count: number) => {
        lost += count;
        throw mine;
      };
      const room = connect(ROOM, { ...options, types: ["chat", "gift", "join", "like"], maxQueuedEvents: 5, onLost });
      const heard: number[] = [];
      room.on("chat", () => Promise.reject(mine));
      room.on("chat", ({ seq }) => heard.push(seq));
      let [seen, last] = [0, 0];
      for await (const { seq } of room) {
        [seen, last] = [seen + 1, seq];
        await options.clock.sleep(2_000);
        if (lost > 0) break;
      }
      await room[Symbol.asyncDispose]();
      await new Promise((resolve) => setImmediate(resolve));
      expect([last > seen, heard.length > 0]).toEqual([true, true]);
      expect([thrown.length > heard.length, new Set(thrown)]).toEqual([true, new Set([mine])]);
    } finally {
      for (const [name, listeners] of others) {
        own.off(name, catching);
        for (const listener of listeners) own.on(name, listener as () => void);
      }
    }
  });
});

/** Frames of the room with chats in them, as they came. */
async function framesOf(url: string, clock: Clock): Promise<readonly Uint8Array[]> {
  const frames: Uint8Array[] = [];
  const onReceived = (batch: readonly Received[]) => {
    frames.push(...batch.flatMap(({ kind, raw }) => (kind === "frame" ? [raw] : [])));
  };
  const parts = { reach: reachAt(url), clock, pollMs: 5000, maxEvents: 1000, setAside: () => {}, onReceived };
  const stop = new AbortController();
  const room = await OneRoom.open(ROOM, parts, stop.signal);
  try {
    let chats = 0;
    for await (const _ of room.events({ types: ["chat"] }, stop.signal)) if (++chats === 3) stop.abort();
  } finally {
    await room.close();
  }
  return frames;
}

describe("the lower layers", () => {
  it("read a recording as the server does, and a frame by hand", async () => {
    const options = await start();
    const frames = await framesOf(options.upstream, options.clock);
    mkdirSync(dir, { recursive: true });
    const file = join(dir, "room.dyrec");
    const recorder = new Recorder(file, { webRid: ROOM, roomId: "1", title: "", startedAt: 1, source: "websocket" });
    const drift = new Drift();
    const read = frames.map((bytes) => readFrame(bytes, 1_760_000_000_000, drift));
    recorder.write(
      read.map(({ received }) => received),
      0,
    );
    recorder.close();
    const events: LiveEvent[] = [];
    for await (const event of replay(file, { clock: options.clock })) events.push(event);
    expect(events.some(({ type }) => type === "chat")).toBe(true);

    const context = { room: 1, webRid: null, sessionId: null, anchorId: null, receivedAt: 1, source: "import" as const, drift };
    const drafts = read.flatMap(({ received }) => received.response?.messages.map((message) => normalise(message, context)) ?? []);
    const chats = drafts.flatMap((draft) => (draft?.event.type === "chat" ? [draft.event.text] : []));
    expect(chats.length).toBeGreaterThan(0);
    expect(chats).toEqual(events.flatMap((event) => (event.type === "chat" ? [event.text] : [])));
  });

  it("resolve a text", async () => {
    const { upstream, data } = await start();
    const { name, resolved } = await resolve(`看看 https://live.douyin.com/${ROOM} !`, { upstream, data });
    expect(name).toEqual({ kind: "web_rid", value: ROOM });
    expect(resolved.outcome).toBe("live");
    await expect(resolve("???", { upstream, data })).rejects.toMatchObject({ code: "bad_room" });
  });

  it("ask for the platform's list of gifts", async () => {
    const { upstream, data } = await start();
    expect(await gifts({ upstream, data })).toContainEqual(expect.objectContaining({ id: "2306", name: "嘉年华", diamonds: 30000 }));
  });
});
