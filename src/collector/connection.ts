import type { IntakeResult } from "../ingest/intake.js";
import type { Received } from "../platform/access/read.js";
import type { Live } from "../platform/links/resolve.js";
import { backoffMs, linkedController, PATIENCE_MS, withTimeout } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { isNotOwner } from "../store/health.js";
import type { RoomKey } from "../store/log.js";
import type { Resume } from "../store/rooms.js";
import type { Broadcasts } from "./broadcasts.js";
import type { ClaimedRoom, CollectorDeps, RoomContext } from "./context.js";
import type { CollectorEvent, Gap } from "./machine.js";
import type { RoomResolver } from "./room-resolver.js";
import type { Brought, RoomSession } from "./room-session.js";
import type { Watchdog } from "./watchdog.js";

/** Interval at which the counts of messages by session are kept, ms. */
const KEEP_SEEN_MS = 60_000;
/** Time by which what is sent to several sessions may come to one later than to another, ms. */
const SKEW_MS = 2000;
const DAMAGED = "a frame was damaged on its way";
const OVER = "the platform said that the connection is over";
/** Outcome of frames without a message. */
const NOTHING_TAKEN: IntakeResult = { interactive: 0, ended: false };

/** The broadcast to connect to. */
export interface Target extends ClaimedRoom {
  readonly live: Live;
}

interface ConnectionParts {
  /** Null where the room is not recorded. */
  readonly raw: NonNullable<CollectorDeps["raw"]> | null;
  readonly sessions: readonly RoomSession[];
  readonly broadcasts: Broadcasts;
  readonly resolver: RoomResolver;
  readonly watchdog: () => Watchdog;
  /** Hands the machine an event, and does what follows. */
  readonly happens: (event: CollectorEvent) => Promise<unknown>;
}

/**
 * The connection of one room, which all of its sessions are together: each connects, and connects again, by itself; what they bring is stored in
 * one order. It is over when all are down. What to do next is the machine's. Times are steady, ms.
 */
export class RoomConnection {
  readonly #context: RoomContext;
  readonly #parts: ConnectionParts;
  /** Resume point that was kept last: its broadcast, and the versions of its sessions' points together. */
  #kept: { readonly roomId: string | null; readonly version: number } = { roomId: null, version: 0 };
  /** When the counts by session were kept last, and the number of their changes by then. */
  #seenKeptAt = Number.NEGATIVE_INFINITY;
  #seenKept: number | null = null;
  /** When a question that failed may be asked again. */
  #askAt = 0;
  /** Gives the connection up: what else was received by then is taken first. Null while there is none. */
  #given: Pick<AbortController, "abort"> | null = null;
  /** Aborts with the connection. */
  #until: AbortSignal = AbortSignal.abort();
  #broken: unknown = null;

