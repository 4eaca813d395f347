import { join } from "node:path";
import { setGlobalDispatcher } from "undici";
import { expect } from "vitest";
import WebSocket from "ws";
import type { Simulator } from "../../simulator/index.js";
import { hash32 } from "../../simulator/random.js";
import { DyliveClient } from "../../src/client.js";
import { EVENT_TYPES } from "../../src/events/event.js";
import type { RoomStatus } from "../../src/health/state.js";
import { createToken } from "../../src/http/tokens.js";
import { httpAgent } from "../../src/runtime/allowed-hosts.js";
import { check } from "../../src/store/check.js";
import type { Log } from "../../src/store/log.js";
import { openPostgresStore } from "../../src/store/postgres/store.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { Chance } from "../fuzz/mutator.js";
import { busyRooms, simulatorOf, watchAll } from "../processes/busy-rooms.js";
import type { ClusterDatabase } from "../processes/database.js";
import { type Judged, judge } from "../processes/judge.js";
import { pause } from "../processes/pause.js";
import { type ClusterProcess, TestCluster } from "../processes/processes.js";
import { until } from "../until.js";
import { answering, Receiver } from "../webhooks/receiver.js";
import { judgeArrivals } from "./arrivals.js";
import { type Faults, FaultyLink } from "./faulty-link.js";
import { type Msg, type ReadCall, violations } from "./history.js";

/** What is tried. */
export interface Trial {
  readonly seed: string;
  /** How long there are faults, ms. */
  readonly forMs: number;
  /** Of all processes; null: SQLite, of the one process that there may be then. */
  readonly database: ClusterDatabase | null;
  /** From 1 to 3. */
  readonly processes: number;
  readonly rooms: number;
  /** Sessions that watch the room of a number; null: one, by the server's settings. */
  readonly sessions: (n: number) => readonly string[] | null;
  /** Of every link: platform to collector, process to database, server to reader and to the receiver of webhooks. */
  readonly faults: Faults;
  /** Longest time for which a link is silent or a process stands still, ms; a lease lasts 12 s, and a connection that is silent is left after 35 s. */
  readonly longestMs: number;
  /** Longest time between two strikes, ms. */
  readonly everyMs: number;
  /** Strikes that are made before those that chance chooses. */
  readonly first?: readonly string[];
  /**
   * Whether the ends of all that is open are told when the faults stop, as a network does that was away for a moment. Else what is silent stays so,
   * until somebody notices.
   */
  readonly isToldAtTheEnd: boolean;
}

/** What came of it. */
export interface Trialled extends Judged {
  /** How often each strike was made. */
  readonly strikes: Readonly<Record<string, number>>;
  /** Connections, and the ends that they met by chance, of all links. */
  readonly met: FaultyLink["met"];
  /** Events that readers were given, all together. */
  readonly read: number;
  /** Times that the readers' connections were lost. */
  readonly lostConnections: number;
  /** Webhooks that arrived, and how many of them more than once. */
  readonly messages: number;
  readonly again: number;
  readonly rooms: number;
  /** Rooms whose messages had to be stored in the order in which they were sent, and were. */
  readonly ordered: number;
  /** ms from the end of the faults until every room was live and all its sessions connected. */
  readonly liveMs: number;
  /** Longest time for which a room was called live after the last message of people that was received, ms. */
  readonly staleMs: number;
}

const NAMES = ["a", "b", "c"];
const LOOK_MS = 500;
const WAYS = ["websocket", "sse", "poll"] as const;

/**
 * Lets rooms be collected, read and sent on by programs all of whose connections meet faults, while programs are killed and stand still. When
 * it is over, rooms must be live again, and all that the simulator sent must be stored once and in order, or lie in a recorded gap; readers and
 * webhooks must have been given the log, in its order.
 */
