import type { Taken } from "../ingest/intake.js";
import { gapEvent } from "../ingest/own-events.js";
import type { Broadcast } from "../ingest/pipeline.js";
import type { Received } from "../platform/access/source.js";
import type { Live, Resolved } from "../platform/links/resolve.js";
import { DyliveError } from "../runtime/errors.js";
import { orElse } from "../runtime/in-time.js";
import { isNotOwner } from "../runtime/store-down.js";
import { firstFetch } from "../sources/first-fetch.js";
import { openSource } from "../sources/open-source.js";
import type { Noted } from "../store/rooms.js";
import { Arrival } from "./arrival.js";
import { Bearings } from "./bearings.js";
import type { ConnectionOwner } from "./connection-owner.js";
import { Doubt } from "./doubt.js";
import { damagedIn, type Gap, Missed } from "./missed.js";
import { ResumePoint } from "./resume-point.js";
import type { Closing, Target } from "./target.js";
import { Watchdog } from "./watchdog.js";

const TICK_MS = 5000;
/** Time that a connection must stand to count as a good one, in ms: the next loss is a new matter. */
const STEADY_MS = 10_000;
/** Shortest time between two connects because of damage, in ms. */
const RENEW_MS = 60_000;
/** Time without receiving, in ms, after which a process did not go on with the room that it offered. */
const STUCK_MS = 30_000;

/** The connections of one room, one at a time: opens, stores, watches for silence, keeps where to go on. */
export class RoomConnection {
  readonly #owner: ConnectionOwner;
  #watchdog = new Watchdog();
  /** Times of this class are steady. */
  readonly #bearings: Bearings;
  readonly #missed: Missed;
  /** When the last frame of this broadcast came here, by im/fetch too; null before the first. */
  #heardAt: number | null = null;
  /** Why the last connection was given up although the broadcast may go on. */
  #left: { readonly since: Noted | null; readonly reason: string } | null = null;
  /** When damage was last a reason to connect anew. */
  #renewedAt = Number.NEGATIVE_INFINITY;
  /** Whether this silence has led to a new connection already. */
  #renewed = false;
  #openedAt: number | null = null;
  /** Whether a batch is worked on: what the store holds back meanwhile is no silence of the platform's. */
  #busy = false;
  readonly #point: ResumePoint;
  #attempts = 0;
  readonly #doubt = new Doubt();

  constructor(owner: ConnectionOwner) {
    this.#owner = owner;
    this.#bearings = new Bearings(owner.parts.clock);
    this.#missed = new Missed(this.#bearings);
    this.#point = new ResumePoint(owner, this.#missed, this.#bearings);
  }

