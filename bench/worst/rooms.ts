import type { LeasedCollectors } from "../../src/cluster/leased-collectors.js";
import { LocalRooms } from "../../src/cluster/local-rooms.js";
import { RoomManager } from "../../src/cluster/room-manager.js";
import { unclaimedStatus } from "../../src/cluster/rooms-view.js";
import type { Collector } from "../../src/collector/collector.js";
import { compile } from "../../src/events/filter.js";
import { Metrics } from "../../src/http/metrics.js";
import { roomAnswer } from "../../src/http/v1/room-routes.js";
import { systemClock } from "../../src/runtime/clock.js";
import { type Assignment, wantedKey } from "../../src/store/cluster.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { Waker } from "../../src/store/waker.js";
import { alike, type WorstCase } from "./turns.js";

/** What clients of a server with so many rooms can ask for. The rooms have no sockets: their states are as a collector tells them. */
export async function requestsOfMany(count: number): Promise<readonly WorstCase[]> {
  const store = openSqliteStore({ path: ":memory:", clock: systemClock });
  const [held, byRoom] = [new Map<string, Collector>(), new Map<number, Collector>()];
  const names = Array.from({ length: count }, (_, i) => ({ kind: "web_rid", value: String(100_000_000 + i) }) as const);
  for (const name of names) {
    const room = await store.rooms.ensure([name], { webRid: name.value });
    await store.rooms.setWatch(room, "on");
    const told = { ...unclaimedStatus(room, 1), state: "live" as const };
    const one = { name, room, status: () => ({ ...told }), health: { state: "live", problem: null, reason: "" } } as unknown as Collector;
    held.set(wantedKey(name), one);
    byRoom.set(room, one);
  }
  /** A cluster that knows of no room yet, and what reads its watch list until all collections have begun. */
  const unread = () => {
    let begun = 0;
    const follow = ({ leases }: Assignment) => {
      begun = leases.length;
    };
    const cluster = new LocalRooms({ rooms: store.rooms, clock: systemClock, collectors: () => ({ held, follow }) });
    const begin = async () => {
      await cluster.sweep(600_000);
      while (begun < count) await new Promise((resolve) => setImmediate(resolve));
    };
    return { cluster, begin };
  };
  const { cluster, begin } = unread();
  await begin();
  const notUsed = () => Promise.reject(new Error("not used"));
  const collectors = { held, ofRoom: (room: number) => byRoom.get(room), changes: new Waker() } as unknown as LeasedCollectors;
  const rooms = new RoomManager({
    ...{ platform: { upstream: "http://127.0.0.1:1", proxy: null }, platformBy: notUsed, userAgent: "", accounts: null },
    ...{
      store,
      wantedRooms: cluster,
      collectors,
      clock: systemClock,
      maxOnDemandRooms: 50,
      onDemandIdleMs: 600_000,
      onError: notUsed,
    },
  } as unknown as ConstructorParameters<typeof RoomManager>[0]);
  const filter = compile(Array.from({ length: 42 }, (_, i) => `text.lowerAscii().contains("${"x".repeat(40)}${i}")`).join(" || "));
  const chat = { type: "chat", text: "x".repeat(4_000), seq: 1, user: {} } as unknown as Parameters<typeof filter>[0];
  return [
    { name: `the watch list of ${count} rooms is read, and their collections begin`, ready: () => ({ work: unread().begin }) },
    alike(`the watch list of ${count} rooms is read again`, () => cluster.sweep(600_000)),
    alike(`GET /v1/rooms?limit=1 of ${count} rooms`, async () =>
      JSON.stringify((await rooms.list({ limit: 2 })).map((view) => roomAnswer(view, "en"))),
    ),
    alike(`GET /v1/rooms?limit=1000 of ${count} rooms`, async () =>
      JSON.stringify((await rooms.list({ limit: 1_001 })).map((view) => roomAnswer(view, "en"))),
    ),
    {
      name: `GET /metrics of ${count} rooms`,
      ready: () => {
        const metrics = new Metrics(systemClock); // of a process that has not been asked for them yet
        return { work: async () => metrics.text((await rooms.list()).map(({ status }) => status)) };
      },
    },
    alike("a filter that costs as much as one may, on one event", () => filter(chat)),
  ];
}
