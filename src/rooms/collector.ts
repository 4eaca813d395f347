import type { Clock } from "../clock.js";
import { DyliveError } from "../errors.js";
import type { NewEvent } from "../events/event.js";
import type { RoomKey } from "../log/log.js";
import type { Alias } from "../log/rooms.js";
import type { Store } from "../log/store.js";
import { firstFetch } from "../sources/fetch.js";
import type { Platform } from "../sources/platform.js";
import { pushHeaders, pushUrl } from "../sources/push.js";
import type { Signer } from "../sources/signer.js";
import type { Received } from "../sources/source.js";
import { Visitor } from "../sources/visitor.js";
import { websocketSource } from "../sources/websocket.js";
import { Drift } from "../wire/drift.js";
import { backoffMs } from "./backoff.js";
import { gapEvent, stateEvent } from "./own-events.js";
import { type Broadcast, isStoreDown, Pipeline } from "./pipeline.js";
import { type Live, type Offline, type Resolved, type RoomName, resolveRoom } from "./resolve.js";
import type { RoomState, RoomStatus } from "./state.js";
import { Tracker } from "./tracker.js";

/** What collectors are built of; the same for all rooms. */
export interface CollectorParts {
  readonly store: Store;
  readonly platform: Platform;
  readonly signer: Signer;
  readonly userAgent: string;
  readonly clock: Clock;
  /** ms between looks at a room that is not live */
  readonly pollMs: number;
  readonly setAside: (event: NewEvent, error: unknown) => void;
  /** Told of every batch as received, before it is stored: for recording. */
  readonly onReceived?: (received: readonly Received[], broadcast: Broadcast) => void;
}

interface Resume {
  readonly roomId: string;
  readonly host: string | null;
  cursor: string;
  internalExt: string;
}

const CONFIRM_MS = 10_000; // two readings that are not live, this far apart, end a broadcast (design section 5)
const SETTLE_EVERY_MS = 5000;
const STORE_RETRY_MS = 1000;
const LOGGED: ReadonlySet<RoomState> = new Set<RoomState>(["waiting", "live", "stalled", "blocked", "ended", "failed"]);

/** Collects one room until it is stopped: resolve, wait for live, connect, store, and again. It tells the truth about how that goes. */
export class Collector {
  readonly name: RoomName;
  readonly tracker: Tracker;
  readonly #parts: CollectorParts;
  readonly #stop = new AbortController();
  readonly #drift = new Drift();
  readonly #visitor: Visitor;
  #room: RoomKey | null = null;
  #pipeline: Pipeline | null = null;
  #resume: Resume | null = null;
  #attempts = 0;
  #done: Promise<void> | null = null;

  constructor(name: RoomName, parts: CollectorParts) {
    this.name = name;
    this.#parts = parts;
    this.tracker = new Tracker(parts.clock);
    this.#visitor = new Visitor(parts.userAgent);
  }

  /** The room once the platform has named it. */
  get room(): RoomKey | null {
    return this.#room;
  }

  /** Messages and fields that our decoders do not know, and failures to decode. */
  get drift(): Drift {
    return this.#drift;
  }

  status(): RoomStatus | null {
    return this.#room === null ? null : this.tracker.status(this.#room);
  }