  constructor(context: RoomContext, parts: ConnectionParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Connects and stores until the connection ends or is given up. @returns how it ended @throws what is no fault of the connection */
  async run(target: Target): Promise<CollectorEvent> {
    const { signal, health, time } = this.#context;
    const [ended, given] = [linkedController(signal), linkedController(signal)];
    this.#given = given;
    this.#until = ended.signal;
    this.#broken = null;
    let end: CollectorEvent | null = null;
    try {
      await this.#untilAllDown(target, given.signal);
      if (this.#broken !== null) throw this.#broken;
      if (!signal.aborted) end = { type: "ended", at: time.now(), reason: OVER };
    } catch (error) {
      if (signal.aborted || !(error instanceof DyliveError) || isNotOwner(error)) throw error;
      const said = { at: time.now(), reason: error.detail };
      end = error.code === "blocked" ? { type: "refused", ...said, problem: error.code } : { type: "failed", ...said };
    } finally {
      this.#given = null;
      ended.abort();
      for (const one of [ended, given]) one.release();
      health.backlog.dropped();
      this.#seenKeptAt = Number.NEGATIVE_INFINITY;
      if (end === null) await this.keep(target);
    }
    return end ?? { type: "stop" };
  }

  /**
   * Opens all sessions and takes what they bring, and what turns out to have come to none, until all are down, or the signal gives them up.
   * @throws DyliveError of the session that fell last
   */
  async #untilAllDown(target: Target, signal: AbortSignal): Promise<void> {
    const { clock, time, health } = this.#context;
    const { sessions, broadcasts, happens } = this.#parts;
    const over = linkedController(signal);
    const until = over.signal;
    const reception = new Reception();
    const ends = new Map<RoomSession, DyliveError | null>();
    const state = { active: 0, isOpen: false, failure: null as unknown, turn: Promise.resolve(true) };
    /** Does one thing after the other. @returns false if one has failed: then nothing more is done */
    const inTurn = (work: () => Promise<void>): Promise<boolean> => {
      state.turn = state.turn.then(async (goesOn) => {
        if (!goesOn) return false;
        try {
          await work();
          return true;
        } catch (error) {
          state.failure ??= error;
          over.abort();
          return false;
        }
      });
      return state.turn;
    };
    const store = (missed: readonly Omit<Gap, "reason">[], reason: string) =>
      missed.length === 0
        ? Promise.resolve(true)
        : inTurn(async () => {
            for (const times of missed) await broadcasts.store({ ...times, reason });
          });

    /** Connects once. @returns how it ended; undefined where nothing more is wanted */
    const connectOnce = async (session: RoomSession): Promise<DyliveError | null | undefined> => {
      const own = { stand: null as Stand | null, end: null as DyliveError | null };
      const listeners = {
        onOpen: (at: number) => {
          if (!state.isOpen) void happens({ type: "opened", at: time.steady(at) });
          state.isOpen = true;
        },
        onStanding: () => {
          own.stand = reception.stands(time.now());
        },
        onReceived: (frame: Received) => {
          const { stand } = own;
          const at = time.steady(frame.receivedAt);
          if (stand !== null && frame.damaged === true) {
            const broken = reception.damaged(stand, at);
            own.stand = broken.stand;
            if (this.#standing > 1) void store(broken.missed, DAMAGED); // else the machine deals with it
          } else if (stand !== null) stand.until = at;
          health.backlog.arrived(frame);
        },
      };
      try {
        for await (const brought of session.connect(target.live, listeners, until))
          if (!(await inTurn(() => this.#take(target, session, brought)))) return undefined;
      } catch (error) {
        if (until.aborted) return undefined;
        if (!(error instanceof DyliveError)) throw error;
        own.end = error;
      }
      if (until.aborted) return undefined;
      const { end, stand } = own;
      const reason = end?.detail ?? OVER;
      if (stand === null) return end;
      if (!(await store(reception.fell(stand, session.lastFrameAt), reason))) return undefined;
      if (state.active > 1 && this.#standing === 0) broadcasts.miss(null, reason);
      return end;
    };

    const now = time.now();
    const first = sessions.reduce((a, b) => (b.retryAt < a.retryAt ? b : a));
    const keepUp = async (session: RoomSession): Promise<void> => {
      for (let isDue = session === first || session.retryAt <= now; ; isDue = false) {
        if (!isDue) await clock.sleep(Math.max(0, session.retryAt - time.now()), until);
        if (until.aborted) return;
        state.active++;
        const end = await connectOnce(session);
        if (end === undefined) return;
        state.active--;
        ends.delete(session);
        ends.set(session, end);
        session.lost(end);
        if (state.active === 0) return over.abort();
        if (end?.code === "blocked") session.point.hostRefused();
      }
    };

    await Promise.all(
      sessions.map((session) =>
        keepUp(session).catch((error: unknown) => {
          if (!until.aborted) state.failure ??= error;
          over.abort();
        }),
      ),
    );
    await state.turn;
    over.release();
    for (const session of sessions) session.ended();
    if (state.failure !== null) throw state.failure;
    if (signal.aborted) return;
    // All of them refused is a refusal; else the room is waited for as after any other loss.
    const losses = [...ends.values()].filter((end) => end?.code !== "blocked");
    const end = (losses.length > 0 ? losses : [...ends.values()]).at(-1);
    if (end) throw end;
  }

  /** Number of sessions whose connections stand. */
  get #standing(): number {
    return this.#parts.sessions.filter(({ standing }) => standing).length;
  }

  /** Looks at the connection, while there is one. */
  tick(): void {
    if (this.#given === null) return;
    const { sessions, happens } = this.#parts;
    const dead = sessions.filter(({ isDead }) => isDead);
    // Those over which nothing comes at all while another brings something are opened anew; else it is the room's silence.
    if (dead.length < this.#standing)
      for (const session of dead) session.cut("the connection was open but silent: not even heartbeats were answered");
    if (sessions.some(({ access }) => access.hasAccount)) this.#beside(this.#lookAtAccounts());
    const at = this.#context.time.now();
    this.#beside(happens({ type: "tick", at, due: at >= this.#askAt }));
  }

  /** Gives up what accounts receive that were forgotten; who watches the room instead, its page says. */
  async #lookAtAccounts(): Promise<void> {
    for (const session of this.#parts.sessions) if (await session.lookAtAccount()) this.#parts.resolver.forget();
  }

  /** Lets something go on beside the connection, which ends when that fails. */
  #beside(work: Promise<unknown>): void {
    const until = this.#until;
    work.catch((error: unknown) => {
      if (until.aborted) return;
      this.#broken ??= error;
      this.giveUp();
    });
  }

  /** Asks the platform whether the broadcast is on, while the connection goes on. */
  question({ live }: Target): void {
    const { resolver, happens } = this.#parts;
    const until = this.#until;
    const ask = async () => {
      const asked = await resolver.resolve(until, true);
      const isOver = asked.outcome === "offline" || (asked.outcome === "live" && asked.roomId !== live.roomId);
      const says = isOver ? "over" : asked.outcome === "live" ? "live" : "nothing";
      if (!until.aborted) await happens({ type: "answered", at: this.#context.time.now(), says });
    };
    this.#beside(ask());
  }

  /** Lets no question be asked again for a while, after so many without an answer. */
  doubt(count: number): void {
    this.#askAt = this.#context.time.now() + backoffMs("refusal", count);
  }

  giveUp(): void {
    this.#given?.abort();
  }

  /** Keeps the resume points in the room's row. A convenience: without them the next process resolves first. */
  async keep({ room, intake }: ClaimedRoom): Promise<void> {
    const { store, clock, health, claimed } = this.#context;
    const roomId = health.sessionId;
    const { epoch } = intake;
    if (roomId === null || epoch === 0 || claimed() === null) return;
    const version = this.#parts.sessions.reduce((sum, { point }) => sum + point.version, 0);
    // In a quiet room nothing changes, and there may be thousands of those.
    if (version !== this.#kept.version || roomId !== this.#kept.roomId) {
      const resume = this.#resume(roomId);
      if (resume === null) return;
      const isKept = () => {
        this.#kept = { roomId, version };
      };
      await withTimeout(store.rooms.setResume(room, resume, epoch), PATIENCE_MS, clock).then(isKept, () => {});
    }
    await this.#keepSeen(room, roomId, KEEP_SEEN_MS);
  }

  #resume(roomId: string): Resume | null {
    const kept = this.#parts.sessions.flatMap(({ name, point }) => (point.kept === null ? [] : [{ name, ...point.kept }]));
    if (kept.length === 0) return null;
    const positions = Object.fromEntries(kept.map(({ name, position }) => [name, position]));
    const { paceMs } = this.#parts.watchdog();
    return { roomId, positions, savedAt: Math.max(...kept.map(({ savedAt }) => savedAt)), ...(paceMs !== null && { paceMs }) };
  }

  /** Keeps which messages the sessions brought of a broadcast, unless that was done less than so many ms ago. */
  async #keepSeen(room: RoomKey, sessionId: string, everyMs: number): Promise<void> {
    const { store, clock, health, time } = this.#context;
    const now = time.now();
    const { changes, counts } = health.seen;
    if (now - this.#seenKeptAt < everyMs || changes === this.#seenKept || counts === null) return;
    this.#seenKeptAt = now;
    const isKept = () => {
      this.#seenKept = changes;
    };
    await withTimeout(store.sessions.keepSeen(room, sessionId, counts), PATIENCE_MS, clock).then(isKept, () => {});
  }

  /**
   * Begins another broadcast than before.
   * @throws DyliveError store_unreachable and others of a store that is away
   */
  async begin({ room, live }: Target): Promise<void> {
    const { health } = this.#context;
    if (health.sessionId !== null) await this.#keepSeen(room, health.sessionId, 0);
    const resume = await this.#parts.broadcasts.begin(room, live);
    for (const { point, name } of this.#parts.sessions) point.begin(resume, name);
  }

  /** Stores what a session brought and the gap that it ends; what holds that up holds back the socket. */
  async #take({ live, room, intake }: Target, session: RoomSession, { batch, isFirst }: Brought): Promise<void> {
    const { onReceived, health, time, clock, signal } = this.#context;
    const { sessions, broadcasts, raw, happens, watchdog } = this.#parts;
    const broadcast = {
      ...{ sessionId: live.roomId, webRid: live.webRid, anchorId: live.facts.anchor?.id ?? null },
      source: session.access.source,
    };
    const by = sessions.length === 1 ? undefined : sessions.indexOf(session);
    const hasMessages = batch.some(({ response }) => response !== null);
    if (isFirst) for (const frame of batch) health.backlog.arrived(frame);
    else await happens({ type: "batch" });
    onReceived?.(batch, broadcast);
    raw?.take(room, batch, broadcast);
    await broadcasts.receives(batch, isFirst);
    let taken = NOTHING_TAKEN;
    if (hasMessages) {
      health.backlog.taking(batch);
      taken = await intake.take(by === undefined ? batch : batch.map((frame) => ({ ...frame, by })), broadcast, signal);
      health.backlog.taken(batch);
    }
    await broadcasts.received(batch, isFirst ? 0 : taken.interactive);
    if (isFirst) return;
    session.point.reached(live.roomId, batch);
    const { lastFrameAt } = watchdog();
    const isDoubled = this.#standing > 1; // another session has what was in a damaged frame
    const damage = isDoubled ? null : this.#damaged(batch, lastFrameAt);
    const at = Math.max(time.steady(batch.at(-1)?.receivedAt ?? clock.now()), isDoubled ? lastFrameAt : 0);
    await happens({ type: "heard", at, people: taken.interactive, messages: hasMessages });
    const damaged = batch.filter((frame) => frame.damaged).length;
    if (damaged > 0) health.drop("damaged", damaged);
    await happens({ type: "taken", announced: taken.ended, damage });
  }

  /** Returns the interval in which the messages of damaged frames were made: from the frame before the first to the last. Null without damage. */
  #damaged(batch: readonly Received[], lastFrameAt: number): Gap | null {
    const { time } = this.#context;
    const first = batch.findIndex(({ damaged }) => damaged === true);
    const last = batch.findLast(({ damaged }) => damaged === true);
    if (last === undefined) return null;
    const to = time.steady(last.receivedAt);
    const before = batch[first - 1];
    const from = before === undefined ? lastFrameAt : time.steady(before.receivedAt);
    return { from: Math.min(from, to - 1), to, reason: DAMAGED };
  }
}

/** Times between which one connection received everything; `until` is its last frame. */
interface Stand {
  readonly since: number;
  /** Last frame of the same connection before one that was damaged; 0 where it began with this. */
  readonly after: number;
  until: number;
  isOver: boolean;
}

/**
 * Knows what none of several sessions received. A connection that stands may have been silent for long, as behind a dead router: what others
 * missed it has received once it brings something after, and when it falls, nothing since its last frame.
 */
class Reception {
  /** Connections that stand, and those that fell whose time may be missing before; by when they began. */
  #stands: Stand[] = [];
  /** Time up to which everything was received, or is known to be missing. */
  #until = 0;

  /** Notes that a connection stands from `since` on. */
  stands(since: number, after = 0): Stand {
    const stand = { since, after, until: since, isOver: false };
    if (this.#stands.length === 0) this.#until = since; // what was missed before is the room's gap
    this.#stands.push(stand);
    return stand;
  }

  /** Notes that a frame of a connection cannot be read. @returns the connection from there on, and as {@link fell} */
  damaged(stand: Stand, at: number): { readonly stand: Stand; readonly missed: ReturnType<Reception["fell"]> } {
    const after = stand.until;
    const missed = this.fell(stand, Math.max(stand.since, after - SKEW_MS)); // what is in it may yet come to another
    return { stand: this.stands(at, after), missed };
  }

  /** Notes that a connection ended after its frame at `until`. @returns times of which by that none has received what was sent */
  fell(stand: Stand, until: number): readonly Omit<Gap, "reason">[] {
    stand.until = until;
    stand.isOver = true;
    const missed: Omit<Gap, "reason">[] = [];
    for (const one of this.#stands) {
      if (one.since > this.#until) {
        // One that stood before may bring something yet, which shows that it has it all.
        if (this.#stands.some(({ since, isOver }) => !isOver && since <= this.#until)) break;
        missed.push({ from: Math.max(this.#until, one.after), to: one.since });
        this.#until = one.since;
      }
      this.#until = Math.max(this.#until, one.since, one.isOver ? one.until : one.until - SKEW_MS);
    }
    this.#stands = this.#stands.filter(({ since, isOver }) => !isOver || since > this.#until);
    return missed;
  }
}