export async function chaosOfPrograms(trial: Trial): Promise<Trialled> {
  const chaos = new Chaos(trial);
  // Once undici is loaded, Node's fetch, by which the readers read, uses its agent.
  setGlobalDispatcher(httpAgent);
  try {
    await chaos.begin();
    await chaos.rage();
    const liveMs = await chaos.recover();
    return { ...(await chaos.judged()), liveMs };
  } finally {
    await chaos.close();
  }
}

/** One process with its ways: to the platform, to the database, and the readers' way to it. */
interface Node {
  readonly name: string;
  readonly platform: FaultyLink;
  readonly database: FaultyLink | null;
  readonly door: FaultyLink;
  process: ClusterProcess;
}

class Chaos {
  readonly #trial: Trial;
  readonly #chance: Chance;
  readonly #scenarios;
  readonly #webRids: readonly string[];
  readonly #end = new AbortController();
  readonly #strikes: Record<string, number> = {};
  readonly #links: FaultyLink[] = [];
  readonly #nodes: Node[] = [];
  readonly #reads: ReadCall[] = [];
  /** What ended a reader, who should have gone on. */
  readonly #failures: unknown[] = [];
  #lost = 0;
  #staleMs = 0;
  /** Rooms as they were shown last. */
  #seen = "";
  #simulator: Simulator | null = null;
  #cluster: TestCluster | null = null;
  #receiver: Receiver | null = null;
  #hook = { id: "", secret: "", heads: new Map() as Awaited<ReturnType<Log["heads"]>> };
  #token = "";
  #keys: readonly number[] = [];

  constructor(trial: Trial) {
    this.#trial = trial;
    this.#chance = new Chance(hash32(trial.seed));
    this.#scenarios = busyRooms(trial.rooms);
    this.#webRids = this.#scenarios.map(({ webRid }) => webRid);
  }

