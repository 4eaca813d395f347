import { SessionHealth } from "../health/sessions.js";
import { HandshakeRefused } from "../platform/access/handshake.js";
import type { PlatformIdentity } from "../platform/access/platform-identity.js";
import { firstFetch, pushHeaders, pushUrl } from "../platform/access/push.js";
import type { Received, Source } from "../platform/access/read.js";
import { type Live, resolveRoom } from "../platform/links/resolve.js";
import { PlatformAccess, type SessionChoice } from "../platform/platform-access.js";
import { backoffMs, linkedController } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { msg, msgOf } from "../runtime/msg.js";
import { ON_THE_WAY } from "../runtime/rate-limiter.js";
import { websocketSource } from "../sources/websocket.js";
import type { Resume, ResumePosition } from "../store/rooms.js";
import type { RoomContext } from "./context.js";
import { STEADY_MS } from "./transitions.js";
import { NO_FRAME_MS, SILENT_MS } from "./watchdog.js";

/** Something that a session brings: `isFirst` is the reply of im/fetch, which comes before its connection. */
export interface Brought {
  readonly batch: readonly Received[];
  readonly isFirst: boolean;
}

/** Listeners of a session's connection. */
interface Listeners {
  /** Called with the time (ms) from which silence says something. */
  readonly onOpen: (at: number) => void;
  /** Called when the connection is sure to stand. */
  readonly onStanding: () => void;
  readonly onReceived: (frame: Received) => void;
}

/** Time that a page in the browser needs, in ms, before the silence of its socket says something. */
const PAGE_MS = 30_000;
/** Evidence that a page waited for a click. */
const CLICKED = "the room's page opened its connection only after a click";

/** One session that watches a room: its own visitor or account, way and resume point, one connection at a time. */
export class RoomSession {
  readonly name: string;
  readonly access: PlatformAccess;
  readonly point: ResumePoint;
  readonly health: SessionHealth;
  readonly #context: RoomContext;
  #attempts = 0;
  /** Setbacks in a row: connections that were lost, connections that were refused. */
  #losses = 0;
  #refusals = 0;
  /** When it is to try again, by the steady clock. */
  retryAt = Number.NEGATIVE_INFINITY;
  /** When the last frame came over its connection, or when that stood, by the steady clock; of the one before while there is none. */
  lastFrameAt = Number.NEGATIVE_INFINITY;
  /** Since when the connection stands, by the steady clock; null while there is none. */
  #since: number | null = null;
  #cut: Pick<AbortController, "signal" | "abort"> | null = null;

  /**
   * @param kept whom an earlier process was on the platform as
   * @throws DyliveError bad_config when its proxy is none
   */
  constructor(choice: SessionChoice, kept: ResumePosition["visitor"], context: RoomContext) {
    this.#context = context;
    this.name = choice.name;
    this.access = new PlatformAccess(context, choice, kept);
    this.point = new ResumePoint(this.access);
    this.health = new SessionHealth(choice.name, context.clock);
  }

  /** Whether its connection stands. */
  get standing(): boolean {
    return this.#since !== null;
  }

  /** Whether its connection stands and not even its heartbeats are answered. */
  get isDead(): boolean {
    return this.standing && this.#context.time.now() - this.lastFrameAt >= NO_FRAME_MS;
  }

  /** Connects and brings what comes, until the connection ends. @throws DyliveError that says why it ended or did not open */
  async *connect(live: Live, listeners: Listeners, signal: AbortSignal): AsyncGenerator<Brought> {
    try {
      yield* this.#connectOnce(live, listeners, signal);
    } catch (error) {
      if (!(error instanceof HandshakeRefused) || error.renew === null || signal.aborted) throw error;
      if (error.renew === "visitor") this.access.leave();
      // Each connection is signed anew.
      yield* this.#connectOnce(live, listeners, signal);
    }
  }