  /** Starts once; resolves when the collector has stopped, also by itself (no such account). Never rejects. */
  run(): Promise<void> {
    this.#done ??= this.#loop(this.#stop.signal).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.tracker.to("failed", `dylive failed: ${String(error)}`, "internal");
    });
    return this.#done;
  }

  /** Ends the connection and stores what had been received. */
  async stop(): Promise<void> {
    this.#stop.abort(new DyliveError("stopping", "the room is no longer collected"));
    await this.#done;
  }

  async #loop(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const resolved = await this.#resolve(signal);
      if (resolved?.outcome === "no_account") {
        await this.#to("failed", resolved.reason, "no_account");
        return;
      }
      if (resolved === null || resolved.outcome === "unknown") {
        await this.#pause(backoffMs(++failures), signal);
        continue;
      }
      const room = await this.#meet(resolved);
      if (resolved.outcome === "offline") {
        failures = 0;
        await this.#notLive(room, signal);
        await this.#pause(this.#parts.pollMs, signal);
        continue;
      }
      const ended = await this.#collect(resolved, signal);
      if (signal.aborted) return;
      if (ended === "announced" && (await this.#confirmEnd(resolved.roomId, signal))) continue;
      failures = ended === "refused" ? failures + 1 : 1;
      this.tracker.reconnected();
      await this.#pause(backoffMs(failures), signal);
    }
  }

  /** One reading; null when the platform could not be asked. */
  async #resolve(signal: AbortSignal): Promise<Resolved | null> {
    try {
      const resolved = await resolveRoom(this.name, this.#parts.platform, this.#visitor, signal);
      if (resolved.outcome === "unknown") await this.#to("failed", resolved.reason, "room_unknown");
      return resolved;
    } catch (error) {
      if (signal.aborted || !(error instanceof DyliveError)) throw error;
      await this.#to("failed", error.detail, error.code);
      return null;
    }
  }

  /** Knows the room by the names that the platform gave, and opens its pipeline. */
  async #meet(resolved: Live | Offline): Promise<RoomKey> {
    const { store, clock, setAside } = this.#parts;
    const { facts, webRid, roomId } = resolved;
    const aliases: [Alias, ...Alias[]] = [{ kind: "web_rid", value: webRid }];
    if (this.name.kind === "unique_id" && this.name.value !== webRid) aliases.push({ kind: "unique_id", value: this.name.value });
    if (facts.anchor?.secUid) aliases.push({ kind: "sec_uid", value: facts.anchor.secUid });
    if (facts.anchor?.id) aliases.push({ kind: "uid", value: facts.anchor.id });
    if (roomId !== null) aliases.push({ kind: "room_id", value: roomId });
    const room = await store.rooms.ensure(aliases, facts);
    if (this.#pipeline === null || room !== this.#room) {
      this.#pipeline = await Pipeline.open({ log: store.log, rooms: store.rooms, room, clock, drift: this.#drift, setAside });
      this.#room = room;
    }
    if (resolved.outcome === "live") await store.sessions.open(room, resolved.roomId, clock.now(), facts.title);
    return room;
  }

  /** The room is not live: a broadcast that we collected ends after two such readings. */
  async #notLive(room: RoomKey, signal: AbortSignal): Promise<void> {
    const last = this.tracker.sessionId;
    if (last !== null && (await this.#parts.store.sessions.get(room, last))?.endedAt === null) {
      await this.#pause(CONFIRM_MS, signal);
      const again = await this.#resolve(signal);
      if (again?.outcome !== "offline") return;
      await this.#parts.store.sessions.end(room, last, this.#parts.clock.now(), "offline");
      await this.#to("ended", "two readings ten seconds apart say that the broadcast is over");
    }
    await this.#to("waiting", "the account is not live");
  }

  async #confirmEnd(roomId: string, signal: AbortSignal): Promise<boolean> {
    const reading = await this.#resolve(signal);
    if (reading?.outcome !== "offline" || this.#room === null) return false;
    await this.#parts.store.sessions.end(this.#room, roomId, this.#parts.clock.now(), "announced");
    await this.#to("ended", "the platform announced the end of the broadcast, and its page confirms it");
    return true;
  }

  /** Connects and stores until the source ends. */
  async #collect(live: Live, signal: AbortSignal): Promise<"announced" | "closed" | "refused"> {
    const { platform, signer, clock, onReceived } = this.#parts;
    const roomId = live.roomId;
    this.tracker.sessionId = roomId;
    const lastFrameAt = this.tracker.lastFrameAt;
    const resumed = this.#resume?.roomId === roomId;
    await this.#to("connecting", "opening the connection");
    const broadcast: Broadcast = { sessionId: roomId, webRid: live.webRid, anchorId: live.facts.anchor?.id ?? null, source: "websocket" };
    const local = new AbortController();
    const stopSettling = clock.every(SETTLE_EVERY_MS, () => void this.#pipeline?.settle().catch(() => {}));
    let opened = false;
    let openedAt = Number.POSITIVE_INFINITY;
    try {
      const resume = await this.#start(roomId, broadcast, signal);
      const source = websocketSource({
        connectUrl: (until) => pushUrl({ platform, signer, visitor: this.#visitor, attempt: this.#attempts++, ...resume }, until),
        headers: pushHeaders(this.#visitor, live.webRid),
        clock,
        drift: this.#drift,
        onResume: (cursor, internalExt) => {
          resume.cursor = cursor;
          resume.internalExt = internalExt;
        },
      });
      for await (const batch of source.open(AbortSignal.any([signal, local.signal]))) {
        if (!opened) {
          opened = true;
          openedAt = batch[0]?.receivedAt ?? clock.now();
          if (resumed && lastFrameAt !== null) await this.#gap(lastFrameAt, openedAt, broadcast);
        }
        onReceived?.(batch, broadcast);
        const ended = await this.#take(batch, broadcast, signal);
        if (this.tracker.state !== "live" && this.tracker.lastInteractiveAt !== null && this.tracker.lastInteractiveAt >= openedAt)
          await this.#to("live", "interactive messages are coming in");
        if (ended) return "announced";
      }
      return "closed";
    } catch (error) {
      if (signal.aborted) return "closed";
      if (!(error instanceof DyliveError)) throw error;
      await this.#to(error.code === "blocked" ? "blocked" : "connecting", error.detail, error.code === "blocked" ? "blocked" : null);
      return opened ? "closed" : "refused";
    } finally {
      local.abort();
      stopSettling();
    }
  }

  /** Where to connect: on from the last frame of this broadcast, else what im/fetch says, whose first messages are stored. */
  async #start(roomId: string, broadcast: Broadcast, signal: AbortSignal): Promise<Resume> {
    if (this.#resume?.roomId === roomId) return this.#resume;
    const { platform, clock, onReceived } = this.#parts;
    const first = await firstFetch({ platform, visitor: this.#visitor, roomId, drift: this.#drift, now: () => clock.now() }, signal);
    this.#resume = { roomId, host: first?.host ?? null, cursor: first?.cursor ?? "", internalExt: first?.internalExt ?? "" };
    if (first !== null) {
      onReceived?.([first.received], broadcast);
      await this.#take([first.received], broadcast, signal);
    }
    return this.#resume;
  }

  /** Stores a batch, again and again while the store is down (the socket is held back meanwhile). @returns whether the end was announced */
  async #take(batch: readonly Received[], broadcast: Broadcast, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#parts;
    if (this.#pipeline === null) throw new DyliveError("internal", "a batch came before its room was known");
    for (;;) {
      try {
        const stored = await this.#pipeline.store(batch, broadcast);
        const at = batch[batch.length - 1]?.receivedAt ?? clock.now();
        this.tracker.frame(at);
        for (const [method, n] of stored.methods) this.tracker.message(method, n, at);
        for (const [reason, n] of stored.drops) this.tracker.drop(reason, n);
        return stored.ended;
      } catch (error) {
        if (!isStoreDown(error) || signal.aborted) throw error;
        this.tracker.to(this.tracker.state, `the store takes nothing now: ${String(error)}`);
        await clock.sleep(STORE_RETRY_MS, signal);
      }
    }
  }

  async #gap(from: number, to: number, broadcast: Broadcast): Promise<void> {
    if (this.#pipeline === null || this.#room === null || to <= from) return;
    await this.#pipeline.own(gapEvent(this.#room, broadcast, from, to, "the connection was lost"));
  }

  /** Goes to a state, and tells the log when it is one that readers care about. */
  async #to(state: RoomState, reason: string, problem: ConstructorParameters<typeof DyliveError>[0] | null = null): Promise<void> {
    const from = this.tracker.to(state, reason, problem);
    if (from === null || !LOGGED.has(state) || this.#pipeline === null || this.#room === null) return;
    await this.#pipeline.own(stateEvent(this.#room, this.tracker.sessionId, from, state, { reason }, this.#parts.clock.now()));
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await this.#parts.clock.sleep(ms, signal).catch(() => {});
  }
}
