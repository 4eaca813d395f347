import type { RoomScenario } from "../../../simulator/index.js";
import type { RoomStatus } from "../../../src/health/state.js";
import { Visitor } from "../../../src/platform/access/visitor.js";
import { resolveText } from "../../../src/platform/links/resolve.js";
import { DyliveError } from "../../../src/runtime/errors.js";
import { check } from "../../../src/store/check.js";
import type { RoomStore } from "../../../src/store/store.js";
import { mostAtOnce, type Unlike, unlike } from "../../cluster/truth.js";
import { type Managed, type Running, SIGNAL, startRunning } from "../../collector/running.js";
import { Lockstep } from "../../faults/lockstep.js";

/** What is done with rooms, in a property test. */
export const ACTS = ["request", "add", "pause", "resume", "remove", "settings", "cut"] as const;
export interface Act {
  readonly what: (typeof ACTS)[number];
  readonly room: number;
  /** Which of the room's names; of those that take one. */
  readonly name: number;
  /** How long the next act waits, ms; 0 is at the same time. */
  readonly waitMs: number;
}

const EVERY = { stats: 5, viewers: 6, rank: 8, adaptation: 4, chat: 1, join: 2, like: 3, gift: 4 };
const scenario = (webRid: string, more: Partial<RoomScenario>): RoomScenario => ({
  ...{ webRid, kind: "talk", state: "live", title: webRid, anchor: webRid, clubName: webRid, viewers: 80, everySeconds: EVERY },
  ...more,
});

/** Rooms of many names, with and without a custom id. */
export const ROOMS: readonly RoomScenario[] = [
  scenario("100000002", { shortCode: "NAME2" }),
  scenario("100000006", { customId: "demo.tv", shortCode: "NAME6" }),
  scenario("100000008", { customId: "name_8", shortCode: "NAME8" }),
];
export const NAMES = 7;
/** Nobody waits longer for an answer, ms of the clock. */
const SETTLE_MS = 15_000;

/** What came of it: all empty, and at most one connection a room, where nothing is wrong. */
export interface Seen {
  readonly unlike: readonly Unlike[];
  readonly connectionsAtOnce: number;
  readonly findings: readonly unknown[];
  /** Rooms on the watch list that are not collected in the end, or not live. */
  readonly notLive: readonly (RoomStatus | null)[];
  readonly errors: readonly unknown[];
  readonly chats: number;
  readonly stopMs: number;
}

/** Every way in which one names a room. */
export async function namesOf({ simulator, clock }: Pick<Running, "simulator" | "clock">, room: RoomScenario): Promise<readonly string[]> {
  const { platformAt } = await import("../../../src/platform/access/platform.js");
  const asked = resolveText(room.webRid, { platform: platformAt(simulator.url), visitor: new Visitor("Mozilla/5.0 (test)") }, SIGNAL);
  const { resolved } = await (clock instanceof Lockstep ? goOn(clock, asked) : asked);
  const secUid = resolved.outcome === "live" ? resolved.facts.anchor?.secUid : null;
  const { webRid, customId = webRid, shortCode } = room;
  return [
    webRid,
    customId,
    simulator.roomId(webRid) ?? "",
    `https://www.douyin.com/user/${secUid}`,
    `https://live.douyin.com/${customId}?enter_from=x`,
    `https://v.douyin.com/${shortCode}/`,
    `8- #在抖音,记录美好生活# 【${webRid}】正在直播 https://v.douyin.com/${shortCode}/ 复制此链接`,
  ];
}

/** Waits for work that waits for the clock. */
async function goOn<T>(clock: Lockstep, work: Promise<T>): Promise<T> {
  let done = false;
  const over = () => {
    done = true;
  };
  work.then(over, over);
  await clock.until(() => done, 120_000);
  return work;
}

/**
 * Does all of it while the rooms go on, and looks at what is stored in the end.
 * @param open opens an empty store; one in memory by default
 */