  async *#connectOnce(live: Live, listeners: Listeners, signal: AbortSignal): AsyncGenerator<Brought> {
    const { clock, giftList, budgets, drift, time } = this.#context;
    const { access, point, health } = this;
    const cut = linkedController(signal);
    this.#cut = cut;
    const until = cut.signal;
    health.to("connecting");
    let isClicked = false;
    const stands = () => {
      if (this.#since !== null) return;
      this.#since = time.now();
      this.lastFrameAt = this.#since;
      health.to("connected", isClicked ? CLICKED : null);
      listeners.onStanding();
      void giftList?.look(access, budgets.requests, until);
    };
    try {
      const identity = await access.acquireIdentity(live.webRid, until);
      health.as(identity.account?.name ?? null, identity.account?.savedAt ?? null);
      this.#noteLogin();
      await this.#introduce(identity, live, until);
      // In the browser the page asks im/fetch itself, and we read its answer.
      if (access.source === "websocket" && !point.isOf(live.roomId)) {
        await budgets.requests.turn(until, ON_THE_WAY);
        const { platform } = access;
        const { roomId } = live;
        const first = await firstFetch({ platform, visitor: identity.visitor, roomId, drift, now: () => clock.now() }, until);
        if (first !== null) yield { batch: [first.received], isFirst: true };
        point.first(roomId, first, clock.now());
      }
      const heard = {
        ...{ clock, drift, held: budgets.held },
        onReceived: (frame: Received) => {
          if (this.standing) this.lastFrameAt = time.steady(frame.receivedAt);
          health.received(frame.receivedAt, frame.response?.messages.length ?? 0);
          listeners.onReceived(frame);
        },
      };
      const opened = (at: number) => {
        health.opened();
        listeners.onOpen(at);
      };
      const { visitor, signer, pageSource } = identity;
      let source: Source;
      if (access.source === "websocket") {
        const { platform } = access;
        const from = { ...point.from, attempt: this.#attempts++ };
        source = websocketSource({
          ...heard,
          connectUrl: async (signing) => {
            await budgets.connects.turn(signing);
            return pushUrl({ platform, signer, visitor, roomId: live.roomId, ...from }, signing);
          },
          ...{ headers: pushHeaders(visitor, live.webRid), proxy: platform.proxy, heartbeats: budgets.heartbeats },
          onOpen: () => {
            opened(clock.now());
            stands();
          },
        });
      } else {
        if (pageSource === null)
          throw new DyliveError("no_browser", "this room is to be read in the browser, but a signer takes the browser's place");
        await budgets.connects.turn(until);
        opened(clock.now() + PAGE_MS);
        source = pageSource(live.webRid, {
          ...heard,
          onGiftList: (reply) => void giftList?.heard(reply),
          onClickNeeded: () => {
            isClicked = true;
            if (this.standing) health.to("connected", CLICKED); // the answer of im/fetch came before
          },
        });
      }
      for await (const batch of source.open(until)) {
        stands(); // only so a page shows that it stands
        yield { batch, isFirst: false };
      }
      if (!signal.aborted) until.throwIfAborted();
      this.#endedInOrder();
    } catch (error) {
      // What breaks a connection is the cause of such an error; its orderly end has none, and everything before it came.
      if (!until.aborted && error instanceof DyliveError && error.cause === undefined) this.#endedInOrder();
      throw error;
    } finally {
      cut.release();
      if (!signal.aborted) this.#fell();
      this.#since = null;
    }
  }

  /**
   * Counts the end of a connection, which comes after all that was sent, as its last frame. Where it was silent before, a machine between
   * ended it, and has not received what the platform sent either.
   */
  #endedInOrder(): void {
    const now = this.#context.time.now();
    if (this.standing && now - this.lastFrameAt < SILENT_MS) this.lastFrameAt = now;
  }

  /** Notes that no connection of the room is left to which it might come back. */
  ended(): void {
    if (this.health.evidence.retryAt === null) this.health.to("idle");
  }

  /** Gives the identity back while the room waits, unless its readings need it. */
  rest(): void {
    this.access.rest();
    this.health.to("idle");
  }

  /** Gives the connection up: what was received by then is brought first. */
  cut(reason: string): void {
    this.#cut?.abort(new DyliveError("unreachable", reason));
  }

  /**
   * Looks after the account that watches: gives the connection up where it was forgotten, or has logged in again after its login had ended.
   * @returns whether it did
   */
  async lookAtAccount(): Promise<boolean> {
    const cut = this.#cut;
    if (!this.standing || cut === null) return false;
    const change = await this.access.accountChange();
    if (change === "forgotten") cut.abort(new DyliveError("bad_account", "the account that watched was forgotten here"));
    else if (change === "saved" && this.health.isWithoutAccount)
      cut.abort(new DyliveError("unreachable", "the account has logged in again"));
    else if (this.standing) this.#noteLogin();
    return cut.signal.aborted;
  }

