import type { Received } from "../platform/access/read.js";
import type { Live } from "../platform/links/resolve.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { ClockOffsets } from "./clock-offsets.js";
import type { Brought, RoomSession } from "./room-session.js";

/** Listeners of what all sessions of a room are together. */
interface UnionListeners {
  /** Called once, with the time (ms) from which silence says something. */
  readonly onOpen: (at: number) => void;
  /** Called whenever a connection stands. */
  readonly onStanding: () => void;
  readonly onReceived: (frame: Received) => void;
  /** Called when none stands any more while one is being opened. */
  readonly onAllDown: (reason: string) => void;
}

/** Interval in which no session received though one seemed to stand all the time; steady times, ms. */
export interface Hole {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/**
 * Knows whether what one session missed while it was down was received by another. One that stands may have been silent for long, as behind a
 * dead router: it has received what it brings something after, and when it falls, nothing since its last frame.
 */
class Reception {
  /** Outages of sessions of which it is not known yet; `to` is when one of them stood again. */
  #outages: { from: number; to: number | null; readonly by: Set<RoomSession> }[] = [];

  /** Notes that a session stands at `at`. */
  stands(at: number): void {
    for (const outage of this.#outages) outage.to ??= at;
  }

  /** Notes that a frame came to a session at `at`. */
  received(session: RoomSession, at: number): void {
    if (this.#outages.length === 0) return;
    for (const outage of this.#outages) if (outage.by.has(session)) outage.from = Math.max(outage.from, at);
    this.#outages = this.#outages.filter(({ from, to }) => to === null || from < to);
  }

  /**
   * Notes that the connection of a session ended.
   * @param others that stand
   * @returns what nobody received, as it turns out by that; what nobody receives from now on is none of it
   */
  fell(session: RoomSession, others: readonly RoomSession[]): readonly Omit<Hole, "reason">[] {
    this.received(session, session.lastFrameAt);
    const missed: Omit<Hole, "reason">[] = [];
    this.#outages = this.#outages.filter(({ from, to, by }) => {
      if (!by.delete(session) || by.size > 0) return true;
      if (to !== null) missed.push({ from, to });
      return false;
    });
    const from = Math.max(session.lastFrameAt, ...others.map(({ lastFrameAt }) => lastFrameAt));
    if (others.length > 0) this.#outages.push({ from, to: null, by: new Set(others) });
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
  readonly #offsets: ClockOffsets;

  constructor(sessions: readonly RoomSession[], clock: Clock, offsets: ClockOffsets) {
    this.sessions = sessions;
    this.#clock = clock;
    this.#offsets = offsets;
  }

  /** Number of sessions whose connections stand. */
  get standing(): number {
    return this.sessions.filter(({ standing }) => standing).length;
  }

  /** Looks for connections over which nothing comes at all while another brings something: those are opened anew. */
  look(): void {
    const dead = this.sessions.filter(({ isDead }) => isDead);
    if (dead.length === this.standing) return; // that is the room's silence
    for (const session of dead) session.cut("the connection was open but silent: not even heartbeats were answered");
  }

  /**
   * Opens all and brings what comes, and what turns out to have come to none, until all are down, or the signal gives them up.
   * @throws DyliveError of the session that fell last
   */
  async *open(live: Live, listeners: UnionListeners, signal: AbortSignal): AsyncGenerator<Brought | Hole> {
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const channel = new Handover<Brought | Hole>();
    const reception = new Reception();
    const state = { active: 0, opened: false, failure: null as unknown, ends: new Map<RoomSession, DyliveError | null>() };
    const now = this.#offsets.now();
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
        if (!isDue) await this.#clock.sleep(Math.max(0, session.retryAt - this.#offsets.now()), until);
        isDue = false;
        if (until.aborted) return;
        state.active++;
        let [end, stood] = [null as DyliveError | null, false];
        try {
          const listening = {
            ...told,
            onStanding: () => {
              stood = true;
              reception.stands(this.#offsets.now());
              told.onStanding();
            },
            onReceived: (frame: Received) => {
              reception.received(session, this.#offsets.steady(frame.receivedAt));
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
        const missed = stood
          ? reception.fell(
              session,
              this.sessions.filter(({ standing }) => standing),
            )
          : [];
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
      yield* channel.items();
    } finally {
      over.abort();
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

  async *items(): AsyncGenerator<T> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        let isDealt = false;
        try {
          yield next.item;
          isDealt = true;
        } finally {
          next.dealt(isDealt);
        }
      } else if (this.#isOver) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
