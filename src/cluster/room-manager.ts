import { answersCaller, PAUSED, type RequestedRoom, type RoomOperations, type RoomStatus, type RoomView } from "../health/state.js";
import { Visitor } from "../platform/access/visitor.js";
import { ROOM_DOOR, readPaste } from "../platform/links/paste.js";
import { nameIn, type RoomName } from "../platform/links/resolve.js";
import type { Reach } from "../platform/platform-access.js";
import { breathe, type Clock, steadyMs } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { RateLimiter } from "../runtime/rate-limiter.js";
import { recorded, told } from "../runtime/told.js";
import { ANY_NUMBER, type WantedRooms, wantedKey, watchRoom } from "../store/cluster.js";
import type { RoomKey } from "../store/log.js";
import { type Alias, allRooms, type RoomRow, type RoomSettings, type WhichRooms } from "../store/rooms.js";
import type { Store } from "../store/store.js";
import { LeasedCollectors, type LeasedCollectorsDeps } from "./leased-collectors.js";
import { LocalRooms } from "./local-rooms.js";
import { assertPossible, changeOf, shownSettings } from "./settings.js";
import { quietStatus, unclaimedStatus, type ViewedRoom, WantedRoomsView } from "./wanted-rooms-view.js";

/** Dependencies of {@link RoomManager}. */
interface RoomManagerDeps extends Pick<Reach, "platform" | "platformBy" | "userAgent"> {
  readonly store: Pick<Store, "rooms">;
  readonly wantedRooms: Pick<WantedRooms, "ask" | "forget" | "sweep" | "changed">;
  /** The wanted rooms of the other processes, too; null for a process that is alone. */
  readonly shared: Pick<WantedRooms, "all" | "wakes"> | null;
  /** Collectors of this process, which are stopped with the manager; null where it has none. */
  readonly collectors: LeasedCollectors | null;
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

/** A room on request: the name that it is wanted by, and what was known of it. */
interface Wanting {
  readonly name: Alias;
  readonly isNew: boolean;
  readonly met: boolean;
  readonly paused: RoomStatus | null;
}

/** Interval of looking whether a room that is to be watched has been met, in ms. */
const SAVE_MS = 3000;
/** Short links followed per second at most, for all rooms together. */
const REQUESTS_PER_S = 5;
/** Longest time between renewals of a wanted room, in ms: a client that polls each second is one write in half a minute. */
const RENEW_MS = 30_000;
/** Rooms that are listed in one turn of the event loop. */
const LISTED_TOGETHER = 100;
/** Rooms whose states are read in one turn: the turns of a busy process are long, and a scrape that waits for too many of them gives up. */
const READ_TOGETHER = 500;
/** Wanted rooms whose renewal is remembered; beyond that they are renewed sooner. */
const REMEMBERED = 10_000;

/**
 * Manages rooms: notes which are wanted, and shows how they are doing. One process is a cluster of one, with leases that are always its own.
 * While the database of many is away every call is `store_unreachable`; only `status`, which waits for nothing, shows what was last known,
 * for half a minute.
 */
export class RoomManager implements RoomOperations {
  readonly #deps: RoomManagerDeps;
  readonly #view: WantedRoomsView;
  readonly #requests: RateLimiter;
  readonly #renewMs: number;
  readonly #renewedAt = new Map<string, number>();
  /** Rooms to be put on the watch list as soon as they are met, by their keys. */
  readonly #toWatch = new Map<string, Alias>();
  /** When this process first saw that a room is paused, ms UTC. */
  readonly #pausedSince = new Map<RoomKey, number>();
  #stopSaving: () => void = () => {};
  #stopped = false;

  constructor(deps: RoomManagerDeps) {
    const { shared, collectors, clock, onError, onDemandIdleMs } = deps;
    this.#deps = deps;
    this.#view = new WantedRoomsView({ wantedRooms: shared, collectors, clock, onError });
    this.#requests = new RateLimiter(clock, { perSecond: REQUESTS_PER_S, burst: 10 });
    this.#renewMs = Math.min(RENEW_MS, onDemandIdleMs / 4);
  }

  /** Makes the manager of a process that has all rooms for itself, and collects them. */
  static alone(deps: AloneDeps): RoomManager {
    const { store, clock } = deps;
    const local = new LocalRooms({
      ...{ rooms: store.rooms, clock, collected: () => collectors.held },
      onChanges: (changes) => collectors.change(changes),
    });
    const collectors = new LeasedCollectors({ ...deps, membership: local, wantedRooms: local });
    collectors.start();
    return new RoomManager({ ...deps, wantedRooms: local, shared: null, collectors });
  }

  /** Begins to follow the wanted rooms and the watch list. @throws what the store throws */
  async start(): Promise<void> {
    const { clock, onDemandIdleMs, onError, wantedRooms } = this.#deps;
    await wantedRooms.sweep(onDemandIdleMs);
    await this.#view.start();
    this.#stopSaving();
    this.#stopSaving = clock.every(Math.min(SAVE_MS, onDemandIdleMs), () => void this.#save().catch(onError));
  }

