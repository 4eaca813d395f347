import { answersCaller, PAUSED, type RequestedRoom, type RoomOperations, type RoomStatus, type RoomView } from "../health/state.js";
import { isStoreProblem } from "../ingest/intake.js";
import { Visitor } from "../platform/access/visitor.js";
import { ROOM_DOOR, readPaste } from "../platform/links/paste.js";
import { nameIn, type RoomName } from "../platform/links/resolve.js";
import type { Reach } from "../platform/platform-access.js";
import { type Clock, linkedController, yieldToEventLoop } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { msg, recorded } from "../runtime/msg.js";
import { RateLimiter } from "../runtime/rate-limiter.js";
import { ANY_NUMBER, type WantedRooms, watchRoom } from "../store/cluster.js";
import type { RoomKey } from "../store/log.js";
import type { Alias, RoomRow, RoomSettings, WhichRooms } from "../store/rooms.js";
import type { Store } from "../store/store.js";
import { LeasedCollectors, type LeasedCollectorsDeps } from "./leased-collectors.js";
import { LocalRooms } from "./local-rooms.js";
import { quietStatus, RoomsView, UNTAKEN, unclaimedStatus, type ViewedRoom } from "./rooms-view.js";
import { assertPossible, changeOf, shownSettings } from "./settings.js";

/** Dependencies of {@link RoomManager}. */
interface RoomManagerDeps extends Pick<Reach, "platform" | "platformBy" | "userAgent"> {
  readonly store: Pick<Store, "rooms">;
  readonly wantedRooms: WantedRooms;
  /** Collectors of this process, which are stopped with the manager. */
  readonly collectors: Pick<LeasedCollectors, "held" | "ofRoom" | "changes" | "stop">;
  readonly clock: Clock;
  /** The accounts of this machine; null where it collects nothing: then the collectors know them, and say what they lack in the room's state. */
  readonly accounts: Reach["accounts"] | null;
  /** Rooms of the whole cluster that are collected on request, beside the watch list. */
  readonly maxOnDemandRooms: number;
  /** ms without a request after which such a room is let go. */
  readonly onDemandIdleMs: number;
  /** Called when the cluster could not be looked at: it is looked at again. */
  readonly onError: (error: unknown) => void;
}

/** Dependencies of the manager of a process that is alone. */
interface AloneDeps extends Omit<LeasedCollectorsDeps, "membership" | "wantedRooms"> {
  readonly maxOnDemandRooms: number;
}

/** First answer about a room. */
interface SettledRoom {
  readonly status: RoomStatus;
  /** Null of a room that was met before. */
  readonly report: ViewedRoom["report"];
}

/** Pause before a room that is to be watched, and could not be met, is tried again, in ms. */
const RETRY_MS = 3000;
/** Longest wait for such a room in one go, in ms: after that it is asked for again. */
const MEET_MS = 60_000;
/** Short links followed per second at most, for all rooms together. */
const REQUESTS_PER_S = 5;
/** Rooms that are listed in one turn of the event loop. */
const LISTED_TOGETHER = 100;

/**
 * Manages rooms: notes which are wanted, and shows how they are doing. One process is a cluster of one, with leases that are always its own.
 * While the database of many is away every call is `store_unreachable`; only `status`, which waits for nothing, shows what was last known,
 * for half a minute.
 */
export class RoomManager implements RoomOperations {
  readonly #deps: RoomManagerDeps;
  readonly #view: RoomsView;
  readonly #requests: RateLimiter;
  /** When this process first saw that a room is paused, ms UTC. */
  readonly #pausedSince = new Map<RoomKey, number>();
  readonly #stop = new AbortController();

  constructor(deps: RoomManagerDeps) {
    this.#deps = deps;
    this.#view = new RoomsView(deps);
    this.#requests = new RateLimiter(deps.clock, { perSecond: REQUESTS_PER_S, burst: 10 });
  }

  /** Makes the manager of a process that has all rooms for itself, and collects them. */
  static alone(deps: AloneDeps): RoomManager {
    const local = new LocalRooms({ rooms: deps.store.rooms, clock: deps.clock, collectors: () => collectors });
    const collectors = new LeasedCollectors({ ...deps, membership: local, wantedRooms: local });
    collectors.start();
    return new RoomManager({ ...deps, wantedRooms: local, collectors });
  }

  /** Begins to follow the wanted rooms and the watch list. @throws what the store throws */
  async start(): Promise<void> {
    await this.#deps.wantedRooms.sweep(this.#deps.onDemandIdleMs);
    await this.#view.start();
  }

