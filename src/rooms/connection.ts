import { DyliveError, type ErrorCode } from "../errors.js";
import type { RoomKey } from "../log/log.js";
import type { Resume } from "../log/rooms.js";
import { firstFetch } from "../sources/fetch.js";
import { pushHeaders, pushUrl } from "../sources/push.js";
import type { Received } from "../sources/source.js";
import type { Visitor } from "../sources/visitor.js";
import { websocketSource } from "../sources/websocket.js";
import type { Drift } from "../wire/drift.js";
import type { Budgets, CollectorParts } from "./collector.js";
import { gapEvent } from "./own-events.js";
import { type Broadcast, isStoreDown, type Pipeline } from "./pipeline.js";
import type { Live, Resolved } from "./resolve.js";
import type { RoomState } from "./state.js";
import type { Tracker } from "./tracker.js";
import { Watchdog } from "./watchdog.js";

/** Why a connection ended, and whether anything had come through it. */
export interface Closing {
  readonly why: "announced" | "lost" | "refused" | "dead" | "stalled" | "moved";
  readonly opened: boolean;
}

/** What a connection needs of its collector. */
interface Owner {
  readonly parts: CollectorParts;
  readonly budgets: Budgets;
  readonly tracker: Tracker;
  readonly visitor: Visitor;
  readonly drift: Drift;
  to(state: RoomState, reason: string, problem?: ErrorCode | null): Promise<void>;
  resolve(signal: AbortSignal): Promise<Resolved | null>;
}

/** The broadcast to connect to. */
interface Target {
  readonly live: Live;
  readonly room: RoomKey;
  readonly pipeline: Pipeline;
  /** Where an earlier connection of this broadcast was left, also one before a restart. */
  readonly resume: Resume | null;
}

/** What a batch brought: events that people caused, and whether the end was announced. */
interface Taken {
  readonly interactive: number;
  readonly ended: boolean;
}

/** Something was missed since then: told as a gap when messages come again. */
interface Missed {
  readonly since: number;
  readonly reason: string;
  /** Whether only messages that people cause prove that it is over. */
  readonly silent: boolean;
}

const TICK_MS = 5000;
const STORE_RETRY_MS = 1000;

/** The connections of one room, one at a time: opens, stores, watches for silence, keeps where to go on. */
export class Connection {
  readonly #owner: Owner;
  #watchdog = new Watchdog();
  #missed: Missed | null = null;
  #resume: Resume | null = null;
  #attempts = 0;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** Connects and stores until the connection ends or is given up; resolves with the reason. An abort counts as `lost`. */
  async run(target: Target, signal: AbortSignal): Promise<Closing> {
    const { tracker, parts, to } = this.#owner;
    const { live } = target;
    if (tracker.sessionId !== live.roomId) {
      this.#watchdog = new Watchdog();
      this.#resume = target.resume;
      this.#missed = target.resume && { since: target.resume.savedAt, reason: "dylive was not collecting", silent: false };
      tracker.broadcast(live.roomId);
    }
    if (tracker.state !== "stalled") await to("connecting", "opening the connection");
    const given = new AbortController();
    let verdict: "dead" | "stalled" | "moved" | null = null;
    let looking = false;
    let opened = false;
    const stopTicking = parts.clock.every(TICK_MS, () => {
      void target.pipeline.settle().catch(() => {}); // tried again with the next batch
      if (looking || !opened) return;
      looking = true;
      void this.#look(target, signal)
        .then((found) => {
          verdict ??= found;
          if (found !== null) given.abort();
        })
        .catch(() => {}) // the platform could not be asked: the next look tries again
        .finally(() => {
          looking = false;
        });
    });
    try {
      const broadcast: Broadcast = {
        sessionId: live.roomId,
        webRid: live.webRid,
        anchorId: live.facts.anchor?.id ?? null,
        source: "websocket",
      };
      await this.#first(target, broadcast, signal);
      for await (const batch of this.#open(target, AbortSignal.any([signal, given.signal]))) {
        if (!opened) this.#watchdog.opened(batch[0]?.receivedAt ?? parts.clock.now());
        opened = true;
        const { interactive, ended } = await this.#take(target, batch, broadcast, signal);
        await this.#seen(target, batch, interactive, broadcast);
        if (ended) return { why: "announced", opened };
      }
      if (!signal.aborted && verdict === null) this.#miss("the platform closed the connection");
      return { why: verdict ?? "lost", opened };
    } catch (error) {
      if (signal.aborted) return { why: "lost", opened };
      if (!(error instanceof DyliveError)) throw error;
      this.#miss(error.detail);
      const blocked = error.code === "blocked";
      if (blocked) await to("blocked", error.detail, "blocked");
      else if (tracker.state !== "stalled") await to("connecting", error.detail);
      return { why: blocked ? "refused" : "lost", opened };
    } finally {
      stopTicking();
      await this.#keep(target.room);
    }
  }

