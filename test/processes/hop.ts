import { expect } from "vitest";
import { platformId } from "../../src/events/describe.js";
import { openPostgresStore } from "../../src/store/postgres/store.js";
import { chat } from "../e2e/command.js";
import { isShown } from "../e2e/shown.js";
import { until } from "../until.js";
import { busyRooms, simulatorOf, watchAll } from "./busy-rooms.js";
import { clusterDatabase } from "./database.js";
import { type Judged, judge } from "./judge.js";
import { pause } from "./pause.js";
import { TestCluster } from "./processes.js";
import { readStream } from "./stream-reader.js";

/** How long a reader stays with one server, on average. */
const STAY_MS = 400;

/** What came of it. */
export interface Hopped extends Judged {
  readonly connections: number;
  /** Events that all readers together were given. */
  readonly read: number;
  readonly calls: number;
}

/**
 * Readers that go to one of two servers at random again and again: streams with their last id, calls of the compatible interface with a cursor
 * of their own, and calls by the token's position, of which each goes to the other server than the one before. All are given everything once,
 * in order.
 */
export async function hop(rooms: number, readers: number, forMs: number): Promise<Hopped> {
  const scenarios = busyRooms(rooms);
  const webRids = scenarios.map(({ webRid }) => webRid);
  const database = await clusterDatabase();
  const simulator = await simulatorOf(scenarios, 8);
  const cluster = new TestCluster({ url: database.url, platform: simulator.url, env: { DYLIVE_REQUESTS_PER_S: "100" } });
  const end = new AbortController();
  try {
    const keys = await watchAll(database.url, scenarios);
    const collector = await cluster.start("collector", "collect");
    const servers = await Promise.all([cluster.start("left", "serve"), cluster.start("right", "serve")]);
    const token = await cluster.token();
    await until(() => webRids.every((webRid) => simulator.truth(webRid).connections.length > 0));
    const anyone = () => servers[Math.random() < 0.5 ? 0 : 1]?.base ?? "";
    const streams = Array.from({ length: readers }, () => readStream(anyone, token, keys, end.signal, STAY_MS));
    const callers = webRids.flatMap((webRid) => [
      byCursor(anyone, token, webRid, end.signal),
      byPosition(
        servers.map(({ base }) => base),
        token,
        webRid,
        end.signal,
      ),
    ]);
    await pause(forMs);

    for (const webRid of webRids) simulator.rooms.stall(webRid);
    await pause(2000);
    expect(await collector.stop()).toBe(0);
    const judged = await judge(database.url, simulator, webRids);
    expect(judged).toMatchObject({ lost: 0, gaps: [] });
    const heads = await database.rows<{ room: string; head: string }>("SELECT room, head FROM heads WHERE room > 0");
    for (const stream of streams) await until(() => heads.every(({ room, head }) => (stream.seqs.get(Number(room)) ?? 0) >= Number(head)));
    for (const { wrong } of streams) expect(wrong, "given to a stream out of order, twice or not at all").toEqual([]);
    for (const caller of callers) {
      const shown = await shownIn(database.url, keys[webRids.indexOf(caller.webRid)] ?? 0);
      await until(() => caller.ids.length >= shown.length).catch(() => {}); // the comparison says more
      expect(caller.ids, `given by ${caller.kind} in room ${caller.webRid}`).toEqual(shown);
    }
    end.abort();
    for (const server of servers) expect(await server.stop()).toBe(0);
    return {
      ...judged,
      connections: streams.reduce((sum, { connections }) => sum + connections, 0),
      read: streams.reduce((sum, { count }) => sum + count, 0) + callers.reduce((sum, { ids }) => sum + ids.length, 0),
      calls: callers.reduce((sum, { calls }) => sum + calls, 0),
    };
  } finally {
    end.abort();
    await cluster.close();
    await simulator.close();
    await database.remove();
  }
}

interface Caller {
  readonly kind: string;
  readonly webRid: string;
  /** Message ids in the order in which they were given. */
  readonly ids: string[];
  calls: number;
}

/** Calls of the compatible interface with a cursor of the client's own. */
function byCursor(base: () => string, token: string, webRid: string, signal: AbortSignal): Caller {
  let cursor = "0";
  return called("a cursor", webRid, signal, async () => {
    const answer = await chat(base(), { token, room_id: webRid, cursor, limit: "50", wait: "1" });
    cursor = answer.headers.get("x-next-cursor") ?? cursor;
    return answer;
  });
}

/** Calls by the position that the servers keep for the token. */
function byPosition(bases: readonly string[], token: string, webRid: string, signal: AbortSignal): Caller {
  let turn = 0;
  return called("the token's position", webRid, signal, () =>
    chat(bases[turn++ % bases.length] ?? "", { token, room_id: webRid, limit: "2000", wait: "1" }),
  );
}

function called(kind: string, webRid: string, signal: AbortSignal, call: () => ReturnType<typeof chat>): Caller {
  const caller: Caller = { kind, webRid, ids: [], calls: 0 };
  void (async () => {
    while (!signal.aborted) {
      const answer = await call().catch(() => null);
      if (answer?.status !== 200) continue;
      caller.calls++;
      for (const { msg_id, tid } of answer.body.data) caller.ids.push(msg_id ?? tid ?? "");
    }
  })();
  return caller;
}

/** The ids of what the compatible interface gives of a room. */
async function shownIn(url: string, room: number): Promise<readonly string[]> {
  const store = await openPostgresStore({ url });
  try {
    const ids: string[] = [];
    for (let after = 0; ; ) {
      const page = await store.log.read(room, after, 5000);
      ids.push(...page.events.filter(isShown).map((event) => platformId(event) ?? "0"));
      after = page.scanned;
      if (after >= page.head) return ids;
    }
  } finally {
    await store.close();
  }
}
