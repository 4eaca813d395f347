import type { SharedByCollectors } from "../collector/collector.js";
import { Collector } from "../collector/collector.js";
import type { CollectorDeps } from "../collector/collector-deps.js";
import { CollectorRegistry } from "../collector/registry.js";
import { PausedRooms } from "../health/paused.js";
import type { RequestedRoom, RoomManager, RoomStatus, RoomView } from "../health/state.js";
import { Visitor } from "../platform/access/visitor.js";
import { nameIn, type RoomName, readPaste } from "../platform/links/resolve.js";
import { DyliveError } from "../runtime/errors.js";
import type { RoomKey } from "../store/log.js";
import { NO_SETTINGS, type RoomRow, type RoomSettings } from "../store/rooms.js";
import { budgetsOf, type CollectionRates, RATES } from "./rates.js";
import { Roster, type RosterEntry } from "./roster.js";
import { assertPossible, sameSettings } from "./settings.js";
import { settled } from "./settled.js";

/** Dependencies of {@link Supervisor}. */
export interface SupervisorDeps extends CollectorDeps {
  /** Rooms collected because somebody asked, beside the watch list. */
  readonly maxOnDemandRooms: number;
  /** ms without a request after which such a room is let go. */
  readonly onDemandIdleMs: number;
  /** Rates at which the platform may be asked and connected to; {@link RATES} by default. */
  readonly rates?: CollectionRates;
}

const SWEEP_MS = 1000;
/** Interval between looks at the watch list, in ms: how soon a change by another process (`dylive room add`) is followed. */
const FOLLOW_MS = 3000;
/** Time for which "no such account" is answered from memory, in ms: a client that polls a wrong id must not make us poll the platform. */
const REMEMBER_MISS_MS = 60_000;

/** Decides which rooms are collected: those on the watch list, and those that somebody asked for lately. */
export class Supervisor implements RoomManager {
  readonly #parts: SupervisorDeps;
  readonly #shared: SharedByCollectors;
  readonly #roster: Roster;
  readonly #paused: PausedRooms;
  readonly #stops: readonly (() => void)[];
  /** Number of changes that this process made to the watch list: what was read of it before one is out of date. */
  #changes = 0;
  #following = false;
  #stopped = false;