  #open({ live }: Target, signal: AbortSignal): AsyncIterable<readonly Received[]> {
    const { parts, budgets, visitor, drift } = this.#owner;
    const { platform, signer, clock } = parts;
    const { host = null, cursor = "", internalExt = "" } = this.#resume ?? {};
    return websocketSource({
      connectUrl: async (until) => {
        await budgets.connects.take(until);
        return pushUrl({ platform, signer, visitor, roomId: live.roomId, host, cursor, internalExt, attempt: this.#attempts++ }, until);
      },
      headers: pushHeaders(visitor, live.webRid),
      proxy: platform.proxy,
      clock,
      drift,
      onResume: (nextCursor, nextExt) => {
        this.#resume = { roomId: live.roomId, host, cursor: nextCursor, internalExt: nextExt, savedAt: clock.now() };
      },
    }).open(signal);
  }

  /** im/fetch, once a broadcast: says where to connect, and its first messages are stored. */
  async #first(target: Target, broadcast: Broadcast, signal: AbortSignal): Promise<void> {
    const { roomId } = target.live;
    if (this.#resume?.roomId === roomId) return;
    const { parts, budgets, visitor, drift } = this.#owner;
    await budgets.requests.take(signal);
    const first = await firstFetch({ platform: parts.platform, visitor, roomId, drift, now: () => parts.clock.now() }, signal);
    this.#resume = {
      roomId,
      host: first?.host ?? null,
      cursor: first?.cursor ?? "",
      internalExt: first?.internalExt ?? "",
      savedAt: parts.clock.now(),
    };
    if (first !== null) await this.#take(target, [first.received], broadcast, signal);
  }

  /** Stores a batch, again and again while the store is down (the socket is held back meanwhile). */
  async #take({ pipeline }: Target, batch: readonly Received[], broadcast: Broadcast, signal: AbortSignal): Promise<Taken> {
    const { parts, tracker } = this.#owner;
    parts.onReceived?.(batch, broadcast);
    for (;;) {
      try {
        const stored = await pipeline.store(batch, broadcast);
        const at = batch[batch.length - 1]?.receivedAt ?? parts.clock.now();
        tracker.frame(at);
        for (const [method, n] of stored.methods) tracker.message(method, n);
        for (const [reason, n] of stored.drops) tracker.drop(reason, n);
        return { interactive: tracker.stored(stored.events, at), ended: stored.ended };
      } catch (error) {
        if (!isStoreDown(error) || signal.aborted) throw error;
        tracker.to(tracker.state, `the store takes nothing now: ${String(error)}`);
        await parts.clock.sleep(STORE_RETRY_MS, signal);
      }
    }
  }

  /** What a batch says of the connection: it lives, people are heard, a gap is over. */
  async #seen({ room, pipeline }: Target, batch: readonly Received[], interactive: number, broadcast: Broadcast): Promise<void> {
    const { tracker, to } = this.#owner;
    const at = batch[batch.length - 1]?.receivedAt ?? 0;
    this.#watchdog.received(at, interactive);
    const missed = this.#missed;
    if (missed !== null && (!missed.silent || interactive > 0)) {
      this.#missed = null;
      const until = batch[0]?.receivedAt ?? at;
      if (until > missed.since) {
        tracker.gap(until - missed.since);
        await pipeline.own(gapEvent(room, broadcast, missed.since, until, missed.reason));
      }
    }
    if (interactive > 0 && tracker.state !== "live") await to("live", "interactive messages are coming in");
  }

  /** Looks at the silence of an open connection, asks the platform before it judges, and says whether to give the connection up. */
  async #look({ live, room }: Target, signal: AbortSignal): Promise<"dead" | "stalled" | "moved" | null> {
    const { parts, resolve, to } = this.#owner;
    await this.#keep(room);
    const now = parts.clock.now();
    const silence = this.#watchdog.silence(now);
    if (silence === null) return null;
    const seconds = Math.round((now - this.#watchdog.lastInteractiveAt) / 1000);
    if (silence === "dead") {
      this.#miss("the connection was open but silent: not even heartbeats were answered");
      return "dead";
    }
    const since = this.#watchdog.lastInteractiveAt;
    const asked = await resolve(signal);
    if (this.#watchdog.lastInteractiveAt !== since) return null; // it spoke while we asked
    if (asked?.outcome === "offline" || (asked?.outcome === "live" && asked.roomId !== live.roomId)) return "moved";
    const first = this.#owner.tracker.state !== "stalled";
    this.#watchdog.quiet();
    if (asked?.outcome !== "live") {
      await to("stalled", `nobody was heard for ${seconds} s, and the platform did not say whether the room is live`);
      return null;
    }
    await to(
      "stalled",
      first
        ? `nobody was heard for ${seconds} s although the room's page says live: connecting anew`
        : `nobody is heard, also after connecting anew: the room may be quiet`,
    );
    if (!first) return null;
    this.#missed ??= { since, reason: "the connection was open but silent", silent: true };
    return "stalled";
  }

  #miss(reason: string): void {
    const since = this.#owner.tracker.lastFrameAt;
    if (since !== null) this.#missed ??= { since, reason, silent: false };
  }

  /** Keeps where to go on in the room's row, so that another process can. */
  async #keep(room: RoomKey): Promise<void> {
    if (this.#resume !== null) await this.#owner.parts.store.rooms.setResume(room, this.#resume).catch(() => {}); // a convenience: without it one resolves first
  }
}
