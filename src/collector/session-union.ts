import type { Received } from "../platform/access/read.js";
import type { Live } from "../platform/links/resolve.js";
import { type Clock, linkedController } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { Gap } from "./gap-tracker.js";
import { type Brought, DAMAGED, type RoomSession } from "./room-session.js";
import type { SteadyTime } from "./steady-time.js";

/** Listeners of what all sessions of a room are together. */
interface UnionListeners {
  /** Called once, with the time (ms) from which silence says something. */
  readonly onOpen: (at: number) => void;
  readonly onReceived: (frame: Received) => void;
  /** Called when none stands any more while one is being opened. */
  readonly onAllDown: (reason: string) => void;
}

/** Steady times, ms. */
interface MissedTime {
  readonly from: number;
  readonly to: number;
}

/** Time by which what is sent to several sessions may come to one later than to another, ms. */
const SKEW_MS = 2000;
const SILENT = "the connection was open but silent: not even heartbeats were answered";

/**
 * Knows whether what one session missed, since it was down or a frame of it was damaged, was received by another. One that stands may have been
 * silent for long, as behind a dead router: it has received what it brings something after, and when it falls, nothing since its last frame.
 */
class OutageTracker {
  /** Outages of sessions of which it is not known yet whether another received; `to` is when one of them stood again. `by` may have received it. */
  #outages: { from: number; to: number | null; readonly by: Set<RoomSession> }[] = [];
  /** When each session received last. */
  readonly #last = new WeakMap<RoomSession, number>();

  /** Notes that a session stands at `at`. @param others that stand */
  stands(session: RoomSession, at: number, others: readonly RoomSession[]): void {
    this.#last.set(session, at);
    const isKnown = this.#outages.some(({ to }) => to === null);
    for (const outage of this.#outages) outage.to ??= at;
    // It never stood, or fell before all others did: those that stood up before it may have been silent since.
    const from = Math.max(...others.map(({ lastFrameAt }) => lastFrameAt));
    if (!isKnown && others.length > 0 && from < at) this.#outages.push({ from, to: at, by: new Set(others) });
  }

  /** Notes that a frame came to a session at `at`. */
  received(session: RoomSession, at: number): void {
    this.#last.set(session, at);
    this.#has(session, at - SKEW_MS);
  }

  /** Notes that a frame came to a session at `at` and cannot be read. @param others that stand @returns as {@link fell} */
  damaged(session: RoomSession, at: number, others: readonly RoomSession[]): readonly MissedTime[] {
    const from = Math.min(this.#last.get(session) ?? at, at - 1);
    this.#last.set(session, at);
    const missed = this.#lacks(session, ({ from: begun, to }) => begun <= at + SKEW_MS && (to ?? at) >= from - SKEW_MS);
    if (others.length > 0) this.#outages.push({ from, to: at, by: new Set(others) });
    return missed;
  }

  /**
   * Notes that the connection of a session ended.
   * @param others that stand
   * @returns what nobody received, as it turns out by that; what nobody receives from now on is none of it
   */
  fell(session: RoomSession, others: readonly RoomSession[]): readonly MissedTime[] {
    this.#has(session, session.lastFrameAt);
    const missed = this.#lacks(session, () => true);
    const from = Math.max(session.lastFrameAt, ...others.map(({ lastFrameAt }) => lastFrameAt));
    if (others.length > 0) this.#outages.push({ from, to: null, by: new Set(others) });
    return missed;
  }

  /** Takes in that a session has all up to `at`. */
  #has(session: RoomSession, at: number): void {
    if (this.#outages.length === 0) return;
    for (const outage of this.#outages) if (outage.by.has(session)) outage.from = Math.max(outage.from, at);
    this.#outages = this.#outages.filter(({ from, to }) => to === null || from < to);
  }

  /** Takes in that a session does not have some of what others missed. @returns what by that nobody has */
  #lacks(session: RoomSession, which: (outage: { readonly from: number; readonly to: number | null }) => boolean): readonly MissedTime[] {
    const missed: MissedTime[] = [];
    this.#outages = this.#outages.filter((outage) => {
      const { from, to, by } = outage;
      if (!which(outage) || !by.delete(session) || by.size > 0) return true;
      const last = missed.at(-1);
      if (to === null) return false;
      if (last !== undefined && from <= last.to && to >= last.from)
        missed.splice(-1, 1, { from: Math.min(from, last.from), to: Math.max(to, last.to) });
      else missed.push({ from, to });
      return false;
    });
    return missed;
  }
}

/**
 * The sessions of one room as one connection. Each connects, and connects again, by itself; what they bring comes one after the other. It is
 * over when all are down: none is connected or being connected. With one session that is its connection, no more.
 */
export class SessionUnion {
  readonly sessions: readonly RoomSession[];
  readonly #clock: Clock;
  readonly #time: SteadyTime;

  constructor(sessions: readonly RoomSession[], clock: Clock, time: SteadyTime) {
    this.sessions = sessions;
    this.#clock = clock;
    this.#time = time;
  }

