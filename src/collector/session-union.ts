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

  /** Opens all and brings what comes, until all are down, or the signal gives them up. @throws DyliveError of the session that fell last */
  async *open(live: Live, listeners: UnionListeners, signal: AbortSignal): AsyncGenerator<Brought> {
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const channel = new Handover<Brought>();
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
              told.onStanding();
            },
          };
          for await (const brought of session.connect(live, listening, until)) if (!(await channel.put(brought))) return;
        } catch (error) {
          if (until.aborted) return;
          if (!(error instanceof DyliveError)) throw error;
          end = error;
        }
        if (until.aborted) return;
        state.active--;
        state.ends.delete(session);
        state.ends.set(session, end);
        session.lost(end);
        if (state.active === 0) return over.abort();
        if (end?.code === "blocked") session.point.hostRefused();
        if (stood && this.standing === 0) listeners.onAllDown(end?.detail ?? "the platform said that the connection is over");
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
