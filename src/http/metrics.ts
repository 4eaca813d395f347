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

/** Buckets in seconds: from the time that the platform's push takes, up to what only a stall explains. */
const LAG_BUCKETS_S = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300];
/** Buckets in seconds: quick answers, and those that wait for an event. */
const REQUEST_BUCKETS_S = [0.005, 0.025, 0.1, 0.5, 1, 5, 10, 30, 60];
/** Sources whose events come as they happen: only for those does the lag say something. */
const LIVE_SOURCES: ReadonlySet<string> = new Set(["websocket", "browser", "official"]);

/** Buckets in seconds: from a group commit on a disk of one's own, up to a database that does not keep up. */
const APPEND_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Buckets in seconds: what is always so, what delays answers (0.05), and what must never be (0.25). */
const HELD_BUCKETS_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** Interval between looks of Node's own timer at the event loop, in ms: what it measures has this much in it. */
const LOOP_LOOK_MS = 10;
/** Interval between readings of it, in ms. */
const LOOP_READ_MS = 1_000;
/** Time for which the readings are remembered, in ms. */
const LOOP_KEPT_MS = 600_000;

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
}

/** Counts what the process does, for Prometheus. The names are part of the interface: `docs/grafana.json` shows them. */
export class Metrics {
  readonly #clock: Clock;
  readonly #registry = new Registry();
  readonly #events = this.#counter("dylive_events_total", "Events stored by this process, by type; test events are left out", ["type"]);
  readonly #lag = new Histogram({
    name: "dylive_event_lag_seconds",
    help: "From the platform's time of an event until it was stored; events whose time is estimated are left out",
    buckets: LAG_BUCKETS_S,
    registers: [this.#registry],
  });
  readonly #gaps = this.#counter("dylive_gaps_total", "Intervals in which we know that nothing was received");
  readonly #gapSeconds = this.#counter("dylive_gap_seconds_total", "Length of those intervals, as far as it is known");
  readonly #reconnects = this.#counter("dylive_reconnects_total", "Connections to the platform that had to be made again");
  readonly #received = this.#counter(
    "dylive_received_messages_total",
    "Messages that came from the platform; dylive_events_total is what was stored",
  );
  readonly #waiting = this.#gauge("dylive_waiting_messages", "Messages that came and are not in the log yet", []);
  readonly #waitingSeconds = this.#gauge(
    "dylive_waiting_seconds",
    "For how long the oldest of them has waited, of any room; 0 when none waits",
    [],
  );
  readonly #drops = this.#counter("dylive_dropped_messages_total", "Messages that were not stored, by reason", ["reason"]);
  readonly #rooms = this.#gauge("dylive_rooms", "Rooms by state; none: known, but not collected", ["state"]);
  readonly #sessions = this.#gauge("dylive_sessions", "Sessions that watch rooms, by state", ["state"]);
  readonly #sessionsLost = this.#gauge(
    "dylive_sessions_lost",
    "Sessions that watch rooms and have lost their account, or for 90 seconds their connection",
    [],
  );
  readonly #sessionsGifts = this.#gauge("dylive_sessions_gifts", "Sessions that watch rooms, by whether gifts reach them", ["gifts"]);
  readonly #roomsGifts = this.#gauge("dylive_rooms_gifts", "Rooms that are collected, by whether gifts reach us", ["gifts"]);
  readonly #readers = this.#gauge("dylive_readers", "Readers of events that are connected now, by kind", ["kind"]);
  readonly #queued = new Gauge({
    name: "dylive_reader_queued_bytes",
    help: "Bytes that wait for readers of live streams to take them",
    registers: [this.#registry],
  });
  readonly #cut = this.#counter("dylive_readers_cut_total", "Readers of live streams that were cut for being slow");
  readonly #httpConnections = this.#gauge("dylive_http_connections", "Open connections to the API", []);
  readonly #httpWaiting = this.#gauge("dylive_http_waiting_bytes", "Bytes that wait for clients of the API to take them", []);
  readonly #httpCut = this.#counter(
    "dylive_http_connections_cut_total",
    "Connections to the API that were cut: too many, or too much waited for them",
  );
  readonly #behind = new Gauge({
    name: "dylive_statistics_behind_events",
    help: "Events that the statistics have still to look at",
    registers: [this.#registry],
  });
  readonly #diskFree = new Gauge({
    name: "dylive_disk_free_bytes",
    help: "Bytes left on the disk of the data folder; -1 while unknown",
    registers: [this.#registry],
  });
  readonly #buffer = this.#gauge("dylive_buffer_bytes", "Memory of what was received and waits to be stored", []);
  readonly #bufferMax = this.#gauge(
    "dylive_buffer_max_bytes",
    "Memory of what waits to be stored at which connections to the platform are not read",
    [],
  );
  readonly #takeovers = this.#counter(
    "dylive_room_takeovers_total",
    "Rooms that this process got in a cluster, by how: they had no process (free), or theirs was gone (dead)",
    ["how"],
  );
  readonly #downloads = this.#gauge("dylive_downloads", "Downloads of works under way in this process, by state", ["state"]);
  readonly #downloadsEnded = this.#counter("dylive_downloads_ended_total", "Downloads of works that ended in this process, by state", [
    "state",
  ]);
  readonly #hooks = this.#gauge("dylive_hooks", "Webhooks by state", ["state"]);
  readonly #hookBacklog = this.#gauge("dylive_hook_backlog_events", "Events of the log that a webhook has not come to", ["hook"]);
  readonly #hookTries = this.#counter("dylive_hook_requests_total", "Requests to receivers of webhooks, by outcome", ["hook", "outcome"]);
  readonly #sidecars = this.#gauge("dylive_sidecars", "Folders of recordings beside which danmaku are written, by whether that succeeds", [
    "state",
  ]);
  readonly #authors = this.#gauge("dylive_author_watches", "Authors who are watched, by how the last look ended; none: not looked at yet", [
    "outcome",
  ]);
  readonly #giftList = this.#gauge(
    "dylive_gift_list_age_seconds",
    "Age of the platform's list of gifts in the catalogue; -1: it was never read",
    [],
  );
  readonly #requests = this.#counter("dylive_http_requests_total", "Answers, by route, method and status", ["route", "method", "status"]);
  readonly #requestSeconds = new Histogram({
    name: "dylive_http_request_seconds",
    help: "From a request to its answer; those that wait for an event included",
    labelNames: ["route"],
    buckets: REQUEST_BUCKETS_S,
    registers: [this.#registry],
  });
  readonly #appendSeconds = new Histogram({
    name: "dylive_append_seconds",
    help: "From the asking for an append until its events were on disk",
    buckets: APPEND_BUCKETS_S,
    registers: [this.#registry],
  });
  readonly #loopHeld = new Histogram({
    name: "dylive_event_loop_held_seconds",
    help: "Longest time in each second for which one piece of work kept everything else waiting",
    buckets: HELD_BUCKETS_S,
    registers: [this.#registry],
  });
  readonly #away = this.#gauge("dylive_database_away_seconds", "For how long the database has been missed; 0 while it is there", []);
  readonly #connections = this.#gauge("dylive_database_connections", "Connections to the database by state; waiting: calls without one", [
    "state",
  ]);
  /** Readings of the event loop of the last ten minutes, oldest first. */
  readonly #holds: { readonly at: number; readonly ms: number }[] = [];
  readonly #sources: MetricSources = { readers: {} };
  readonly #seen = new Map<RoomKey, SeenCounts>();
  readonly #hooksSeen = new Map<string, Pick<HookFigures, "delivered" | "failed">>();
  #httpCutSeen = 0;
  #lookAtTakeovers: () => Readonly<Record<string, number>> = () => ({});
  #takeoversSeen: Readonly<Record<string, number>> = {};
  #downloadsSeen: DownloadFigures["ended"] = {};
  #cutSeen = 0;

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
    clock.every(LOOP_READ_MS, () => {
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

  /** Sets how to ask how many rooms came to this process in a cluster, by how. */
  lookAtTakeovers(look: () => Readonly<Record<string, number>>): void {
    this.#lookAtTakeovers = look;
  }

  /**
   * Writes all metrics in Prometheus' text form.
   * @param statuses of every known room; null where one is not collected
   * @param server of a store in a server of its own
   */
  async text(statuses: readonly (RoomStatus | null)[], server?: StoreServer): Promise<string> {
    if (server !== undefined) this.#showServer(server);
    const { live, http, buffer, ...sources } = this.#sources;
    // Without the store nothing new is known of them; the rest must be seen then above all.
    const hooks = await sources.hooks?.().catch(() => undefined);
    const authors = await sources.authors?.().catch(() => undefined);
    const behind = await sources.behind?.().catch(() => undefined);
    if (behind !== undefined) this.#behind.set(behind);
    const listAgeMs = await (sources.giftListAgeMs ?? (async () => null))().catch(() => undefined);
    if (listAgeMs !== undefined) this.#giftList.set(listAgeMs === null ? -1 : listAgeMs / 1000);
    const states = countsOf(statuses.map((status) => status?.state ?? "none"));
    for (const state of [...ROOM_STATES, "none"]) this.#rooms.set({ state }, states.get(state) ?? 0);
    const ofGifts = countsOf(statuses.flatMap((status) => status?.evidence.gifts ?? []));
    for (const gifts of GIFTS_STATES) this.#roomsGifts.set({ gifts }, ofGifts.get(gifts) ?? 0);
    this.#count(statuses.flatMap((status) => status ?? []));
    this.#showSessions(statuses.flatMap((status) => status?.evidence ?? []));
    this.#showWaiting(statuses.flatMap((status) => status?.evidence.storage ?? []));
    for (const [kind, count] of Object.entries(sources.readers)) this.#readers.set({ kind }, count());
    const { queuedBytes = 0, cutForSlowness = 0 } = live?.() ?? {};
    this.#queued.set(queuedBytes);
    this.#cut.inc(cutForSlowness - this.#cutSeen);
    this.#cutSeen = cutForSlowness;
    const { size = 0, waitingBytes = 0, cutConnections = 0 } = http ?? {};
    this.#httpConnections.set(size);
    this.#httpWaiting.set(waitingBytes);
    this.#httpCut.inc(cutConnections - this.#httpCutSeen);
    this.#httpCutSeen = cutConnections;
    const sidecars = sources.sidecars?.() ?? [];
    const failing = sidecars.filter(({ trouble }) => trouble !== null).length;
    this.#sidecars.set({ state: "running" }, sidecars.length - failing);
    this.#sidecars.set({ state: "failing" }, failing);
    this.#diskFree.set(sources.diskFree?.() ?? -1);
    if (buffer !== undefined) {
      this.#buffer.set(buffer.bytes);
      this.#bufferMax.set(buffer.maxBytes);
    }
    const takeovers = { ...this.#lookAtTakeovers() };
    for (const [how, n] of Object.entries(takeovers)) this.#takeovers.inc({ how }, n - (this.#takeoversSeen[how] ?? 0));
    this.#takeoversSeen = takeovers;
    this.#showDownloads(sources.downloads?.() ?? { waiting: 0, running: 0, ended: {} });
    if (hooks !== undefined) this.#showHooks(hooks);
    if (authors !== undefined) {
      for (const outcome of [...LOOK_OUTCOMES, "none"]) this.#authors.set({ outcome }, 0);
      for (const { outcome, count } of authors) this.#authors.set({ outcome: outcome ?? "none" }, count);
    }
    return this.#registry.metrics();
  }

  #forgetHolds(): void {
    while (this.#clock.now() - (this.#holds[0]?.at ?? Number.POSITIVE_INFINITY) > LOOP_KEPT_MS) this.#holds.shift();
  }

  #showSessions(rooms: readonly RoomStatus["evidence"][]): void {
    const sessions = rooms.flatMap((room) => room.sessions);
    const states = countsOf(sessions.map(({ state }) => state));
    for (const state of SESSION_STATES) this.#sessions.set({ state }, states.get(state) ?? 0);
    this.#sessionsLost.set(sessions.filter(({ lost }) => lost !== null).length);
    const ofGifts = countsOf(sessions.map(({ gifts }) => gifts));
    for (const gifts of GIFTS_STATES) this.#sessionsGifts.set({ gifts }, ofGifts.get(gifts) ?? 0);
  }

  #showWaiting(rooms: readonly RoomStatus["evidence"]["storage"][]): void {
    const oldest = rooms.reduce((least, { waitingSince }) => Math.min(least, waitingSince ?? least), Number.POSITIVE_INFINITY);
    this.#waiting.set(rooms.reduce((sum, { waiting }) => sum + waiting, 0));
    this.#waitingSeconds.set(Number.isFinite(oldest) ? Math.max(0, this.#clock.now() - oldest) / 1000 : 0);
  }

  #showDownloads({ waiting, running, ended }: DownloadFigures): void {
    this.#downloads.set({ state: "waiting" }, waiting);
    this.#downloads.set({ state: "running" }, running);
    for (const [state, n] of Object.entries(ended)) this.#downloadsEnded.inc({ state }, n - (this.#downloadsSeen[state] ?? 0));
    this.#downloadsSeen = ended;
  }

  #showServer({ away, connections }: StoreServer): void {
    this.#away.set(away === null ? 0 : Math.max(0, this.#clock.now() - away.since) / 1000);
    for (const [state, count] of Object.entries(connections)) this.#connections.set({ state }, count);
  }

  #showHooks(hooks: readonly HookFigures[]): void {
    for (const state of HOOK_STATES) this.#hooks.set({ state }, 0);
    for (const { state } of hooks) this.#hooks.inc({ state });
    // One that was removed is no longer shown, or making and removing them would add series forever.
    this.#hookBacklog.reset();
    for (const id of this.#hooksSeen.keys()) {
      if (hooks.some((hook) => hook.id === id)) continue;
      for (const outcome of ["delivered", "failed"]) this.#hookTries.remove({ hook: id, outcome });
      this.#hooksSeen.delete(id);
    }
    for (const { id, backlog, delivered, failed } of hooks) {
      const before = this.#hooksSeen.get(id);
      this.#hookBacklog.set({ hook: id }, backlog);
      this.#hookTries.inc({ hook: id, outcome: "delivered" }, grown(before?.delivered, delivered));
      this.#hookTries.inc({ hook: id, outcome: "failed" }, grown(before?.failed, failed));
      this.#hooksSeen.set(id, { delivered, failed });
    }
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

  #gauge<T extends string>(name: string, help: string, labelNames: readonly T[]): Gauge<T> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }
}

function countsOf(values: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** Returns by how much a count grew; one that fell started over. */
function grown(before = 0, now: number): number {
  return now >= before ? now - before : now;
}
