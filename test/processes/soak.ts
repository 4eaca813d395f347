import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { RoomScenario } from "../../simulator/index.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { ran, scratch, serving } from "../e2e/command.js";
import { programOf } from "../store/child/spawn.js";
import { until } from "../until.js";
import { watchAll } from "./busy-rooms.js";
import { pause } from "./pause.js";
import { look, type Sample } from "./samples.js";
import type { ReaderOrders, ReadersSeen } from "./soak-readers.js";

/** What is run. */
export interface Soak {
  /** How long there is load. */
  readonly minutes: number;
  readonly rooms: number;
  /** How many of the rooms have {@link BUSY_PER_S} messages a second. */
  readonly busy: number;
  /** Mean seconds between two chats of each of the others. */
  readonly calmSeconds: number;
  /** Time between two looks at the server, in ms. */
  readonly everyMs: number;
  /** Times between two cuts of all connections of a room, and between two rooms that begin another broadcast, in ms. */
  readonly cutMs: number;
  readonly restartMs: number;
  /** Mean time that a reader stays, in ms. */
  readonly stayMs: number;
}

/** What came of it. */
export interface Soaked {
  /** All of the time in which there was load. */
  readonly samples: readonly Sample[];
  readonly readers: number;
  /** Times that readers came, and events that they were given, all together. */
  readonly connections: number;
  readonly events: number;
  /** Events that the webhook brought. */
  readonly delivered: number;
  /** Events that the webhook had not come to when the load ended, and how long it took until all were at the heads. */
  readonly backlog: number;
  readonly catchUpMs: number;
}

const BUSY_PER_S = 20;
/** Most readers of each kind. */
const READERS = 10;
const SHOWN = 20;

/**
 * Has a process collect its garbage each minute: what is in use is seen then. By itself V8 collects what is old every few minutes, or hours, and
 * what it leaves lying hides a leak of some megabytes an hour, or looks like one.
 */
const COLLECTING = `--import=data:text/javascript,${encodeURIComponent(`
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
setFlagsFromString("--expose-gc");
setInterval(runInNewContext("gc"), 60_000).unref();
`)}`;

/** A process of its own with the built simulator, which cuts connections and begins broadcasts until it is told to stop what people send. */
const PLATFORM = `
const [, library, text] = process.argv;
const { startSimulator } = await import(library);
const { rooms, cutMs, restartMs } = JSON.parse(text);
const simulator = await startSimulator({ rooms, keep: 1000, seed: "soak" });
const any = () => rooms[Math.floor(Math.random() * rooms.length)].webRid;
const turns = [setInterval(() => simulator.rooms.cut(any()), cutMs), setInterval(() => simulator.rooms.restart(any()), restartMs)];
process.on("message", () => {
  for (const turn of turns) clearInterval(turn);
  for (const { webRid } of rooms) simulator.rooms.stall(webRid);
  process.send("stalled");
});
process.send(simulator.url);
`;

/**
 * Lets a server collect rooms, and read it in every way by readers that come and go, and by a webhook. When the load is over, each must come to
 * the head of each of its rooms, and have been given each event once, in order; the server must end well, without a word on stderr.
 */
export async function soak(trial: Soak): Promise<Soaked> {
  const dir = scratch();
  const env = {
    ...{ DYLIVE_DATA: dir.path, DYLIVE_PORT: "0", DYLIVE_LOG_LEVEL: "error" },
    ...{ DYLIVE_REQUESTS_PER_S: "1000", DYLIVE_CONNECTS_PER_S: "1000" },
  };
  const openStore = () => openSqliteStore({ path: `${dir.path}/dylive.sqlite` });
  const scenarios = roomsOf(trial);
  const keys = await withStore(openStore(), (store) => watchAll(store, scenarios));
  const children: ChildProcess[] = [];
  try {
    const platform = platformOf(trial, scenarios);
    children.push(platform);
    const upstream = await messageOf<string>(platform);
    const token = (await ran(["token", "create", "--name", "soak", "--scope", "admin"], env)).stdout.trim();
    const { server, base } = await serving({ ...env, NODE_OPTIONS: COLLECTING }, ["--upstream", upstream]);
    children.push(server.process);
    const headers = { authorization: `Bearer ${token}` };
    const orders: ReaderOrders = { base, token, stayMs: trial.stayMs, readers: readersOf(keys) };
    const readers = fork(await programOf(fileURLToPath(new URL("soak-readers.ts", import.meta.url))), [JSON.stringify(orders)]);
    children.push(readers);
    const port = await messageOf<number>(readers);

    const headsNow = async () => withStore(openStore(), ({ log }) => log.heads(keys));
    const made = await fetch(`${base}/v1/hooks`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ url: `http://127.0.0.1:${port}/`, types: ["*"], allowPrivate: true }),
    });
    const hook = (await made.json()) as { readonly about: { readonly id: string } };
    expect(made.status, JSON.stringify(hook)).toBe(201);
    const backlogNow = async () => {
      const answer = await fetch(`${base}/v1/hooks/${hook.about.id}`, { headers });
      return ((await answer.json()) as { readonly backlog: number }).backlog;
    };

    const samples: Sample[] = [];
    const began = Date.now();
    for (let next = began; samples.length === 0 || Date.now() - began < trial.minutes * 60_000; ) {
      next += trial.everyMs;
      await pause(Math.max(0, next - Date.now()));
      samples.push(await look(base, headers, (Date.now() - began) / 3_600_000));
    }
    const backlog = await backlogNow();
    const calmedAt = Date.now();
    platform.send("stall");
    await messageOf(platform);
    await until(async () => (await look(base, headers, 0)).waiting === 0);
    const due = await headsNow();
    expect(
      keys.filter((key) => headOf(due, key) === 0),
      "rooms of which nothing came",
    ).toEqual([]);

    const tell = async () => {
      readers.send("tell");
      return messageOf<ReadersSeen>(readers);
    };
    const atHeads = { seen: await tell(), behind: [] as readonly string[] };
    await until(async () => {
      atHeads.seen = await tell();
      atHeads.behind = readersBehind(orders, atHeads.seen, due);
      if (atHeads.behind.length === 0 && (await backlogNow()) > 0) atHeads.behind = ["the webhook, as the server counts"];
      return atHeads.behind.length === 0 || atHeads.seen.wrong.length > 0;
    }).catch(() => {}); // the comparisons say more
    const { seen, behind } = atHeads;
    expect(seen.wrong).toEqual([]);
    expect(behind.slice(0, SHOWN), `${behind.length} are not at the head of a room, or came only once`).toEqual([]);
    const catchUpMs = Date.now() - calmedAt;

    // With all who read still there.
    server.process.kill("SIGTERM");
    expect([await server.ended, server.stderr()], "how it ended, and what it said: no error").toEqual([0, "stopping …\n"]);
    return {
      ...{ samples, backlog, catchUpMs },
      readers: orders.readers.length,
      connections: seen.readers.reduce((sum, { connections }) => sum + connections, 0),
      events: seen.readers.reduce((sum, { events }) => sum + events, 0),
      delivered: seen.hook.events,
    };
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(children.map(async (child) => child.exitCode ?? child.signalCode ?? once(child, "exit")));
    dir.remove();
  }
}