  /** Takes no more requests, and ends the collections of this process. In a cluster of many what was wanted stays so until it is idle. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#view.stop();
    await this.#deps.collectors.stop();
  }

  /**
   * Puts a room on the watch list: it is collected from now on, also after a restart. Does not wait for the platform, but to follow a short link.
   * A room that is paused stays so: what a server is started with is older than that.
   * @param text anything that names a room
   * @returns whether it is collected; false when it is known to be paused
   * @throws DyliveError bad_room; of a short link also no_account, room_unknown, unreachable
   */
  async watch(text: string, signal: AbortSignal): Promise<boolean> {
    const name = await this.#nameIn(text, signal);
    if (this.#pausedStatus(await this.#rowOf(name)) !== null) return false;
    void this.#watchWhenMet(name, this.#stop.signal);
    return true;
  }

  async #watchWhenMet(name: RoomName, signal: AbortSignal): Promise<void> {
    const { store, wantedRooms, onDemandIdleMs, clock, onError } = this.#deps;
    while (!signal.aborted) {
      try {
        const { status } = await this.#meet(name, ANY_NUMBER, MEET_MS, signal);
        if (status.state !== "paused") await watchRoom(store.rooms, status.room);
        return await wantedRooms.sweep(onDemandIdleMs);
      } catch (error) {
        if (isStoreProblem(error)) onError(error);
        await clock.sleep(RETRY_MS, signal).catch(() => {});
      }
    }
  }

  async request(text: string, settleMs: number, signal: AbortSignal): Promise<RequestedRoom> {
    const name = await this.#nameIn(text, signal);
    const { status, report } = await this.#meet(name, this.#deps.maxOnDemandRooms, settleMs, signal);
    if (report !== null && report.problem !== null) throw new DyliveError(report.problem, recorded(report.reason));
    return { room: status.room, onlySession: name.kind === "room_id" ? name.value : null, status };
  }

  status(room: RoomKey): RoomStatus | null {
    return this.#view.statusOf(room);
  }

  /** The states of all rooms that are collected now. */
  collected(): readonly RoomStatus[] {
    return [...this.#view.rooms()].flatMap((room) => this.status(room) ?? []);
  }

  async list({ limit = Number.POSITIVE_INFINITY, ...which }: WhichRooms = {}): Promise<readonly RoomView[]> {
    const { rooms } = this.#deps.store;
    const views: RoomView[] = [];
    for (;;) {
      const most = Math.min(LISTED_TOGETHER, limit - views.length);
      const rows = await rooms.list({ ...which, after: views.at(-1)?.row.room ?? which.after, limit: most });
      const aliases = await rooms.aliasesOf(rows.map(({ room }) => room));
      for (const row of rows) views.push(this.#shown(row, aliases.get(row.room) ?? []));
      if (rows.length < most || views.length >= limit) return views;
      await yieldToEventLoop();
    }
  }

  async view(room: RoomKey): Promise<RoomView> {
    const row = await this.#row(room);
    return this.#shown(row, await this.#deps.store.rooms.aliases(room));
  }

  async add(
    text: string,
    settings: Partial<RoomSettings>,
    settleMs: number,
    signal: AbortSignal,
    mayChangeProxies = true,
  ): Promise<RoomView> {
    await assertPossible(settings, this.#deps);
    const name = await this.#nameIn(text, signal);
    const { status } = await this.#meet(name, ANY_NUMBER, settleMs, signal, settings);
    await watchRoom(this.#deps.store.rooms, status.room, changeOf(settings, mayChangeProxies));
    await this.#follow();
    return this.view(status.room);
  }

  async change(room: RoomKey, settings: Partial<RoomSettings>, mayChangeProxies = true): Promise<RoomView> {
    await assertPossible(settings, this.#deps);
    await this.#deps.store.rooms.setSettings(room, changeOf(settings, mayChangeProxies));
    await this.#follow();
    return this.view(room);
  }

  pause(room: RoomKey): Promise<RoomView> {
    return this.#unwatch(room, "paused");
  }

  async resume(room: RoomKey): Promise<RoomView> {
    const row = await this.#row(room);
    if (row.webRid === null) throw new DyliveError("not_found", msg`room ${room} has no number on the platform that could be collected`);
    await watchRoom(this.#deps.store.rooms, room);
    // One that came to nothing a moment ago is tried again at once.
    if (this.#view.ofRoom(room)?.report?.problem === "no_account") await this.#deps.wantedRooms.forget(room);
    await this.#follow();
    return this.view(room);
  }

  remove(room: RoomKey): Promise<RoomView> {
    return this.#unwatch(room, "off");
  }

  /** Brings a change of ours to the processes that collect. */
  async #follow(): Promise<void> {
    await this.#deps.wantedRooms.sweep(this.#deps.onDemandIdleMs);
    await this.#view.read();
  }

  async #unwatch(room: RoomKey, watch: "paused" | "off"): Promise<RoomView> {
    await this.#row(room);
    await this.#deps.store.rooms.setWatch(room, watch);
    await this.#deps.wantedRooms.forget(room);
    await this.#view.read();
    return this.view(room);
  }

  async #row(room: RoomKey): Promise<RoomRow> {
    const row = room > 0 ? await this.#deps.store.rooms.get(room) : null;
    if (row === null) throw new DyliveError("not_found", msg`there is no room ${room}`);
    return row;
  }

  #shown(row: RoomRow, aliases: readonly Alias[]): RoomView {
    return {
      row: { ...row, settings: shownSettings(row.settings) },
      aliases,
      status: this.#pausedStatus(row) ?? this.status(row.room),
    };
  }

  /** Returns the status of a room that is paused; null for any other room. */
  #pausedStatus(row: RoomRow | null): RoomStatus | null {
    if (row === null) return null;
    const { room, watch } = row;
    if (watch !== "paused") {
      this.#pausedSince.delete(room);
      return null;
    }
    const since = this.#pausedSince.get(room) ?? this.#deps.clock.now();
    this.#pausedSince.set(room, since);
    return quietStatus(room, "paused", PAUSED, since);
  }

  /** The lasting name in a text; short links are followed, within what the platform may be asked. */
  async #nameIn(text: string, signal: AbortSignal): Promise<RoomName> {
    const { platform, userAgent } = this.#deps;
    if (readPaste(text, ROOM_DOOR).kind === "short_link") await this.#requests.turn(signal);
    return nameIn(text, { platform, visitor: new Visitor(userAgent) }, signal);
  }

  /**
   * Says that a room is wanted: by the name that it is wanted by already, by its number, or by the name that was asked for. Waits for a first
   * state of it that answers a caller, but not where it was met before. A paused room is not wanted; its state says so.
   * @param settings that it is added with; it is wanted no more where that fails
   * @throws DyliveError what keeps it from being met
   */
  async #meet(
    asked: RoomName,
    most: number,
    settleMs: number,
    signal: AbortSignal,
    settings?: Partial<RoomSettings>,
  ): Promise<SettledRoom> {
    const { wantedRooms } = this.#deps;
    if (this.#stop.signal.aborted) throw new DyliveError("stopping", "no more rooms are taken");
    const viewed = await this.#find(asked);
    const row = viewed === undefined ? await this.#rowOf(asked) : null;
    const paused = this.#pausedStatus(row);
    if (paused !== null) return { status: paused, report: null };
    // By its number a room is collected, but a custom id may belong to another account by now.
    const number: Alias | null = row?.webRid == null || asked.kind === "unique_id" ? null : { kind: "web_rid", value: row.webRid };
    const name = viewed?.name ?? number ?? asked;
    if (!(await wantedRooms.ask(name, most, settings)))
      throw new DyliveError("too_many_rooms", msg`${most} rooms are collected on demand, which is the most allowed`);
    if (viewed === undefined) await this.#view.read();
    try {
      return await this.#settled(name, viewed?.status != null, settleMs, signal);
    } catch (error) {
      if (settings !== undefined && viewed === undefined) await wantedRooms.forget(name).catch(() => {});
      throw error;
    }
  }

  /** Finds the wanted room of a name, or of the room that has this name. */
  async #find(name: Alias): Promise<ViewedRoom | undefined> {
    const viewed = this.#view.of(name);
    if (viewed !== undefined) return viewed;
    const room = await this.#deps.store.rooms.find(name);
    return room === null ? undefined : this.#view.ofRoom(room);
  }

