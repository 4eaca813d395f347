import { PausedRooms } from "../health/paused.js";
import { answersCaller, type RequestedRoom, type RoomManager, type RoomStatus, type RoomView } from "../health/state.js";
import { Visitor } from "../platform/access/visitor.js";
import { nameIn, type RoomName, readPaste } from "../platform/links/resolve.js";
import type { Reach } from "../platform/platform-access.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { RateLimiter } from "../runtime/rate-limiter.js";
import type { RoomKey } from "../store/log.js";
import type { Alias, RoomRow, RoomSettings } from "../store/rooms.js";
import type { Store } from "../store/store.js";
import { type WantedRooms, wantedKey } from "../store/wanted-rooms.js";
import { shownStatus, unclaimedStatus } from "./remote-status.js";
import { assertPossible } from "./settings.js";
import { type ViewedRoom, WantedRoomsView } from "./wanted-rooms-view.js";

/** Dependencies of {@link RemoteRooms}. */
interface RemoteRoomsDeps extends Pick<Reach, "platform" | "platformBy" | "userAgent"> {
  readonly store: Pick<Store, "rooms">;
  readonly wantedRooms: WantedRooms;
  readonly clock: Clock;
  /** The accounts of this machine; null where it collects nothing: then those who collect know them, and say what they lack in the room's state. */
  readonly accounts: Reach["accounts"] | null;
  /** Rooms of the whole cluster that are collected because somebody asked, beside the watch list. */
  readonly maxOnDemandRooms: number;
  /** ms without a request after which such a room is let go. */
  readonly onDemandIdleMs: number;
  /** Told that the cluster could not be looked at: it is looked at again. */
  readonly onError: (error: unknown) => void;
}

/** A room that somebody asked for: the name that it is wanted by, and what was known of it. */
interface Wanting {
  readonly name: Alias;
  readonly isNew: boolean;
  readonly met: boolean;
  readonly paused: RoomStatus | null;
}

/** Longest interval between sweeps, in ms: how soon a watch list changed by another process (`dylive room add`) is followed. */
const FOLLOW_MS = 3000;
/** Short links followed per second at most, for all rooms together. */
const REQUESTS_PER_S = 5;
/** Shortest time between renewals of a wanted room, in ms: a client that polls each second is one write in half a minute. */
const RENEW_MS = 30_000;
/** Wanted rooms whose renewal is remembered; beyond that they are renewed sooner. */
const REMEMBERED = 10_000;
/** Longest time that the rooms' states are shown as last read, in ms, while the database is away. */
const STALE_MS = 30_000;
const ANY_NUMBER = Number.MAX_SAFE_INTEGER;

/**
 * Manages rooms that any process of a cluster collects: says what is wanted, and knows the rooms' states by what their collectors tell. While the
 * database is away every call is `store_unreachable`; only `status`, which waits for nothing, shows what was last known, for half a minute.
 */
export class RemoteRooms implements RoomManager {
  readonly #parts: RemoteRoomsDeps;
  readonly #view: WantedRoomsView;
  readonly #requests: RateLimiter;
  readonly #renewMs: number;
  readonly #renewedAt = new Map<string, number>();
  /** Rooms to be put on the watch list as soon as somebody has met them, by their keys. */
  readonly #wanted = new Map<string, Alias>();
  readonly #paused: PausedRooms;
  #stopSweeping: () => void = () => {};
  #stopped = false;

  constructor(parts: RemoteRoomsDeps) {
    this.#parts = parts;
    this.#view = new WantedRoomsView(parts.wantedRooms, parts.clock, parts.onError);
    this.#paused = new PausedRooms(parts.clock);
    this.#requests = new RateLimiter(parts.clock, { perSecond: REQUESTS_PER_S, burst: 10 });
    this.#renewMs = Math.min(RENEW_MS, parts.onDemandIdleMs / 4);
  }

  /** Begins to follow the cluster. @throws what the store throws */
  async start(): Promise<void> {
    const { clock, onDemandIdleMs, onError } = this.#parts;
    await this.#view.start();
    await this.#sweep();
    this.#stopSweeping = clock.every(Math.min(FOLLOW_MS, onDemandIdleMs), () => void this.#sweep().catch(onError));
  }