  /** Takes no more requests, and ends the collections of this process. In a cluster of many what was wanted stays so until it is idle. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopSaving();
    this.#view.stop();
    await this.#deps.collectors?.stop();
  }

  /**
   * Puts a room on the watch list: it is collected from now on, also after a restart. Does not wait for the platform, but to follow a short link.
   * A room that is paused stays so: what a server is started with is older than that.
   * @param text anything that names a room
   * @returns whether it is collected; false when it is known to be paused
   * @throws DyliveError bad_room; of a short link also no_account, room_unknown, unreachable
   */
  async watch(text: string, signal: AbortSignal): Promise<boolean> {
    const { name, paused } = await this.#want(await this.#nameIn(text, signal), ANY_NUMBER);
    if (paused !== null) return false;
    this.#toWatch.set(wantedKey(name), name);
    await this.#save();
    return true;
  }

  async request(text: string, settleMs: number, signal: AbortSignal): Promise<RequestedRoom> {
    const asked = await this.#nameIn(text, signal);
    const onlySession = asked.kind === "room_id" ? asked.value : null;
    const { name, met, paused } = await this.#want(asked, this.#deps.maxOnDemandRooms);
    if (paused !== null) return { room: paused.room, onlySession, status: paused };
    const { status, report } = await this.#settled(name, met, settleMs, signal);
    if (!met && report != null && report.problem !== null) throw new DyliveError(report.problem, recorded(report.reason));
    return { room: status.room, onlySession, status };
  }

  status(room: RoomKey): RoomStatus | null {
    return this.#view.statusOf(room);
  }