  /** Notes whether the login of its account has ended. */
  #noteLogin(): void {
    const { lapsed } = this.access;
    this.health.withoutAccount(lapsed === null ? null : `the account ${lapsed} is no longer logged in, and it watches as a guest does`);
  }

  /** Notes why the connection ended, and when to try again. */
  lost(error: DyliveError | null): void {
    const isRefused = error?.code === "blocked";
    this.#refusals = isRefused ? this.#refusals + 1 : 0;
    const ms = isRefused ? backoffMs("refusal", this.#refusals) : backoffMs("network", this.#losses);
    this.retryAt = this.#context.time.now() + ms;
    const reason = error?.detail ?? "the platform said that the connection is over";
    if (error?.code === "bad_account") this.health.withoutAccount(reason);
    this.health.to(isRefused ? "refused" : "lost", reason, Math.round(this.#context.clock.now() + ms));
  }

  /** One that breaks again at once must not be opened again and again at once. */
  #fell(): void {
    const isSteady = this.#since !== null && this.#context.time.now() - this.#since >= STEADY_MS;
    this.#losses = isSteady ? 1 : this.#losses + 1;
  }

  /** Becomes a visitor by reading the room's page, where nothing has done so: no browser, and another session asks for the room. */
  async #introduce({ visitor, pageSource }: PlatformIdentity, { webRid }: Live, signal: AbortSignal): Promise<void> {
    if (visitor.userUniqueId !== null || pageSource !== null) return;
    await this.#context.budgets.requests.turn(signal, ON_THE_WAY);
    const resolved = await resolveRoom({ kind: "web_rid", value: webRid }, this.access.platform, visitor, signal, this.access.inPage);
    await this.access.noteReading(visitor);
    if (resolved.outcome === "unknown")
      throw new DyliveError("blocked", msg`the room's page did not let this session in: ${msgOf(resolved.reason)}`);
  }
}

/** Point at which the next connection of one session goes on with a broadcast, also one of another process. */
class ResumePoint {
  readonly #access: Pick<PlatformAccess, "keep">;
  #roomId: string | null = null;
  #position: ResumePosition | null = null;
  #savedAt: number | null = null;
  /** Number of changes of what is kept of it. */
  #version = 0;

  constructor(access: Pick<PlatformAccess, "keep">) {
    this.#access = access;
  }

  /** Position that a connection asks for; an empty cursor goes on nowhere. */
  get from(): Pick<ResumePosition, "host" | "cursor" | "internalExt"> {
    const { host = null, cursor = "", internalExt = "" } = this.#position ?? {};
    return { host, cursor, internalExt };
  }

  /** Number that is another after {@link kept} has changed. */
  get version(): number {
    return this.#version;
  }

  /** Position to keep, and when the last message before it was received, ms UTC; null before any was. */
  get kept(): { readonly position: ResumePosition; readonly savedAt: number } | null {
    return this.#position === null || this.#savedAt === null ? null : { position: this.#position, savedAt: this.#savedAt };
  }

  /** Tells whether the point is of this broadcast. */
  isOf(roomId: string): boolean {
    return this.#roomId === roomId;
  }

  /** Begins another broadcast than before, with what is kept of it for this session, if anything is. */
  begin(resume: Resume | null, session: string): void {
    const position = resume?.positions[session] ?? null;
    this.#version++;
    this.#roomId = position === null ? null : (resume?.roomId ?? null);
    this.#position = position;
    this.#savedAt = position === null ? null : (resume?.savedAt ?? null);
  }

  /** Takes what im/fetch said; null where it said nothing. @param now ms UTC */
  first(roomId: string, first: Awaited<ReturnType<typeof firstFetch>>, now: number): void {
    const { host = null, cursor = "", internalExt = "" } = first ?? {};
    this.#save(roomId, { host, cursor, internalExt }, first?.received.receivedAt ?? now);
  }

  /** Moves the point beyond what was taken, which need not be asked for again. */
  reached(roomId: string, batch: readonly Received[]): void {
    const last = batch.findLast(({ resume }) => resume !== undefined);
    if (last?.resume !== undefined) this.#save(roomId, { host: this.from.host, ...last.resume }, last.receivedAt);
  }

  #save(roomId: string, from: Pick<ResumePosition, "host" | "cursor" | "internalExt">, receivedAt: number): void {
    this.#version++;
    this.#roomId = roomId;
    this.#position = { ...from, visitor: this.#access.keep() };
    this.#savedAt = receivedAt;
  }

  /** Forgets the host that the platform named once, which may be out of date: the next attempt goes to a known one. */
  hostRefused(): void {
    if (this.#position === null) return;
    this.#version++;
    this.#position = { ...this.#position, host: null };
  }
}