  /** Takes no more requests. What was wanted stays so until it is idle. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopSweeping();
    this.#view.stop();
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
    this.#wanted.set(wantedKey(name), name);
    await this.#save();
    return true;
  }

  async request(text: string, settleMs: number, signal: AbortSignal): Promise<RequestedRoom> {
    const asked = await this.#nameIn(text, signal);
    const onlySession = asked.kind === "room_id" ? asked.value : null;
    const { name, met, paused } = await this.#want(asked, this.#parts.maxOnDemandRooms);
    if (paused !== null) return { room: paused.room, onlySession, status: paused };
    const { status, wished } = await this.#settled(name, settleMs, signal);
    const { problem = null, reason = "" } = wished?.report ?? {};
    if (!met && problem !== null) throw new DyliveError(problem, reason);
    return { room: status.room, onlySession, status };
  }

  status(room: RoomKey): RoomStatus | null {
    const { readAt } = this.#view;
    const now = this.#parts.clock.now();
    const wished = this.#view.ofRoom(room);
    return wished === undefined || readAt === null || now - readAt > STALE_MS ? null : shownStatus(wished, now);
  }

  /** The states of all rooms that are collected now. */
  collected(): readonly RoomStatus[] {
    const rooms = new Set(this.#view.all().flatMap(({ row }) => row.room ?? []));
    return [...rooms].flatMap((room) => this.status(room) ?? []);
  }

  async list(): Promise<readonly RoomView[]> {
    const { rooms } = this.#parts.store;
    const rows = await rooms.list();
    const aliases = await rooms.allAliases();
    return rows.map((row) => this.#shown(row, aliases.get(row.room) ?? []));
  }

  async view(room: RoomKey): Promise<RoomView> {
    const row = await this.#row(room);
    return this.#shown(row, await this.#parts.store.rooms.aliases(room));
  }

  async add(text: string, settings: Partial<RoomSettings>, settleMs: number, signal: AbortSignal): Promise<RoomView> {
    const { store, wantedRooms } = this.#parts;
    await assertPossible(settings, this.#parts);
    const { name, isNew, paused } = await this.#want(await this.#nameIn(text, signal), ANY_NUMBER);
    let room: RoomKey;
    try {
      room = (paused ?? (await this.#settled(name, settleMs, signal)).status).room;
    } catch (error) {
      if (isNew) await wantedRooms.forget(name).catch(() => {}); // the caller is told that it was not added
      throw error;
    }
    await store.rooms.setSettings(room, settings);
    await store.rooms.setWatch(room, "on");
    await this.#follow();
    return this.view(room);
  }

  async change(room: RoomKey, settings: Partial<RoomSettings>): Promise<RoomView> {
    await assertPossible(settings, this.#parts);
    await this.#row(room);
    await this.#parts.store.rooms.setSettings(room, settings);
    await this.#parts.wantedRooms.changed();
    return this.view(room);
  }

  pause(room: RoomKey): Promise<RoomView> {
    return this.#unwatch(room, "paused");
  }

  async resume(room: RoomKey): Promise<RoomView> {
    const row = await this.#row(room);
    if (row.webRid === null) throw new DyliveError("not_found", `room ${room} has no number on the platform that could be collected`);
    await this.#parts.store.rooms.setWatch(room, "on");
    await this.#follow();
    return this.view(room);
  }

  remove(room: RoomKey): Promise<RoomView> {
    return this.#unwatch(room, "off");
  }

  /** Brings a change of ours to the processes that collect. */
  async #follow(): Promise<void> {
    const { wantedRooms, onDemandIdleMs } = this.#parts;
    await wantedRooms.sweep(onDemandIdleMs);
    await wantedRooms.changed();
    await this.#view.read();
  }

  async #unwatch(room: RoomKey, watch: "paused" | "off"): Promise<RoomView> {
    await this.#row(room);
    await this.#parts.store.rooms.setWatch(room, watch);
    await this.#parts.wantedRooms.forget(room);
    await this.#view.read();
    return this.view(room);
  }

  async #row(room: RoomKey): Promise<RoomRow> {
    const row = room > 0 ? await this.#parts.store.rooms.get(room) : null;
    if (row === null) throw new DyliveError("not_found", `there is no room ${room}`);
    return row;
  }

  #shown(row: RoomRow, aliases: readonly Alias[]): RoomView {
    const { proxy } = row.settings;
    const shown = proxy === null ? null : (this.#parts.platformBy(proxy).proxy?.name ?? null); // without its password
    return {
      row: { ...row, settings: { ...row.settings, proxy: shown } },
      aliases,
      status: this.#paused.statusOf(row) ?? this.status(row.room),
    };
  }

  /** The lasting name in a text; short links are followed, within what the platform may be asked. */
  async #nameIn(text: string, signal: AbortSignal): Promise<RoomName> {
    const { platform, userAgent } = this.#parts;
    if (readPaste(text).kind === "short_link") await this.#requests.turn(signal);
    return nameIn(text, { platform, visitor: new Visitor(userAgent) }, signal);
  }

  /**
   * Says that a room is wanted: by the name that it is wanted by already, by its number, or by the name that was asked for. For a paused
   * room it says nothing, and `paused` is its state.
   */
  async #want(asked: RoomName, most: number): Promise<Wanting> {
    if (this.#stopped) throw new DyliveError("stopping", "no more rooms are taken");
    const wished = await this.#find(asked);
    const row = wished === undefined ? await this.#rowOf(asked) : null;
    const paused = row === null ? null : this.#paused.statusOf(row);
    const number: Alias | null = row?.webRid == null ? null : { kind: "web_rid", value: row.webRid }; // by its number a room is collected
    const name = wished?.row.name ?? number ?? asked;
    if (paused === null) await this.#ask(name, most);
    return { name, isNew: wished === undefined, met: wished !== undefined && wished.report?.status != null, paused };
  }

  async #ask(name: Alias, most: number): Promise<void> {
    const { wantedRooms, clock } = this.#parts;
    const key = wantedKey(name);
    const now = clock.now();
    const isKnown = this.#view.of(name) !== undefined;
    if (isKnown && now - (this.#renewedAt.get(key) ?? Number.NEGATIVE_INFINITY) < this.#renewMs) return;
    if (!(await wantedRooms.ask(name, most)))
      throw new DyliveError("too_many_rooms", `${most} rooms are collected on demand, which is the most allowed`);
    if (this.#renewedAt.size >= REMEMBERED) this.#renewedAt.clear();
    this.#renewedAt.set(key, now);
    if (!isKnown) await this.#view.read();
  }

  /** Finds the wanted room of a name, or of the room that has this name. One that came upon a paused room is over. */
  async #find(name: Alias): Promise<ViewedRoom | undefined> {
    const wished = this.#view.of(name);
    if (wished !== undefined && wished.report?.state !== "paused") return wished;
    const room = await this.#parts.store.rooms.find(name);
    return room === null ? undefined : this.#view.ofRoom(room);
  }

  /** Returns what the store knows of the room of a name. */
  async #rowOf(name: Alias): Promise<RoomRow | null> {
    const { rooms } = this.#parts.store;
    const room = await rooms.find(name);
    return room === null ? null : rooms.get(room);
  }

  /** Waits for a room that nobody has met yet. @throws DyliveError what keeps it from being met */
  async #settled(
    name: Alias,
    settleMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly status: RoomStatus; readonly wished: ViewedRoom | undefined }> {
    const { clock, store } = this.#parts;
    const end = clock.now() + settleMs;
    for (;;) {
      const wished = await this.#find(name);
      const report = wished?.report ?? null;
      const now = clock.now();
      const status = wished === undefined ? null : shownStatus(wished, now);
      if (status !== null) return { status, wished };
      if (this.#view.of(name)?.report?.state === "paused") {
        const row = await this.#rowOf(name); // the platform has said which room it is
        const paused = row === null ? null : this.#paused.statusOf(row);
        if (paused !== null) return { status: paused, wished: undefined };
      }
      if (report !== null && answersCaller(report.state)) throw new DyliveError(report.problem ?? "room_unknown", report.reason);
      if (end <= now || signal.aborted || this.#stopped) {
        // What is stored of a room can be read though nobody collects it just now.
        const room = await store.rooms.find(name);
        if (room !== null && report === null && !signal.aborted) return { status: unclaimedStatus(room, now), wished };
        const why = report === null ? "no process of the cluster has taken it yet; `dylive cluster` shows them" : report.reason;
        throw new DyliveError(
          report?.problem ?? "room_unknown",
          report?.problem != null ? why : `no answer within ${settleMs} ms (${why})`,
        );
      }
      await this.#view.next(end - now, signal);
    }
  }

  async #sweep(): Promise<void> {
    const { wantedRooms, onDemandIdleMs } = this.#parts;
    await this.#save();
    await wantedRooms.sweep(onDemandIdleMs);
  }

  /** Puts the rooms that wait for it on the watch list, as far as somebody has met them. */
  async #save(): Promise<void> {
    for (const [key, name] of this.#wanted) {
      const { rooms } = this.#parts.store;
      const room = (await this.#find(name))?.row.room ?? (await rooms.find(name));
      if (room === null) await this.#ask(name, ANY_NUMBER);
      else {
        if ((await rooms.get(room))?.watch !== "paused") await rooms.setWatch(room, "on");
        this.#wanted.delete(key);
      }
    }
  }
}
