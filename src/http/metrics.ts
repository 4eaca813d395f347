import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { NewEvent } from "../events/event.js";
import { isTest } from "../events/test-event.js";
import type { SidecarView } from "../exports/sidecars.js";
import { GIFTS_STATES } from "../health/gifts-watch.js";
import { SESSION_STATES } from "../health/sessions.js";
import { ROOM_STATES, type RoomStatus } from "../health/state.js";
import type { Clock } from "../runtime/clock.js";
import type { PendingBytes } from "../runtime/rate-limiter.js";
import type { RoomKey } from "../store/log.js";
import type { AuthorWatches } from "../store/sql/author-watches.js";
import type { StoreServer } from "../store/store.js";
import type { HookFigures } from "../webhooks/runner.js";
import { HOOK_STATES } from "../webhooks/webhook-service.js";
import type { DownloadFigures } from "../works/download-service.js";
import { LOOK_OUTCOMES } from "../works/model/author-watch.js";

/** Sources whose events come as they happen: only for those does the lag say something. */
const LIVE_SOURCES: ReadonlySet<string> = new Set(["websocket", "browser", "official"]);
/** Interval between looks of Node's own timer at the event loop, in ms: what it measures has this much in it. */
const LOOP_LOOK_MS = 10;

/** Counts of a room when it was last looked at. */
interface SeenCounts {
  reconnects: number;
  received: number;
  drops: Readonly<Record<string, number>>;
}

/** Where the figures come from that are asked for when the metrics are; what a process does not do is left out. */
interface MetricSources {
  /** Counts readers of events, by kind. */
  readers: Readonly<Record<string, () => number>>;
  live?: () => {
    readonly queuedBytes: number;
    /** Readers cut since the start. */
    readonly cutForSlowness: number;
  };
  http?: {
    /** Open connections. */
    readonly size: number;
    /** Bytes that wait for clients to take them. */
    readonly waitingBytes: number;
    /** Connections cut since the start because there were too many, or too much waited for them. */
    readonly cutConnections: number;
  };
  /** Memory of what waits to be stored. */
  buffer?: PendingBytes;
  /** Bytes that the disk of the data folder has left; null if unknown. */
  diskFree?: () => number | null;
  /** Events that the statistics are behind. */
  behind?: () => Promise<number>;
  /** Age of the list of gifts, in ms; null if it was never read. */
  giftListAgeMs?: () => Promise<number | null>;
  hooks?: () => Promise<readonly HookFigures[]>;
  authors?: AuthorWatches["outcomes"];
  sidecars?: () => readonly Pick<SidecarView, "trouble">[];
  downloads?: () => DownloadFigures;
  /** Rooms that came to this process in a cluster, by how. */
  takeovers?: () => Readonly<Record<string, number>>;
}

type Labels = Readonly<Record<string, string>>;
/** Values of a metric: one, or of each of its labels. */
type Values = number | readonly (readonly [labels: Labels, value: number])[];

/**
 * Counts what the process does, for Prometheus; other figures are asked for when they are shown. The names are part of the interface:
 * `docs/grafana.json` shows them.
 */