  /** Connects and stores until the connection ends or is given up; resolves with the reason. An abort counts as `lost`. */
  async run(target: Target, signal: AbortSignal): Promise<Closing> {
    const { health, parts, access, to, moving } = this.#owner;
    const { live } = target;
    this.#doubt.begin(!target.confirmed);
    if (health.sessionId !== live.roomId) await this.#begin(target, signal);
    else if (this.#left !== null) this.#missed.begin(this.#left.since, this.#left.reason);
    this.#left = null;
    this.#openedAt = null;
    if (health.platformState !== "stalled") await to("connecting", "opening the connection");
    const given = new AbortController();
    const ended = new AbortController();
    const arrival = moving() ? this.#arrival(live.roomId, AbortSignal.any([signal, ended.signal])) : null;
    let verdict: "dead" | "stalled" | "moved" | null = null;
    let [announced, anew]: [boolean, Gap | null] = [false, null];
    let looking = false;
    let opened = false;
    const stopTicking = parts.clock.every(TICK_MS, () => {
      if (looking || this.#busy || this.#openedAt === null) return;
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
        source: access.source,
      };
      // In the browser the page asks im/fetch itself, and we read its answer.
      if (access.source === "websocket") await this.#first(target, broadcast, signal);
      for await (const batch of this.#open(target, () => arrival?.opened(), AbortSignal.any([signal, given.signal]))) {
        opened = true;
        this.#busy = true;
        arrival?.opened(); // only so a page shows that it stands
        await arrival?.done;
        this.#bearings.learn(batch);
        const taken = await this.#take(target, batch, broadcast, signal);
        if (this.#owner.lost()) continue; // the rest of what was received is handed over
        this.#point.reached(live.roomId, batch);
        const damaged = await this.#seen(target, batch, taken, broadcast, signal);
        anew ??= damaged;
        announced ||= taken.ended;
        if (announced || anew !== null) given.abort(); // what else was received by then is taken first
        this.#busy = false;
      }
      const parted = await this.#parted(announced, anew, opened);
      if (parted !== null) return parted;
      // What had been received before it was given up is stored by now.
      if (verdict === "dead") this.#miss("the connection was open but silent: not even heartbeats were answered");
      if (verdict === "stalled")
        this.#missed.begin(this.#bearings.note(this.#watchdog.lastInteractiveAt), "the connection was open but silent", { silent: true });
      if (verdict === "moved")
        this.#left = {
          since: this.#bearings.note(this.#watchdog.lastInteractiveAt),
          reason: "the platform said that the broadcast was over",
        };
      if (!signal.aborted && verdict === null) throw new DyliveError("unreachable", "the platform said that the connection is over");
      return this.#closing(verdict ?? "lost", opened);
    } catch (error) {
      if (signal.aborted) return this.#closing("lost", opened);
      if (!(error instanceof DyliveError) || isNotOwner(error)) throw error;
      const parted = await this.#parted(announced, anew, opened);
      if (parted !== null) return parted;
      this.#miss(error.detail);
      const blocked = error.code === "blocked";
      // Where an earlier connection was left may be out of date, which says nothing of us: the page is asked at once.
      if (blocked && !target.confirmed && this.#openedAt === null) return this.#closing("moved", opened);
      if (blocked) this.#point.hostRefused();
      if (blocked) await to("blocked", error.detail, "blocked");
      else if (health.platformState !== "stalled") await to("connecting", error.detail);
      return this.#closing(blocked ? "refused" : "lost", opened);
    } finally {
      stopTicking();
      this.#busy = false;
      ended.abort();
      health.backlog.dropped();
      await this.#point.keep(target.room);
    }
  }

  /** Returns the arrival of a room that another process goes on collecting: when it is ours to store. */
  #arrival(roomId: string, signal: AbortSignal): Arrival {
    const { parts, arrive } = this.#owner;
    const claim = async () => {
      const left = await arrive(signal);
      if (left?.roomId !== roomId) return; // how an earlier broadcast was left says nothing of this one
      this.#missed.goOn(left.missing);
      const { savedAt: at, ahead } = left;
      this.#missed.begin({ at, ahead }, "the process that had the room had stopped receiving", { longerThanMs: STUCK_MS });
    };
    return new Arrival(parts.clock, claim, signal);
  }

  #open({ live, identity }: Target, onStanding: () => void, signal: AbortSignal): AsyncGenerator<readonly Received[]> {
    const { parts, budgets, access, drift, health } = this.#owner;
    const { clock } = parts;
    const from = { ...this.#point.from, attempt: this.#attempts++ };
    const wanted = {
      ...{ live, identity, from },
      onOpen: (at: number) => {
        this.#watch(at);
        if (access.source === "websocket") onStanding();
      },
      onReceived: (frame: Received) => health.backlog.arrived(frame),
    };
    return openSource(wanted, { access, budgets, clock, drift }, signal);
  }

  /** Asks im/fetch, once a broadcast: it says where to connect, and its first messages are stored. */
  async #first(target: Target, broadcast: Broadcast, signal: AbortSignal): Promise<void> {
    const { roomId } = target.live;
    if (this.#point.isOf(roomId)) return;
    const { parts, budgets, access, drift } = this.#owner;
    const { visitor } = target.identity;
    await budgets.requests.take(signal);
    const first = await firstFetch({ platform: access.platform, visitor, roomId, drift, now: () => parts.clock.now() }, signal);
    // Whoever has the room has these messages.
    if (first !== null) this.#bearings.learn([first.received]);
    if (first !== null && !this.#owner.moving()) {
      this.#owner.health.backlog.arrived(first.received);
      const { lost } = await this.#take(target, [first.received], broadcast, signal);
      if (lost !== null) this.#missed.begin([], lost); // how far back they reach, nobody has read
    }
    this.#point.first(roomId, first);
  }

  /** Hands a batch on as it came; what holds that up holds back the socket. */
  async #take({ intake, room }: Target, batch: readonly Received[], broadcast: Broadcast, signal: AbortSignal): Promise<Taken> {
    const { parts, raw, health } = this.#owner;
    parts.onReceived?.(batch, broadcast);
    raw?.take(room, batch, broadcast);
    health.backlog.taking(batch);
    const taken = await intake.take(batch, broadcast, signal);
    health.backlog.taken(batch);
    this.#heardAt = this.#bearings.steady(batch[batch.length - 1]?.receivedAt ?? parts.clock.now());
    return taken;
  }

  /** Notes what a batch says of the connection: it lives, people are heard, a gap is over. @returns the damage for which to connect anew */
  async #seen(
    target: Target,
    batch: readonly Received[],
    { interactive, lost }: Taken,
    broadcast: Broadcast,
    signal: AbortSignal,
  ): Promise<Gap | null> {
    const { health, to } = this.#owner;
    const at = batch[batch.length - 1]?.receivedAt ?? 0;
    const damaged = damagedIn(batch, this.#bearings.wall(this.#watchdog.lastFrameAt));
    if (lost !== null) this.#missed.begin(this.#bearings.note(this.#watchdog.lastFrameAt), lost);
    this.#watchdog.received(this.#bearings.steady(at), interactive);
    const brought = { messages: batch.some(({ response }) => response !== null), people: interactive > 0 };
    const over = lost === null ? this.#missed.end(batch[0]?.receivedAt ?? at, brought) : null;
    await this.#tell(target, broadcast, over, signal);
    if (over !== null) await this.#point.keep(target.room); // or who goes on after a crash would go on missing it
    if (interactive > 0) this.#renewed = false;
    if (interactive > 0 && health.platformState !== "live") await to("live", "interactive messages are coming in");
    if (damaged === null) return null;
    health.drop("damaged", batch.filter((received) => received.damaged).length);
    if (!this.#watchdog.slow || damaged.to - this.#renewedAt < RENEW_MS) {
      await this.#tell(target, broadcast, damaged, signal);
      return null;
    }
    this.#renewedAt = damaged.to;
    return damaged;
  }

  /** Returns the closing of a connection that was given up for what came through it; null where nothing of the kind came. */
  async #parted(announced: boolean, anew: Gap | null, opened: boolean): Promise<Closing | null> {
    if (announced) this.#left = { since: this.#heard(), reason: "the end of the broadcast was announced, but its page says live" };
    if (announced) return this.#closing("announced", opened);
    if (anew === null) return null;
    this.#reopen(anew);
    await this.#owner.to("connecting", `${anew.reason}: connecting anew for what the platform still has of it`);
    return this.#closing("lost", opened);
  }