  /** Number of sessions whose connections stand. */
  get standing(): number {
    return this.sessions.filter(({ standing }) => standing).length;
  }

  /** Looks for connections over which nothing comes at all while another brings something: those are opened anew. */
  look(): void {
    const dead = this.sessions.filter(({ isDead }) => isDead);
    if (dead.length === this.standing) return; // that is the room's silence
    for (const session of dead) session.cut(SILENT);
  }

  /**
   * Opens all and brings what comes, and what turns out to have come to none, until all are down, or the signal gives them up.
   * @throws DyliveError of the session that fell last
   */
  async *open(live: Live, listeners: UnionListeners, signal: AbortSignal): AsyncGenerator<Brought | Gap> {
    const over = linkedController(signal);
    const until = over.signal;
    const channel = new Handover<Brought | Gap>();
    const reception = new OutageTracker();
    const standing = () => this.sessions.filter((session) => session.standing);
    const state = { active: 0, opened: false, failure: null as unknown, ends: new Map<RoomSession, DyliveError | null>() };
    const now = this.#time.now();
    const first = this.sessions.reduce((a, b) => (b.retryAt < a.retryAt ? b : a));
    const told = {
      ...listeners,
      onOpen: (at: number) => {
        if (!state.opened) listeners.onOpen(at);
        state.opened = true;
      },
    };

    const keepUp = async (session: RoomSession): Promise<void> => {
      let isDue = session === first || session.retryAt <= now;
      for (;;) {
        if (!isDue) await this.#clock.sleep(Math.max(0, session.retryAt - this.#time.now()), until);
        isDue = false;
        if (until.aborted) return;
        state.active++;
        let [end, stood] = [null as DyliveError | null, false];
        const others = () => standing().filter((other) => other !== session);
        try {
          const listening = {
            ...told,
            onStanding: () => {
              stood = true;
              reception.stands(session, this.#time.now(), others());
            },
            onReceived: (frame: Received) => {
              const at = this.#time.steady(frame.receivedAt);
              if (frame.damaged !== true) reception.received(session, at);
              // Dealt with in its turn.
              else for (const hole of reception.damaged(session, at, others())) void channel.put({ ...hole, reason: DAMAGED });
              told.onReceived(frame);
            },
          };
          for await (const brought of session.connect(live, listening, until)) if (!(await channel.put(brought))) return;
        } catch (error) {
          if (until.aborted) return;
          if (!(error instanceof DyliveError)) throw error;
          end = error;
        }
        if (until.aborted) return;
        const reason = end?.detail ?? "the platform said that the connection is over";
        const missed = stood ? reception.fell(session, standing()) : [];
        for (const hole of missed) if (!(await channel.put({ ...hole, reason }))) return;
        state.active--;
        state.ends.delete(session);
        state.ends.set(session, end);
        session.lost(end);
        if (state.active === 0) return over.abort();
        if (end?.code === "blocked") session.point.hostRefused();
        if (stood && this.standing === 0) listeners.onAllDown(reason);
      }
    };

    const tasks = this.sessions.map((session) =>
      keepUp(session).catch((error: unknown) => {
        if (!until.aborted) state.failure ??= error;
        over.abort();
      }),
    );
    const all = Promise.all(tasks);
    void all.then(() => channel.end());
    try {
      for (let next = await channel.next(); next !== null; next = await channel.next()) {
        let isDealt = false;
        try {
          yield next.item;
          isDealt = true;
        } finally {
          next.dealt(isDealt);
        }
      }
    } finally {
      over.abort();
      over.release();
      channel.close();
      await all;
      for (const { health } of this.sessions) if (health.evidence.retryAt === null) health.to("idle");
    }
    if (state.failure !== null) throw state.failure;
    if (signal.aborted) return;
    const ends = [...state.ends.values()];
    // All of them refused is a refusal; else the room is waited for as after any other loss.
    const losses = ends.filter((end) => end?.code !== "blocked");
    const end = (losses.length > 0 ? losses : ends).at(-1);
    if (end) throw end;
  }
}

/** Hands things from many over to one, one after the other; who gives one waits until it was dealt with. */
class Handover<T> {
  readonly #waiting: { readonly item: T; readonly dealt: (isWanted: boolean) => void }[] = [];
  #isOver = false;
  #wake = () => {};

  /** @returns whether more is wanted */
  put(item: T): Promise<boolean> {
    if (this.#isOver) return Promise.resolve(false);
    return new Promise((dealt) => {
      this.#waiting.push({ item, dealt });
      this.#wake();
    });
  }

  /** Says that nothing more comes. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** Turns away who waits, and who comes. */
  close(): void {
    this.#isOver = true;
    for (const { dealt } of this.#waiting.splice(0)) dealt(false);
  }

  /** Waits for what is given next, whose `dealt` is to be called. @returns null when nothing more comes */
  async next(): Promise<{ readonly item: T; readonly dealt: (isWanted: boolean) => void } | null> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) return next;
      if (this.#isOver) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