  /** Returns what the store knows of the room of a name. */
  async #rowOf(name: Alias): Promise<RoomRow | null> {
    const { rooms } = this.#deps.store;
    const room = await rooms.find(name);
    return room === null ? null : rooms.get(room);
  }

  async #settled(name: Alias, isMet: boolean, settleMs: number, signal: AbortSignal): Promise<SettledRoom> {
    const { clock, store, collectors } = this.#deps;
    const end = linkedController(signal, this.#stop.signal);
    if (settleMs <= 0) end.abort();
    else void clock.sleep(settleMs, end.signal).then(end.abort, () => {});
    try {
      for await (const _ of collectors.changes.wakes(end.signal)) {
        const { status, report } = await this.#look(name);
        if (status !== null && (isMet || answersCaller(status.state))) return { status, report: isMet ? null : report };
        if (status === null && report !== null && report.state !== "paused" && answersCaller(report.state))
          throw new DyliveError(report.problem ?? "room_unknown", recorded(report.reason));
      }
    } finally {
      end.abort();
      end.release();
    }
    const { status, report } = await this.#look(name);
    if (status !== null) return { status, report: isMet ? null : report };
    // What is stored of a room can be read though no process collects it just now.
    const room = report === null && !signal.aborted ? await store.rooms.find(name) : null;
    if (room !== null) return { status: unclaimedStatus(room, clock.now()), report };
    const why = recorded(report?.reason ?? UNTAKEN);
    throw new DyliveError(report?.problem ?? "room_unknown", report?.problem != null ? why : msg`no answer within ${settleMs} ms (${why})`);
  }

  /** Returns how the room of a name is doing now, also where it was paused meanwhile, or the platform has only just said which room it is. */
  async #look(name: Alias): Promise<Pick<ViewedRoom, "status" | "report">> {
    const viewed = await this.#find(name);
    const isPaused = viewed === undefined || viewed.report?.state === "paused";
    const paused = isPaused ? this.#pausedStatus(await this.#rowOf(name)) : null;
    return paused === null ? (viewed ?? { status: null, report: null }) : { status: paused, report: null };
  }
}