  /** The states of all rooms that are collected now. */
  collected(): readonly RoomStatus[] {
    return [...this.#view.rooms()].flatMap((room) => this.status(room) ?? []);
  }

  /** The states of all rooms that are known, in no order, null where one is not collected; read some at a time. */
  async statuses(): Promise<readonly (RoomStatus | null)[]> {
    const { store } = this.#deps;
    const found = new Map<RoomKey, RoomStatus>();
    for (const [at, room] of [...this.#view.rooms()].entries()) {
      if (at % READ_TOGETHER === READ_TOGETHER - 1) await breathe();
      const status = this.status(room);
      if (status !== null) found.set(room, status);
    }
    for (const row of await allRooms(store.rooms, { watch: "paused" })) {
      const status = this.#pausedStatus(row);
      if (status !== null) found.set(row.room, status);
    }
    const others = Math.max(0, (await store.rooms.count()) - found.size);
    return [...found.values(), ...new Array<null>(others).fill(null)];
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
      await breathe();
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
    const wanting = await this.#want(await this.#nameIn(text, signal), ANY_NUMBER, settings);
    const room = wanting.paused?.room ?? (await this.#added(wanting, settleMs, signal));
    await watchRoom(this.#deps.store.rooms, room, changeOf(settings, mayChangeProxies));
    await this.#follow(room);
    return this.view(room);
  }

  /** Waits for a room that a caller adds. @throws DyliveError what keeps it from being met; then it is wanted no more */
  async #added({ name, isNew, met }: Wanting, settleMs: number, signal: AbortSignal): Promise<RoomKey> {
    try {
      return (await this.#settled(name, met, settleMs, signal)).status.room;
    } catch (error) {
      if (isNew) await this.#deps.wantedRooms.forget(name).catch(() => {});
      throw error;
    }
  }

  async change(room: RoomKey, settings: Partial<RoomSettings>, mayChangeProxies = true): Promise<RoomView> {
    await assertPossible(settings, this.#deps);
    await this.#deps.store.rooms.setSettings(room, changeOf(settings, mayChangeProxies));
    await this.#follow(room);
    return this.view(room);
  }

  pause(room: RoomKey): Promise<RoomView> {
    return this.#unwatch(room, "paused");
  }

  async resume(room: RoomKey): Promise<RoomView> {
    const row = await this.#row(room);
    if (row.webRid === null) throw new DyliveError("not_found", told`room ${room} has no number on the platform that could be collected`);
    await watchRoom(this.#deps.store.rooms, room);
    // One that came to nothing a moment ago is tried again at once.
    if (this.#view.ofRoom(room)?.report?.problem === "no_account") await this.#deps.wantedRooms.forget(room);
    await this.#follow(room);
    return this.view(room);
  }

  remove(room: RoomKey): Promise<RoomView> {
    return this.#unwatch(room, "off");
  }

  /** Brings a change of ours to the processes that collect. */
  async #follow(room: RoomKey): Promise<void> {
    const { wantedRooms, onDemandIdleMs } = this.#deps;
    await wantedRooms.sweep(onDemandIdleMs, [room]);
    await wantedRooms.changed();
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
    if (row === null) throw new DyliveError("not_found", told`there is no room ${room}`);
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
   * Says that a room is wanted: by the name that it is wanted by already, by its number, or by the name that was asked for. For a paused
   * room it says nothing, and `paused` is its state.
   */
  async #want(asked: RoomName, most: number, settings?: Partial<RoomSettings>): Promise<Wanting> {
    if (this.#stopped) throw new DyliveError("stopping", "no more rooms are taken");
    const viewed = await this.#find(asked);
    const row = viewed === undefined ? await this.#rowOf(asked) : null;
    const paused = this.#pausedStatus(row);
    // By its number a room is collected, but a custom id may be somebody else's by now.
    const number: Alias | null = row?.webRid == null || asked.kind === "unique_id" ? null : { kind: "web_rid", value: row.webRid };
    const name = viewed?.name ?? number ?? asked;
    const wanting = { name, isNew: viewed === undefined, met: viewed?.status != null, paused };
    if (paused !== null) return wanting;
    await this.#ask(name, most, settings);
    return wanting;
  }

  async #ask(name: Alias, most: number, settings?: Partial<RoomSettings>): Promise<void> {
    const { wantedRooms, clock } = this.#deps;
    const key = wantedKey(name);
    const now = steadyMs(clock);
    const known = this.#view.of(name);
    const isPast = known?.report?.state === "paused"; // it came upon a room that is paused no more
    if (isPast) await wantedRooms.forget(name);
    else if (known !== undefined && now - (this.#renewedAt.get(key) ?? Number.NEGATIVE_INFINITY) < this.#renewMs) return;
    if (!(await wantedRooms.ask(name, most, settings)))
      throw new DyliveError("too_many_rooms", told`${most} rooms are collected on demand, which is the most allowed`);
    if (this.#renewedAt.size >= REMEMBERED) this.#renewedAt.clear();
    this.#renewedAt.set(key, now);
    if (known === undefined || isPast) await this.#view.read();
  }

  /** Finds the wanted room of a name, or of the room that has this name. One that came upon a paused room is over. */
  async #find(name: Alias): Promise<ViewedRoom | undefined> {
    const viewed = this.#view.of(name);
    if (viewed !== undefined && viewed.report?.state !== "paused") return viewed;
    const room = await this.#deps.store.rooms.find(name);
    return room === null ? undefined : this.#view.ofRoom(room);
  }

  /** Returns what the store knows of the room of a name. */
  async #rowOf(name: Alias): Promise<RoomRow | null> {
    const { rooms } = this.#deps.store;
    const room = await rooms.find(name);
    return room === null ? null : rooms.get(room);
  }

  /**
   * Waits for a first state of a room that answers a caller; not for one that was met before.
   * @throws DyliveError what keeps it from being met
   */
  async #settled(
    name: Alias,
    met: boolean,
    settleMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly status: RoomStatus; readonly report: ViewedRoom["report"] }> {
    const { clock, store } = this.#deps;
    const end = steadyMs(clock) + settleMs;
    for (;;) {
      const { version } = this.#view;
      const viewed = await this.#find(name);
      const { report = null, status = null } = viewed ?? {};
      const leftMs = end - steadyMs(clock);
      const isLast = leftMs <= 0 || signal.aborted || this.#stopped;
      if (status !== null && (met || isLast || answersCaller(status.state))) return { status, report };
      if (viewed === undefined || this.#view.of(name)?.report?.state === "paused") {
        const paused = this.#pausedStatus(await this.#rowOf(name)); // it was paused meanwhile, or the platform has said which room it is
        if (paused !== null) return { status: paused, report: null };
      }
      if (status === null && report !== null && answersCaller(report.state))
        throw new DyliveError(report.problem ?? "room_unknown", recorded(report.reason));
      if (isLast) {
        const { untaken } = this.#view;
        // What is stored of a room can be read though no process collects it just now.
        const room = await store.rooms.find(name);
        if (room !== null && report === null && !signal.aborted) return { status: unclaimedStatus(room, clock.now(), untaken), report };
        const why = recorded(report?.reason ?? untaken);
        throw new DyliveError(
          report?.problem ?? "room_unknown",
          report?.problem != null ? why : told`no answer within ${settleMs} ms (${why})`,
        );
      }
      await this.#view.next(version, leftMs, signal);
    }
  }

  /** Puts the rooms that wait for it on the watch list, as far as somebody has met them. */
  async #save(): Promise<void> {
    const { store, wantedRooms, onDemandIdleMs } = this.#deps;
    const { rooms } = store;
    const saved: RoomKey[] = [];
    for (const [key, name] of this.#toWatch) {
      // A custom id may be somebody else's by now, until the platform has said whose it is.
      const room = (await this.#find(name))?.room ?? (name.kind === "unique_id" ? null : await rooms.find(name));
      if (room === null) await this.#ask(name, ANY_NUMBER);
      else {
        if ((await rooms.get(room))?.watch !== "paused") await watchRoom(rooms, room);
        this.#toWatch.delete(key);
        saved.push(room);
      }
    }
    if (saved.length > 0) await wantedRooms.sweep(onDemandIdleMs, saved);
  }
}