function roomsOf({ rooms, busy, calmSeconds }: Soak): readonly RoomScenario[] {
  return Array.from({ length: rooms }, (_, n): RoomScenario => {
    const about = {
      ...{ webRid: String(400_000_000 + n), title: `room ${n}`, anchor: `a ${n}`, clubName: "c" },
      ...({ kind: "pk", state: "live" } as const),
    };
    const everySeconds = { chat: calmSeconds, join: (calmSeconds * 4) / 3, like: (calmSeconds * 4) / 3, stats: (calmSeconds * 2) / 3 };
    return n < busy
      ? { ...about, viewers: 1000, load: BUSY_PER_S, everySeconds: { chat: 1, join: 1, like: 1, follow: 5, gift: 1 } }
      : { ...about, viewers: 20, everySeconds };
  });
}

function platformOf({ cutMs, restartMs }: Soak, rooms: readonly RoomScenario[]): ChildProcess {
  const library = new URL("../../dist/simulator/index.js", import.meta.url).href;
  return spawn(process.execPath, ["--input-type=module", "-e", PLATFORM, library, JSON.stringify({ rooms, cutMs, restartMs })], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

/** Of SSE and of WebSockets those that have each room once, and of polls those of one room each. */
function readersOf(keys: readonly number[]): ReaderOrders["readers"] {
  const count = Math.min(READERS, keys.length);
  const parts = Array.from({ length: count }, (_, n) => keys.filter((_key, i) => i % count === n));
  return [
    ...parts.map((rooms) => ({ by: "sse" as const, rooms })),
    ...parts.map((rooms) => ({ by: "websocket" as const, rooms })),
    ...keys.slice(0, count).map((room) => ({ by: "poll" as const, rooms: [room] })),
  ];
}

type Heads = Awaited<ReturnType<Store["log"]["heads"]>>;
const headOf = (heads: Heads, room: number) => heads.get(room)?.head ?? 0;

/** Readers that have not come to the head of one of their rooms, or have not come back yet, in words. */
function readersBehind({ readers }: ReaderOrders, seen: ReadersSeen, due: Heads): readonly string[] {
  return readers.flatMap(({ by, rooms }, at) => {
    const { connections = 0, places = [] } = seen.readers[at] ?? {};
    const come = new Map(places);
    const late = rooms.filter((room) => (come.get(room) ?? 0) < headOf(due, room));
    return [
      ...(connections < 2 ? [`${by} ${at} came ${connections} times`] : []),
      ...late.map((room) => `${by} ${at}, room ${room}: ${come.get(room) ?? 0} of ${headOf(due, room)}`),
    ];
  });
}

/** The next message of a process; fails when it ends before. */
async function messageOf<T>(child: ChildProcess): Promise<T> {
  const over = new AbortController();
  const { signal } = over;
  const ended = once(child, "exit", { signal }).then(([code, killedBy]) => {
    throw new Error(`it ended with ${code ?? killedBy} before it said anything`);
  });
  try {
    return (await Promise.race([once(child, "message", { signal }), ended]))[0] as T;
  } finally {
    over.abort();
  }
}

async function withStore<T>(store: Store, work: (store: Store) => Promise<T> | T): Promise<T> {
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