export async function acted(acts: readonly Act[], rateFactor: number, open?: () => Promise<RoomStore>): Promise<Seen> {
  const clock = new Lockstep();
  const store = open && stoodStillFor(clock, await open());
  const parts = { pollMs: 3000, onDemandIdleMs: 20_000, ...(store && { store }) };
  const now = await startRunning({ clock, start: clock.now(), rooms: ROOMS, rateFactor }, parts, clock);
  try {
    const names = await Promise.all(ROOMS.map((room) => goOn(clock, namesOf(now, room))));
    await goOn(clock, now.rooms.start());
    const errors: unknown[] = [];
    const doing: Promise<unknown>[] = [];
    for (const act of acts) {
      const text = names[act.room]?.[act.name] ?? "";
      doing.push(
        one(now, act, text).catch((error: unknown) => {
          if (!(error instanceof DyliveError) || error.code === "internal") errors.push(error);
        }),
      );
      if (act.waitMs > 0) await clock.go(act.waitMs);
    }
    await goOn(clock, Promise.all(doing));
    return await seen(now, clock, errors);
  } finally {
    await goOn(clock, now.stop());
    clock.stop();
  }
}

/** A store for which the clock stands still: it waits for a server or a disk of its own. */
function stoodStillFor(clock: Lockstep, store: RoomStore): RoomStore {
  const seen = <T extends object>(part: T): T =>
    new Proxy(part, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        return (...asked: unknown[]) => {
          const answer: unknown = value.apply(target, asked);
          return answer instanceof Promise ? clock.during(answer) : answer;
        };
      },
    });
  const { log, rooms, sessions, retention } = store;
  return {
    ...store,
    ...{ log: seen(log), rooms: seen(rooms), sessions: seen(sessions), retention: seen(retention) },
  };
}

async function one({ rooms, store, simulator }: Running<Managed>, { what, room: index }: Act, text: string): Promise<unknown> {
  const webRid = ROOMS[index]?.webRid ?? "";
  if (what === "request") return rooms.request(text, SETTLE_MS, SIGNAL);
  if (what === "add") return rooms.add(text, {}, SETTLE_MS, SIGNAL);
  if (what === "cut") return simulator.rooms.cut(webRid);
  const room = await store.rooms.find({ kind: "web_rid", value: webRid });
  if (room === null) return undefined;
  switch (what) {
    case "pause":
      return rooms.pause(room);
    case "resume":
      return rooms.resume(room);
    case "remove":
      return rooms.remove(room);
    case "settings": {
      const { settings } = (await rooms.view(room)).row;
      return rooms.change(room, { account: settings.account === null ? "guest" : null });
    }
  }
}

async function seen(now: Running<Managed>, clock: Lockstep, errors: readonly unknown[]): Promise<Seen> {
  const { rooms, store, simulator } = now;
  const watched = async () => (await rooms.list()).filter(({ row }) => row.watch === "on");
  await clock.go(10_000); // the watch list is followed
  await clock.until(async () => (await watched()).every(({ status }) => status?.state !== "connecting"), 120_000); // whoever was cut is back
  const listed = await goOn(clock, watched());
  const notLive = listed.filter(({ status }) => status?.state !== "live").map(({ status }) => status);
  for (const { webRid } of ROOMS) simulator.rooms.stall(webRid);
  await clock.go(2000);
  const begun = clock.now();
  await goOn(clock, rooms.stop());
  const stopMs = clock.now() - begun;
  const compared = await Promise.all(
    ROOMS.map(async ({ webRid }) => unlike(simulator, store, await store.rooms.find({ kind: "web_rid", value: webRid }), webRid)),
  );
  return {
    unlike: compared.map(([what]) => what),
    connectionsAtOnce: Math.max(...ROOMS.map(({ webRid }) => mostAtOnce(simulator, webRid))),
    findings: await check(store.log),
    ...{ notLive, errors, stopMs },
    chats: compared.reduce((sum, [, sent]) => sum + sent, 0),
  };
}

/** Watches all rooms and asks for each by every name once a second: their logs are what was sent, whatever the rate. @returns what was seen */
export function askedEachSecond(seconds: number, rateFactor: number): Promise<Seen> {
  const acts: Act[] = ROOMS.map((_, room) => ({ what: "add", room, name: 0, waitMs: 2000 }));
  for (let second = 0; second < seconds; second++)
    for (let room = 0; room < ROOMS.length; room++)
      for (let name = 0; name < NAMES; name++)
        acts.push({ what: "request", room, name, waitMs: room === ROOMS.length - 1 && name === NAMES - 1 ? 1000 : 0 });
  return acted(acts, rateFactor);
}