export class Metrics {
  readonly #clock: Clock;
  readonly #registry = new Registry();
  readonly #events = this.#counter("dylive_events_total", "Events stored by this process, by type; test events are left out", ["type"]);
  readonly #gaps = this.#counter("dylive_gaps_total", "Intervals in which we know that nothing was received");
  readonly #gapSeconds = this.#counter("dylive_gap_seconds_total", "Length of those intervals, as far as it is known");
  readonly #reconnects = this.#counter("dylive_reconnects_total", "Connections to the platform that had to be made again");
  readonly #received = this.#counter(
    "dylive_received_messages_total",
    "Messages that came from the platform; dylive_events_total is what was stored",
  );
  readonly #drops = this.#counter("dylive_dropped_messages_total", "Messages that were not stored, by reason", ["reason"]);
  readonly #requests = this.#counter("dylive_http_requests_total", "Answers, by route, method and status", ["route", "method", "status"]);
  // Buckets from the time that the platform's push takes, up to what only a stall explains.
  readonly #lag = this.#histogram(
    "dylive_event_lag_seconds",
    "From the platform's time of an event until it was stored; events whose time is estimated are left out",
    [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300],
  );
  // Quick answers, and those that wait for an event.
  readonly #requestSeconds = this.#histogram(
    "dylive_http_request_seconds",
    "From a request to its answer; those that wait for an event included",
    [0.005, 0.025, 0.1, 0.5, 1, 5, 10, 30, 60],
    ["route"],
  );
  // From a group commit on a disk of one's own, up to a database that does not keep up.
  readonly #appendSeconds = this.#histogram(
    "dylive_append_seconds",
    "From the asking for an append until its events were on disk",
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  );
  // What is always so, what delays answers (0.05), and what must never be (0.25).
  readonly #loopHeld = this.#histogram(
    "dylive_event_loop_held_seconds",
    "Longest time in each second for which one piece of work kept everything else waiting",
    [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  );
  /** Readings of the event loop of the last ten minutes, oldest first. */
  readonly #holds: { readonly at: number; readonly ms: number }[] = [];
  readonly #sources: MetricSources = { readers: {} };
  readonly #seen = new Map<RoomKey, SeenCounts>();

  /** @param ofProcess also memory, CPU, garbage collection and event loop: once per process, since Node keeps its observers */
  constructor(clock: Clock, ofProcess = false) {
    this.#clock = clock;
    if (!ofProcess) return;
    collectDefaultMetrics({ register: this.#registry });
    // What nodejs_active_resources tells, too, of each of thousands of sockets.
    for (const name of ["handles", "handles_total", "requests", "requests_total"])
      this.#registry.removeSingleMetric(`nodejs_active_${name}`);
    const delay = monitorEventLoopDelay({ resolution: LOOP_LOOK_MS });
    delay.enable();
    clock.every(1_000, () => {
      if (delay.count > 0) this.heldLoop(Math.max(0, delay.max / 1e6 - LOOP_LOOK_MS));
      delay.reset();
    });
  }

  /** The media type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Counts events that were just stored. Test events are none that happened. */
  stored(events: readonly NewEvent[]): void {
    const now = this.#clock.now();
    for (const event of events) {
      if (isTest(event)) continue;
      this.#events.inc({ type: event.type });
      if (LIVE_SOURCES.has(event.source) && event.timeEstimated !== true && event.history !== true && event.method !== "dylive")
        this.#lag.observe(Math.max(0, now - event.time) / 1000);
      if (event.type !== "gap") continue;
      this.#gaps.inc();
      if (event.from !== null) this.#gapSeconds.inc(Math.max(0, event.to - event.from) / 1000);
    }
  }

  /** Counts an append, whatever became of it. */
  appended(ms: number): void {
    this.#appendSeconds.observe(ms / 1000);
  }

  /** Counts a second by the longest time in it for which the event loop was held. */
  heldLoop(ms: number): void {
    this.#loopHeld.observe(ms / 1000);
    this.#holds.push({ at: this.#clock.now(), ms });
    this.#forgetHolds();
  }

  /** Longest time within the last ten minutes for which the event loop was held, in ms; 0 where it was not measured. */
  get longestHoldMs(): number {
    this.#forgetHolds();
    return this.#holds.reduce((longest, { ms }) => Math.max(longest, ms), 0);
  }

  /** Adds sources of figures. */
  watch(sources: Partial<MetricSources>): void {
    Object.assign(this.#sources, sources);
  }

  /** Counts an answer. `route` is the route's pattern, so that clients cannot make up new ones. */
  answered(route: string, method: string, status: number, ms: number): void {
    this.#requests.inc({ route, method, status });
    this.#requestSeconds.observe({ route }, ms / 1000);
  }

  /**
   * Writes all metrics in Prometheus' text form. What the store cannot say now is NaN, or has no values: the rest must be seen then above all.
   * @param statuses of every known room; null where one is not collected
   * @param server of a store in a server of its own
   */
  async text(statuses: readonly (RoomStatus | null)[], server?: StoreServer): Promise<string> {
    const { readers, live, http, buffer, diskFree, takeovers, sidecars, downloads, ...asked } = this.#sources;
    const collected = statuses.flatMap((status) => status ?? []);
    this.#count(collected);
    const registry = new Registry();
    const show = (metric: Gauge<string> | Counter<string>, values: Values) => {
      if (typeof values === "number") metric.inc(values);
      else for (const [labels, value] of values) metric.inc(labels, value);
    };
    const gauge = (name: string, help: string, values: Values, ...labelNames: readonly string[]) =>
      show(new Gauge({ name, help, labelNames, registers: [registry] }), values);
    const counter = (name: string, help: string, values: Values, ...labelNames: readonly string[]) =>
      show(new Counter({ name, help, labelNames, registers: [registry] }), values);

    const states = statuses.map((status) => status?.state ?? "none");
    gauge("dylive_rooms", "Rooms by state; none: known, but not collected", counted("state", [...ROOM_STATES, "none"], states), "state");
    const evidence = collected.map((status) => status.evidence);
    const roomsGifts = evidence.map(({ gifts }) => gifts);
    gauge("dylive_rooms_gifts", "Rooms that are collected, by whether gifts reach us", counted("gifts", GIFTS_STATES, roomsGifts), "gifts");
    const waiting = evidence.reduce((sum, { storage }) => sum + storage.waiting, 0);
    gauge("dylive_waiting_messages", "Messages that came and are not in the log yet", waiting);
    const oldest = evidence.reduce((least, { storage }) => Math.min(least, storage.waitingSince ?? least), Number.POSITIVE_INFINITY);
    const waitingMs = Math.max(0, this.#clock.now() - oldest);
    gauge("dylive_waiting_seconds", "For how long the oldest of them has waited, of any room; 0 when none waits", waitingMs / 1000);

    const sessions = evidence.flatMap((room) => room.sessions);
    const sessionStates = sessions.map(({ state }) => state);
    gauge("dylive_sessions", "Sessions that watch rooms, by state", counted("state", SESSION_STATES, sessionStates), "state");
    gauge(
      "dylive_sessions_lost",
      "Sessions that watch rooms and have lost their account, or for 90 seconds their connection",
      sessions.filter(({ lost }) => lost !== null).length,
    );
    const sessionGifts = sessions.map(({ gifts }) => gifts);
    gauge(
      "dylive_sessions_gifts",
      "Sessions that watch rooms, by whether gifts reach them",
      counted("gifts", GIFTS_STATES, sessionGifts),
      "gifts",
    );

    const reading = Object.fromEntries(Object.entries(readers).map(([kind, count]) => [kind, count()]));
    gauge("dylive_readers", "Readers of events that are connected now, by kind", labelled("kind", reading), "kind");
    const { queuedBytes = 0, cutForSlowness = 0 } = live?.() ?? {};
    gauge("dylive_reader_queued_bytes", "Bytes that wait for readers of live streams to take them", queuedBytes);
    counter("dylive_readers_cut_total", "Readers of live streams that were cut for being slow", cutForSlowness);
    gauge("dylive_http_connections", "Open connections to the API", http?.size ?? 0);
    gauge("dylive_http_waiting_bytes", "Bytes that wait for clients of the API to take them", http?.waitingBytes ?? 0);
    counter(
      "dylive_http_connections_cut_total",
      "Connections to the API that were cut: too many, or too much waited for them",
      http?.cutConnections ?? 0,
    );

    gauge("dylive_buffer_bytes", "Memory of what was received and waits to be stored", buffer?.bytes ?? 0);
    gauge(
      "dylive_buffer_max_bytes",
      "Memory of what waits to be stored at which connections to the platform are not read",
      buffer?.maxBytes ?? 0,
    );
    const awayMs = server?.away ? Math.max(0, this.#clock.now() - server.away.since) : 0;
    gauge("dylive_database_away_seconds", "For how long the database has been missed; 0 while it is there", awayMs / 1000);
    const connections = labelled("state", { ...server?.connections });
    gauge("dylive_database_connections", "Connections to the database by state; waiting: calls without one", connections, "state");
    gauge("dylive_disk_free_bytes", "Bytes left on the disk of the data folder; -1 while unknown", diskFree?.() ?? -1);
    counter(
      "dylive_room_takeovers_total",
      "Rooms that this process got in a cluster, by how: they had no process (free), or theirs was gone (dead)",
      labelled("how", takeovers?.() ?? {}),
      "how",
    );

    const { ended, ...downloading } = downloads?.() ?? { waiting: 0, running: 0, ended: {} };
    gauge("dylive_downloads", "Downloads of works under way in this process, by state", labelled("state", downloading), "state");
    counter("dylive_downloads_ended_total", "Downloads of works that ended in this process, by state", labelled("state", ended), "state");
    const beside = (sidecars?.() ?? []).map(({ trouble }) => (trouble === null ? "running" : "failing"));
    gauge(
      "dylive_sidecars",
      "Folders of recordings beside which danmaku are written, by whether that succeeds",
      counted("state", ["running", "failing"], beside),
      "state",
    );

    const listAgeMs = await (asked.giftListAgeMs ?? (async () => null))().catch(() => Number.NaN);
    const listAge = listAgeMs === null ? -1 : listAgeMs / 1000;
    gauge("dylive_gift_list_age_seconds", "Age of the platform's list of gifts in the catalogue; -1: it was never read", listAge);
    const behind = await (asked.behind ?? (async () => 0))().catch(() => Number.NaN);
    gauge("dylive_statistics_behind_events", "Events that the statistics have still to look at", behind);
    const authors = await asked.authors?.().catch(() => undefined);
    const outcomes = Object.fromEntries([...LOOK_OUTCOMES, "none"].map((outcome) => [outcome, 0]));
    for (const { outcome, count } of authors ?? []) outcomes[outcome ?? "none"] = count;
    gauge(
      "dylive_author_watches",
      "Authors who are watched, by how the last look ended; none: not looked at yet",
      authors === undefined ? [] : labelled("outcome", outcomes),
      "outcome",
    );
    const hooks = await asked.hooks?.().catch(() => undefined);
    const hookStates = hooks?.map(({ state }) => state);
    gauge("dylive_hooks", "Webhooks by state", hookStates === undefined ? [] : counted("state", HOOK_STATES, hookStates), "state");
    gauge(
      "dylive_hook_backlog_events",
      "Events of the log that a webhook has not come to",
      (hooks ?? []).map(({ id, backlog }) => [{ hook: id }, backlog]),
      "hook",
    );
    const tries = (hooks ?? []).flatMap(({ id, delivered, failed }) =>
      Object.entries({ delivered, failed }).map(([outcome, count]) => [{ hook: id, outcome }, count] as const),
    );
    counter("dylive_hook_requests_total", "Requests to receivers of webhooks, by outcome", tries, "hook", "outcome");
    return `${await this.#registry.metrics()}${await registry.metrics()}`;
  }

  #forgetHolds(): void {
    while (this.#clock.now() - (this.#holds[0]?.at ?? Number.POSITIVE_INFINITY) > 600_000) this.#holds.shift();
  }

  /** Counts rooms on: a room's own counts begin when its collection begins. There may be thousands, and a counter takes longer than a sum. */
  #count(statuses: readonly RoomStatus[]): void {
    let [reconnected, received] = [0, 0];
    const dropped = new Map<string, number>();
    for (const { room, evidence } of statuses) {
      const { reconnects, drops, storage } = evidence;
      const before = this.#seen.get(room);
      reconnected += grown(before?.reconnects, reconnects);
      received += grown(before?.received, storage.received);
      for (const [reason, count] of Object.entries(drops))
        dropped.set(reason, (dropped.get(reason) ?? 0) + grown(before?.drops[reason], count));
      this.#seen.set(room, { reconnects, received: storage.received, drops });
    }
    this.#reconnects.inc(reconnected);
    this.#received.inc(received);
    for (const [reason, count] of dropped) this.#drops.inc({ reason }, count);
  }

  #counter<T extends string = never>(name: string, help: string, labelNames: readonly T[] = []): Counter<T> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram<T extends string = never>(name: string, help: string, buckets: number[], labelNames: readonly T[] = []): Histogram<T> {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.#registry] });
  }
}

function labelled(label: string, values: Readonly<Record<string, number>>): Values {
  return Object.entries(values).map(([name, value]) => [{ [label]: name }, value]);
}

/** Counts how often each of the possible values was found. */
function counted(label: string, possible: readonly string[], found: readonly string[]): Values {
  return possible.map((one) => [{ [label]: one }, found.filter((value) => value === one).length]);
}

/** Returns by how much a count grew; one that fell started over. */
function grown(before = 0, now: number): number {
  return now >= before ? now - before : now;
}