  constructor(parts: SupervisorDeps) {
    this.#parts = parts;
    this.#shared = { ...budgetsOf(parts.clock, parts.rates ?? RATES), registry: new CollectorRegistry() };
    this.#roster = new Roster(parts.clock);
    this.#paused = new PausedRooms(parts.clock);
    this.#stops = [
      parts.clock.every(Math.min(SWEEP_MS, parts.onDemandIdleMs), () => this.#sweep()),
      parts.clock.every(FOLLOW_MS, () => void this.#follow().catch(() => {})), // the store may be down: it is read again
    ];
  }

  /** Starts collecting the watch list. */
  start(): Promise<void> {
    return this.#follow();
  }

  /**
   * Puts a room on the watch list: it is collected from now on, also after a restart. Does not wait for the platform, but to follow a short link.
   * A room that is paused stays so: what a server is started with is older than that.
   * @param text anything that names a room
   * @returns whether it is collected; false when it is known to be paused
   * @throws DyliveError bad_room; of a short link also no_account, room_unknown, unreachable
   */
  async watch(text: string, signal: AbortSignal): Promise<boolean> {
    const { held } = await this.#heldFor(await this.#nameIn(text, signal), "wanted", {});
    if (held === null) return false;
    if (held.watched !== "saved") held.watched = "wanted";
    return true;
  }

  async request(text: string, settleMs: number, signal: AbortSignal): Promise<RequestedRoom> {
    const name = await this.#nameIn(text, signal);
    const onlySession = name.kind === "room_id" ? name.value : null;
    const { held, known, paused } = await this.#heldFor(name, "no", {});
    if (held === null) return { room: paused.room, onlySession, status: paused };
    if (held.watched === "adding") held.watched = "no"; // wanted also where it is not added
    const first = !known || held.collector.room === null;
    const { status, health } = await settled(held, settleMs, this.#parts.clock, signal);
    const { problem, reason } = health;
    if (first && problem !== null) throw new DyliveError(problem, reason);
    return { room: status.room, onlySession, status };
  }

  status(room: RoomKey): RoomStatus | null {
    return this.#roster.ofRoom(room)?.collector.status() ?? null;
  }

  /** The states of all rooms that are collected now. */
  collected(): readonly RoomStatus[] {
    return this.#roster.all().flatMap(({ collector }) => collector.status() ?? []);
  }

  async list(): Promise<readonly RoomView[]> {
    const rows = await this.#parts.store.rooms.list();
    return Promise.all(rows.map((row) => this.#view(row)));
  }

  async view(room: RoomKey): Promise<RoomView> {
    return this.#view(await this.#row(room));
  }

  async add(text: string, settings: Partial<RoomSettings>, settleMs: number, signal: AbortSignal): Promise<RoomView> {
    await assertPossible(settings, this.#parts);
    const { held, paused } = await this.#heldFor(await this.#nameIn(text, signal), "adding", settings);
    const room = held === null ? paused.room : await this.#added(held, settleMs, signal);
    const { rooms } = this.#parts.store;
    this.#changes++;
    await rooms.setSettings(room, settings);
    await rooms.setWatch(room, "on");
    this.#changes++;
    const row = await this.#row(room);
    const met = this.#roster.ofRoom(room);
    if (met !== undefined) this.#obey(met, row);
    else if (row.webRid !== null) this.#followNew(row.webRid, row);
    return this.view(room);
  }

  /** Waits for a room that a caller adds, and returns it. @throws DyliveError what keeps it from being met; then it is let go */
  async #added(held: RosterEntry, settleMs: number, signal: AbortSignal): Promise<RoomKey> {
    held.adders++;
    try {
      return (await settled(held, settleMs, this.#parts.clock, signal)).status.room;
    } catch (error) {
      if (held.watched === "adding" && held.adders === 1) this.#roster.letGo(held); // the caller is told that it was not added
      throw error;
    } finally {
      held.adders--;
    }
  }

  async change(room: RoomKey, settings: Partial<RoomSettings>): Promise<RoomView> {
    await assertPossible(settings, this.#parts);
    this.#changes++;
    await this.#parts.store.rooms.setSettings(room, settings);
    const held = this.#roster.ofRoom(room);
    if (held !== undefined) this.#obey(held, await this.#row(room));
    return this.view(room);
  }

  async pause(room: RoomKey): Promise<RoomView> {
    return this.#unwatch(room, "paused");
  }

  async resume(room: RoomKey): Promise<RoomView> {
    const row = await this.#row(room);
    if (row.webRid === null) throw new DyliveError("not_found", `room ${room} has no number on the platform that could be collected`);
    this.#changes++;
    await this.#parts.store.rooms.setWatch(room, "on");
    const running = this.#roster.runningOf(room);
    if (running === undefined) this.#roster.letGoOf(room);
    const held = running ?? this.#hold({ kind: "web_rid", value: row.webRid }, "saved", row.settings, row);
    held.watched = "saved";
    return this.view(room);
  }

  async remove(room: RoomKey): Promise<RoomView> {
    return this.#unwatch(room, "off");
  }

  /** Ends every collection; what had been received is stored. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const stop of this.#stops) stop();
    await this.#roster.stop();
  }

  async #row(room: RoomKey): Promise<RoomRow> {
    const row = room > 0 ? await this.#parts.store.rooms.get(room) : null;
    if (row === null) throw new DyliveError("not_found", `there is no room ${room}`);
    return row;
  }

  async #view(row: RoomRow): Promise<RoomView> {
    const { proxy } = row.settings;
    const shown = proxy === null ? null : (this.#parts.platformBy(proxy).proxy?.name ?? null); // without its password
    const aliases = await this.#parts.store.rooms.aliases(row.room);
    return {
      row: { ...row, settings: { ...row.settings, proxy: shown } },
      aliases,
      status: this.#paused.statusOf(row) ?? this.status(row.room),
    };
  }

  async #unwatch(room: RoomKey, watch: "paused" | "off"): Promise<RoomView> {
    await this.#row(room);
    this.#changes++;
    const held = this.#roster.ofRoom(room);
    if (held?.watched === "wanted") held.watched = "saved"; // it must not be put on the list again meanwhile
    await this.#parts.store.rooms.setWatch(room, watch);
    this.#roster.letGoOf(room, watch === "paused");
    return this.view(room);
  }

  /** The lasting name in a text; short links are followed, within what the platform may be asked. */
  async #nameIn(text: string, signal: AbortSignal): Promise<RoomName> {
    const { platform, userAgent } = this.#parts;
    if (readPaste(text).kind === "short_link") await this.#shared.requests.turn(signal);
    return nameIn(text, { platform, visitor: new Visitor(userAgent) }, signal);
  }

  /** Finds the entry that collects the room, under any of its names, or makes one; `paused` is the state of a room that is paused. */
  async #heldFor(
    name: RoomName,
    watched: "no" | "adding" | "wanted",
    settings: Partial<RoomSettings>,
  ): Promise<{ held: RosterEntry; known: boolean; paused?: never } | { held: null; known: false; paused: RoomStatus }> {
    const { rooms } = this.#parts.store;
    let row: RoomRow | null = null;
    if (this.#roster.get(name) === undefined) {
      const room = await rooms.find(name);
      row = room === null ? null : await rooms.get(room);
      const paused = row === null ? null : this.#paused.statusOf(row);
      if (paused !== null) return { held: null, known: false, paused };
    }
    // Looked for again: somebody else may have come meanwhile.
    const known = this.#roster.get(name) ?? (row === null ? undefined : this.#roster.runningOf(row.room));
    const held = known ?? this.#hold(name, watched, { ...(row?.settings ?? NO_SETTINGS), ...settings }, row);
    this.#roster.set(name, held);
    return { held, known: known !== undefined };
  }

  /** Collects what a name means, from now on. An entry that does so already goes on: replaced, it would be in no list and never stop. */
  #hold(name: RoomName, watched: RosterEntry["watched"], settings: RoomSettings, row: RoomRow | null): RosterEntry {
    if (this.#stopped) throw new DyliveError("stopping", "no more rooms are taken");
    const standing = this.#roster.get(name);
    if (standing?.endedAt === null) return standing;
    const onDemand = this.#roster.all().filter((held) => held.watched === "no" && held.endedAt === null).length;
    if (watched === "no" && onDemand >= this.#parts.maxOnDemandRooms)
      throw new DyliveError("too_many_rooms", `${onDemand} rooms are collected on demand, which is the most allowed`);
    const { clock } = this.#parts;
    const collector = new Collector(name, this.#parts, this.#shared, settings, row);
    const held: RosterEntry = { collector, watched, adders: 0, wantedAt: clock.now(), endedAt: null, twin: null };
    this.#roster.set(name, held);
    void collector.run().then(() => this.#ended(held));
    return held;
  }

  /** Handles a collector that has ended by itself, or was stopped. */
  #ended(held: RosterEntry): void {
    held.endedAt = this.#parts.clock.now();
    const { ending, name } = held.collector;
    if (ending?.why === "paused") this.#roster.letGo(held); // the store knows the room by this name now, and when it is resumed
    if (ending?.why !== "twin" && ending?.why !== "moved") return;
    if (ending.why === "twin" && this.#roster.attach(held, ending.of)) return;
    // Whom it turned out to be was let go at this very moment, or the name is somebody else's by now: met anew.
    if (this.#stopped || !this.#roster.all().includes(held)) return;
    if (held.watched === "saved") {
      this.#roster.letGo(held); // the room itself is on the watch list, and followed from there
      return;
    }
    try {
      held.twin = this.#hold(name, held.watched, held.collector.settings, null);
      this.#roster.replace(held, held.twin);
    } catch {
      this.#roster.letGo(held); // no place for one more: whoever asks again is told
    }
  }

  /** Brings what is collected in line with the watch list of the store, which other processes change, too. */
  async #follow(): Promise<void> {
    if (this.#following) return;
    this.#following = true;
    try {
      const changes = this.#changes;
      const rows = await this.#parts.store.rooms.list();
      if (changes !== this.#changes || this.#stopped) return;
      const byRoom = this.#roster.byRoom();
      for (const row of rows) {
        const held = byRoom.get(row.room);
        if (held === undefined && row.watch === "on" && row.webRid !== null) this.#followNew(row.webRid, row);
        else if (held !== undefined && row.watch === "paused") this.#roster.letGo(held, true);
        else if (held?.watched === "saved" && row.watch !== "on") this.#roster.letGo(held);
        else if (held?.watched === "no" || held?.watched === "saved") this.#obey(held, row);
      }
    } finally {
      this.#following = false;
    }
  }

  #followNew(webRid: string, row: RoomRow): void {
    const name: RoomName = { kind: "web_rid", value: webRid };
    const held = this.#roster.get(name);
    if (held === undefined) this.#hold(name, "saved", row.settings, row);
    else if (held.watched === "no") held.watched = "saved"; // not yet met: it is this room that it will meet
  }

  /** Collects a room whose settings have changed anew with them. */
  #obey(held: RosterEntry, row: RoomRow): void {
    if (row.watch === "on" && held.watched !== "saved") held.watched = "saved";
    const { settings, name } = held.collector;
    if (sameSettings(settings, row.settings)) return;
    this.#roster.letGo(held);
    this.#hold(row.webRid === null ? name : { kind: "web_rid", value: row.webRid }, held.watched, row.settings, row);
  }

  async #save(held: RosterEntry, room: RoomKey): Promise<void> {
    this.#changes++;
    await this.#parts.store.rooms.setWatch(room, "on");
    this.#changes++;
    if (held.watched === "wanted") held.watched = "saved";
  }

  #sweep(): void {
    const now = this.#parts.clock.now();
    for (const held of this.#roster.all()) {
      const { room } = held.collector;
      if (held.endedAt !== null && held.endedAt + REMEMBER_MISS_MS <= now) this.#roster.letGo(held);
      else if (held.watched === "no" && held.wantedAt + this.#parts.onDemandIdleMs <= now) this.#roster.letGo(held);
      else if (held.watched === "wanted" && room !== null) {
        void this.#save(held, room).catch(() => {}); // tried again at the next round
      }
    }
  }
}
