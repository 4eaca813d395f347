import type { Collector } from "../collector/collector.js";
import { reportOf, writeReport } from "../collector/report.js";
import { type Clock, monotonicMs } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { Membership, WantedRoomReport, WantedRooms } from "../store/cluster.js";
import { Waker } from "../store/waker.js";
import type { LeasedCollectors } from "./leased-collectors.js";

/** Pause between heartbeats, in ms: how soon the rooms of a process that died are noticed. */
const BEAT_MS = 400;
/** Shortest pause between heartbeats that were woken, in ms: many wanted rooms may come at once. */
const WOKEN_MS = 100;
/** Time without a heartbeat after which the jobs of this process end, in ms: another process may have them soon. */
const UNSURE_MS = 9000;
/** Shortest time between reports of changed counts, in ms, and for each room: they change all the time. */
const COUNTS_MS = 1000;
const COUNTS_MS_PER_ROOM = 10;
/** Longest time between reports on a room without news, in ms: a database that crashed has forgotten them. */
const AGAIN_MS = 30_000;

/** Report of a room as last published. */
interface Published {
  /** The part that must be known at once. */
  readonly gist: string;
  readonly text: string;
  readonly at: number;
}

/** Work that one process of the cluster does at a time. */
interface Job {
  readonly start: () => Promise<() => Promise<unknown>>;
  isMine: boolean;
  /** What ends it, once it has begun. */
  end: Promise<(() => Promise<unknown>) | null>;
}

interface HeartbeatDeps {
  readonly membership: Pick<Membership, "id" | "beat">;
  readonly wantedRooms: Pick<WantedRooms, "wakes" | "report">;
  readonly collectors: Pick<LeasedCollectors, "now" | "held" | "follow" | "changes">;
  readonly clock: Clock;
  /** Called for the first beat, or report, that failed after one that did not, and for each job that fails. */
  readonly onError: (error: unknown, doing: string) => void;
}

/**
 * The link of a process to its cluster. Each beat says that the process lives and how its rooms are doing, and brings what it is to do: the
 * rooms that it collects, and the jobs that one process does at a time.
 */
export class Heartbeat {
  readonly #deps: HeartbeatDeps;
  readonly #stop = new AbortController();
  readonly #waker = new Waker();
  readonly #jobs = new Map<string, Job>();
  readonly #published = new Map<string, Published>();
  #running: Promise<void> = Promise.resolve();
  #publishing: Promise<void> | null = null;
  #isPublished = true;
  /** Monotonic time at which the last beat that succeeded was sent. */
  #sureAt = Number.POSITIVE_INFINITY;

  constructor(deps: HeartbeatDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { clock, wantedRooms, collectors } = this.#deps;
    const { signal } = this.#stop;
    const stopTicking = clock.every(BEAT_MS, () => {
      if (monotonicMs(clock) - this.#sureAt >= UNSURE_MS) this.#work([]);
      this.#waker.notify();
    });
    void this.#wakeBy(wantedRooms.wakes(signal));
    void this.#wakeBy(collectors.changes.wakes(signal));
    this.#running = this.#run(signal).finally(stopTicking);
  }

  /** Resolves when no beat is under way. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.rest();
  }

  /** Does a job whenever this process is the one that has it. @param start begins it, and answers with what ends it */
  hold(name: string, start: Job["start"]): void {
    this.#jobs.set(name, { start, isMine: false, end: Promise.resolve(null) });
    this.#waker.notify();
  }

  /** Ends the jobs. They still belong to this process until it leaves the cluster. */
  async rest(): Promise<void> {
    const jobs = [...this.#jobs.values()];
    this.#work([]);
    this.#jobs.clear();
    await Promise.all(jobs.map(({ end }) => end));
  }

  async #wakeBy(wakes: AsyncIterable<void>): Promise<void> {
    for await (const _ of wakes) this.#waker.notify();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { membership, clock, collectors, onError } = this.#deps;
    let failing = false;
    for await (const _ of this.#waker.wakes(signal)) {
      try {
        const sentAt = monotonicMs(clock);
        const assignment = await membership.beat({ ...collectors.now, jobs: [...this.#jobs.keys()] });
        this.#sureAt = sentAt;
        failing = false;
        if (signal.aborted) return;
        collectors.follow(assignment);
        // The process may have hung while it waited for the answer.
        this.#work(monotonicMs(clock) - sentAt < UNSURE_MS ? assignment.jobs : []);
        // No beat waits for it.
        this.#publishing ??= this.#publish().finally(() => {
          this.#publishing = null;
        });
      } catch (error) {
        if (error instanceof DyliveError && error.code === "stopping") return;
        if (!failing) onError(error, "cluster membership");
        failing = true;
      }
      await clock.sleep(WOKEN_MS, signal).catch(() => {});
    }
  }

  /** Begins the jobs of this process, and ends those of others. */
  #work(mine: readonly string[]): void {
    for (const [name, job] of this.#jobs) {
      const isMine = mine.includes(name);
      if (isMine === job.isMine) continue;
      job.isMine = isMine;
      job.end = job.end
        .then(async (end) => {
          if (isMine) return job.start();
          await end?.();
          return null;
        })
        .catch((error: unknown) => {
          job.isMine = false; // the next beat tries again
          this.#deps.onError(error, name);
          return null;
        });
    }
  }

  /** Stores reports on the rooms of this process, for the others: what is new, of all rooms in one statement. */
  async #publish(): Promise<void> {
    const { membership, wantedRooms, collectors, clock, onError } = this.#deps;
    const now = monotonicMs(clock);
    for (const key of this.#published.keys()) if (!collectors.held.has(key)) this.#published.delete(key);
    const everyMs = Math.max(COUNTS_MS, COUNTS_MS_PER_ROOM * collectors.held.size);
    const news: WantedRoomReport[] = [];
    const published = new Map<string, Published>();
    for (const [key, collector] of collectors.held) {
      const last = this.#published.get(key);
      const gist = gistOf(collector);
      if (last?.gist === gist && now - last.at < everyMs) continue;
      const text = writeReport(reportOf(collector));
      if (last?.gist === gist && last.text === text && now - last.at < AGAIN_MS) continue;
      news.push({ key, report: text });
      published.set(key, { gist, text, at: now });
    }
    try {
      if (news.length > 0) await wantedRooms.report(membership.id, news);
      for (const [key, last] of published) this.#published.set(key, last);
      this.#isPublished = true;
    } catch (error) {
      if (this.#isPublished) onError(error, "states of rooms");
      this.#isPublished = false;
    }
  }
}

function gistOf({ room, health }: Collector): string {
  return JSON.stringify([room, health.state, health.problem, health.reason, health.sessionId]);
}