  /** Starts everything, without faults. */
  async begin(): Promise<void> {
    const { database, processes, sessions, faults } = this.#trial;
    const simulator = await simulatorOf(this.#scenarios);
    this.#simulator = simulator;
    const env = { DYLIVE_REQUESTS_PER_S: "100" };
    const cluster = new TestCluster({ url: database?.url ?? null, platform: simulator.url, env });
    this.#cluster = cluster;
    const names = NAMES.slice(0, processes);
    const [first = ""] = names;
    if (database !== null) {
      this.#keys = await watchAll(database.url, this.#scenarios, sessions);
      this.#token = await cluster.token();
    } else
      await withStore(openSqliteStore({ path: join(cluster.folder(first), "dylive.sqlite") }), async (store) => {
        this.#keys = await watchAll(store, this.#scenarios, sessions);
        this.#token = (await createToken(store.tokens, { name: "test", scope: "admin", now: Date.now() })).token;
      });
    for (const name of names) {
      const platform = await this.#link(simulator.url, `${name}/platform`);
      const way = database === null ? null : await this.#link(database.url, `${name}/database`);
      const door = await this.#link("http://127.0.0.1:1", `${name}/door`);
      const process = await this.#start(name, platform, way);
      door.leadTo(process.base);
      this.#nodes.push({ name, platform, database: way, door, process });
    }
    const receiver = await Receiver.start();
    this.#receiver = receiver;
    const way = await this.#link(receiver.url, "hook");
    const made = (await this.#ask("/v1/hooks", { url: way.url, types: ["*"], allowPrivate: true, maxEvents: 50 })) as {
      readonly about: { readonly id: string };
      readonly secret: string;
    };
    const heads = await withStore(this.#openStore(first), ({ log }) => log.heads());
    this.#hook = { id: made.about.id, secret: made.secret, heads };
    await this.#live();
    for (const link of this.#links) link.vex(faults);
    // What was opened in peace goes on by what is opened now.
    for (const link of this.#links) link.cut();
    this.#follow();
  }

  /** Strikes again and again, and longer where no connection has met an end by chance yet. */
  async rage(): Promise<void> {
    const { forMs, everyMs, first = [] } = this.#trial;
    const strikes = this.#possible();
    const end = performance.now() + forMs;
    const isOver = () => {
      const { connections: _, ...ends } = FaultyLink.metOf(this.#links);
      return performance.now() >= end && Object.values(ends).some((met) => met > 0);
    };
    const strike = async (name: string) => {
      await pause(this.#chance.below(everyMs));
      this.#strikes[name] = (this.#strikes[name] ?? 0) + 1;
      await strikes[name]?.();
    };
    const looking = this.#look(isOver);
    for (const name of first) await strike(name);
    while (!isOver()) await strike(this.#chance.of(Object.keys(strikes)));
    await looking;
  }

  /** Looks at what is shown of the rooms: they should seldom be called live while nobody is heard. */
  async #look(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await pause(LOOK_MS);
      for (const { state, evidence } of await this.#shown().catch(() => [])) {
        const { lastInteractiveAt } = evidence;
        if (state === "live" && lastInteractiveAt !== null) this.#staleMs = Math.max(this.#staleMs, Date.now() - lastInteractiveAt);
      }
    }
  }

  /**
   * Stops all faults, and waits until people were heard since in every room that is live, and all its sessions are connected.
   * @returns how long that took, ms
   */
  async recover(): Promise<number> {
    if (this.#receiver !== null) this.#receiver.manner = answering(200);
    for (const link of this.#links) link.calm();
    if (this.#trial.isToldAtTheEnd) for (const link of this.#links) link.cut();
    const [from, calmedAt] = [performance.now(), Date.now()];
    // A connection that is half open stands for a while yet: what it misses, only who goes on can tell.
    await this.#live(calmedAt);
    return performance.now() - from;
  }

  /** Stops the platform's people and then the programs, and judges. */
  async judged(): Promise<Omit<Trialled, "liveMs">> {
    const simulator = this.#simulator as Simulator;
    const receiver = this.#receiver as Receiver;
    for (const webRid of this.#webRids) simulator.rooms.stall(webRid);
    await pause(1500);
    const [{ name = "" } = {}] = this.#nodes;
    // Without a look at the hook's pauses: it has been failed for a while.
    await this.#ask(`/v1/hooks/${this.#hook.id}/resume`, {});
    const due = await until(async () => {
      const heads = await withStore(this.#openStore(name), ({ log }) => log.heads());
      const { backlog } = (await this.#ask(`/v1/hooks/${this.#hook.id}`)) as { readonly backlog: number };
      return backlog === 0 && heads;
    });
    const read = () => new Map(this.#reads.map(({ client, room, scanned }) => [`${client}/${room}`, scanned]));
    await until(() => {
      if (this.#failures.length > 0) throw this.#failures[0];
      const come = read();
      return WAYS.every((by) => this.#keys.every((key) => (come.get(`${by}/${key}`) ?? 0) >= (due.get(key)?.head ?? 0)));
    });
    this.#end.abort();
    for (const node of this.#nodes) {
      expect(await node.process.stop(), node.process.run.stderr().slice(-2000)).toBe(0);
    }
    return withStore(this.#openStore(name), async (store) => {
      const judged = await judge(store, simulator, this.#webRids, this.#ordered);
      const final = new Map(await Promise.all(this.#keys.map(async (key) => [key, await logOf(store, key)] as const)));
      const reads = this.#reads.filter(({ room }) => final.has(room));
      expect(violations({ reads, final }).slice(0, 20)).toEqual([]);
      const { messages, again } = await judgeArrivals(
        store,
        receiver,
        this.#hook.secret,
        due,
        (key) => (this.#hook.heads.get(key)?.head ?? 0) + 1,
      );
      expect(await check(store.log)).toEqual([]);
      return {
        ...judged,
        rooms: this.#webRids.length,
        ordered: this.#ordered.length,
        strikes: this.#strikes,
        met: FaultyLink.metOf(this.#links),
        read: this.#reads.length,
        lostConnections: this.#lost,
        messages,
        again,
        staleMs: this.#staleMs,
      };
    });
  }

  /**
   * Rooms whose messages must be stored in the order in which they were sent. Those of several sessions overtake each other; rooms that may move from
   * process to process are not looked at.
   */
  get #ordered(): readonly string[] {
    const { database, sessions } = this.#trial;
    if (database !== null) return [];
    return this.#webRids.filter((_, n) => (sessions(n)?.length ?? 1) === 1);
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#cluster?.close();
    for (const link of this.#links) await link.close();
    await this.#simulator?.close();
  }

  /** What may happen, beside what links do by themselves. */
  #possible(): Readonly<Record<string, () => Promise<void> | void>> {
    const { database, longestMs } = this.#trial;
    const { rooms } = this.#simulator as Simulator;
    const receiver = this.#receiver as Receiver;
    const room = () => this.#chance.of(this.#webRids);
    const node = () => this.#chance.of(this.#nodes);
    const while_ = async (begin: () => void, end: () => void, most = longestMs) => {
      begin();
      await pause(this.#chance.below(most));
      end();
    };
    const silent = (link: FaultyLink) =>
      while_(
        () => link.mute(),
        () => link.unmute(),
      );
    const again = async (one: Node) => {
      for (;;) {
        // A supervisor starts it again where it found no database.
        const process = await this.#start(one.name, one.platform, one.database).catch(() => null);
        if (process === null) continue;
        one.process = process;
        one.door.leadTo(process.base);
        return;
      }
    };
    return {
      "platform cut": () => node().platform.cut(),
      "platform silent": () => silent(node().platform),
      "readers cut": () => node().door.cut(),
      "frames damaged": () => rooms.damage(room(), this.#chance.of(["gzip", "truncated"]), 1 + this.#chance.below(3)),
      "messages repeated": () => void rooms.repeat(room()),
      "connection closed": () => rooms.close(room(), this.#chance.of([1001, "frame"] as const)),
      "webhooks refused": () =>
        while_(
          () => {
            receiver.manner = this.#chance.of([answering(500), answering(429), (response) => void response.destroy()]);
          },
          () => {
            receiver.manner = answering(200);
          },
        ),
      "process hangs": () => {
        const { process } = node();
        return while_(
          () => process.signal("SIGSTOP"),
          () => process.signal("SIGCONT"),
        );
      },
      "process killed": async () => {
        const one = node();
        one.process.signal("SIGKILL");
        await one.process.run.ended;
        // Its readers go on at another one meanwhile.
        const other = this.#nodes.find((each) => each !== one);
        if (other !== undefined) one.door.leadTo(other.process.base);
        await again(one);
      },
      "process stopped": async () => {
        const one = node();
        await one.process.stop(); // by its own limit, where a silent database holds it up
        await again(one);
      },
      ...(database !== null && {
        "database cut": () => node().database?.cut(),
        "database silent": () => {
          const { database: way } = node();
          return way === null ? undefined : silent(way);
        },
        ...(database.server !== null && {
          "database restarted": async () => {
            const { server } = database;
            await server?.stop(this.#chance.of(["SIGINT", "SIGQUIT"]));
            await pause(this.#chance.below(longestMs));
            await server?.start();
          },
        }),
      }),
    };
  }

  async #link(url: string, name: string): Promise<FaultyLink> {
    const link = await FaultyLink.to(url, { seed: `${this.#trial.seed}/${name}` });
    this.#links.push(link);
    return link;
  }

  #start(name: string, platform: FaultyLink, database: FaultyLink | null): Promise<ClusterProcess> {
    const env = { DYLIVE_UPSTREAM: platform.url, ...(database !== null && { DATABASE_URL: database.url }) };
    return (this.#cluster as TestCluster).start(name, "all", env);
  }

  /** Opens the store itself, beside all links. */
  async #openStore(name: string): Promise<Store> {
    const { database } = this.#trial;
    if (database !== null) return openPostgresStore({ url: database.url });
    const node = this.#nodes.find((one) => one.name === name);
    return openSqliteStore({ path: join(node?.process.data ?? "", "dylive.sqlite") });
  }

  /** Asks a process directly. */
  async #ask(path: string, json?: object): Promise<unknown> {
    const [node] = this.#nodes;
    const response = await fetch(`${node?.process.base}${path}`, {
      headers: { authorization: `Bearer ${this.#token}`, ...(json !== undefined && { "content-type": "application/json" }) },
      ...(json !== undefined && { method: "POST", body: JSON.stringify(json) }),
    });
    const text = await response.text();
    expect(response.ok, `${path}: ${response.status} ${text}`).toBe(true);
    return JSON.parse(text);
  }

  /** The rooms that are collected, as a process shows them that is asked directly. */
  async #shown(): Promise<readonly RoomStatus[]> {
    const { rooms } = (await this.#ask("/v1/rooms?limit=200")) as { readonly rooms: readonly { readonly status: RoomStatus | null }[] };
    return rooms.flatMap(({ status }) => status ?? []);
  }

  async #isLive(since: number): Promise<boolean> {
    const shown = await this.#shown().catch(() => []); // it may be starting
    this.#seen = JSON.stringify(shown.map((status) => ({ ...status, evidence: { ...status.evidence, counts: null, seen: null } })));
    const isUp = ({ state, evidence }: RoomStatus) =>
      state === "live" && (evidence.lastInteractiveAt ?? 0) >= since && evidence.sessions.every((session) => session.state === "connected");
    return shown.filter(isUp).length === this.#webRids.length;
  }

  /** Waits until every room is live, with people who were heard since a time (ms UTC), and all its sessions are connected. */
  async #live(since = 0): Promise<void> {
    await until(() => this.#isLive(since)).catch((error: unknown) => {
      throw new Error(`rooms are not live: ${this.#seen}`, { cause: error });
    });
  }

  /** Follows all rooms in each way, by the client of the library. */
  #follow(): void {
    const rooms = this.#keys.map((key) => `room:${key}`);
    for (const [n, by] of WAYS.entries()) {
      const door = this.#nodes[n % this.#nodes.length]?.door;
      const client = new DyliveClient({ url: door?.url ?? "", token: this.#token, WebSocket: WebSocket as never });
      for (const some of by === "poll" ? rooms.map((room) => [room]) : [rooms])
        void this.#readOn(client, by, some).catch((error: unknown) => this.#failures.push(error));
    }
  }

  async #readOn(client: DyliveClient, by: (typeof WAYS)[number], rooms: readonly string[]): Promise<void> {
    const come = new Map<number, number>();
    const { signal } = this.#end;
    const onState = ({ open }: { readonly open: boolean }) => {
      if (!open) this.#lost++;
    };
    for await (const event of client.follow(rooms, { by, after: "0", types: EVENT_TYPES, signal, onState })) {
      const { room, seq, id } = event;
      const at = performance.now();
      const after = come.get(room) ?? 0;
      come.set(room, seq);
      this.#reads.push({ client: by, room, from: at, to: at, after, scanned: seq, head: null, events: [{ seq, id, text: textOf(event) }] });
    }
    if (!signal.aborted) throw new Error(`the reader by ${by} ended`);
  }
}

async function withStore<T>(opening: Store | Promise<Store>, work: (store: Store) => Promise<T> | T): Promise<T> {
  const store = await opening;
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function logOf({ log }: Store, room: number): Promise<readonly Msg[]> {
  const all: Msg[] = [];
  for (let after = 0; ; ) {
    const page = await log.readRoom(room, after, 5000);
    for (const event of page.events) all.push({ seq: event.seq, id: event.id, text: textOf(event) });
    after = page.scanned;
    if (after >= page.head) return all;
  }
}

/** All of an event in a short text, so that no two contents pass for one. */
function textOf(event: object): string {
  const text = JSON.stringify(event);
  return `${hash32(text).toString(16)} ${text.length}`;
}