  /** Begins another broadcast than before: what was being missed of the old one is over. */
  async #begin(target: Target, signal: AbortSignal): Promise<void> {
    const { health, parts } = this.#owner;
    const { live, room, resume } = target;
    const before = health.sessionId;
    if (before !== null) {
      const session = await orElse(
        () => parts.store.sessions.get(room, before),
        null,
        parts.spool !== undefined,
        health.backlog.isSpooled,
        parts.clock,
      );
      const endedAt = session?.endedAt ?? parts.clock.now();
      await this.#tell(
        target,
        { sessionId: before, webRid: live.webRid, anchorId: null, source: "system" },
        this.#missed.close(endedAt),
        signal,
      );
    }
    health.broadcast(live.roomId);
    this.#heardAt = null;
    this.#watchdog = new Watchdog();
    this.#renewed = false;
    this.#point.begin(resume);
    if (this.#owner.moving()) return;
    this.#missed.goOn(resume?.missing);
    const kept = resume === null ? null : { at: resume.savedAt, ahead: resume.ahead };
    const until = [kept, await this.#owner.receivedUntil(room, live.roomId)].filter((noted) => noted !== null);
    if (until.length > 0) this.#missed.begin(until, "dylive was not collecting");
  }

  async #tell({ room, intake }: Target, broadcast: Broadcast, gap: Gap | null, signal: AbortSignal): Promise<void> {
    if (gap === null) return;
    const event = gapEvent(room, broadcast, gap.from, gap.to, gap.reason);
    try {
      await intake.own(event, signal);
    } catch (error) {
      this.#reopen(gap); // it is told when something comes again, if need be to another process
      throw error;
    }
    this.#owner.health.gap(gap.from === null ? null : gap.to - gap.from);
  }

  /** Opens a gap again that is not over, or not told. */
  #reopen({ from, reason }: Gap): void {
    this.#missed.begin(from === null ? [] : this.#bearings.note(this.#bearings.steady(from)), reason);
  }

  #watch(from: number): void {
    this.#openedAt = this.#bearings.steady(from);
    this.#watchdog.opened(this.#openedAt);
  }

  #closing(why: Closing["why"], opened: boolean): Closing {
    return { why, opened, steady: this.#openedAt !== null && this.#bearings.now() - this.#openedAt >= STEADY_MS };
  }

  /** Looks at the silence of an open connection, asks the platform before it judges, and says whether to give the connection up. */
  async #look({ live, room }: Target, signal: AbortSignal): Promise<"dead" | "stalled" | "moved" | null> {
    const { resolve, to } = this.#owner;
    await this.#point.keep(room);
    const now = this.#bearings.now();
    const silence = this.#watchdog.silence(now);
    if (silence !== "dead" && this.#doubt.due(now)) {
      const asked = await resolve(signal);
      if (isOver(live, asked)) return "moved";
      this.#doubt.asked(asked?.outcome === "live", now);
    }
    if (silence === null) return null;
    const seconds = Math.round((now - this.#watchdog.lastInteractiveAt) / 1000);
    if (silence === "dead") return "dead";
    const since = this.#watchdog.lastInteractiveAt;
    const asked = await resolve(signal);
    if (this.#watchdog.lastInteractiveAt !== since) return null; // it spoke while we asked
    if (isOver(live, asked)) return "moved";
    this.#watchdog.quiet();
    if (asked?.outcome !== "live") {
      await to("stalled", `nobody was heard for ${seconds} s, and the platform did not say whether the room is live`);
      return null;
    }
    await to(
      "stalled",
      this.#renewed
        ? "nobody is heard, also after connecting anew: the room may be quiet"
        : `nobody was heard for ${seconds} s although the room's page says live: connecting anew`,
    );
    this.#renewed = true; // and again after twice as long: the next connection may be the good one
    return "stalled";
  }

  #miss(reason: string): void {
    this.#missed.begin(this.#heard(), reason);
  }

  #heard(): Noted | null {
    return this.#heardAt === null ? null : this.#bearings.note(this.#heardAt);
  }
}

/** Whether the platform says that a broadcast is not on any more. */
function isOver(live: Live, asked: Resolved | null): boolean {
  return asked?.outcome === "offline" || (asked?.outcome === "live" && asked.roomId !== live.roomId);
}
