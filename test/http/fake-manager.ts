import { changeOf } from "../../src/cluster/settings.js";
import type { RequestedRoom, RoomOperations, RoomState, RoomStatus, RoomView } from "../../src/health/state.js";
import { ROOM_DOOR, readPaste } from "../../src/platform/links/paste.js";
import { DyliveError } from "../../src/runtime/errors.js";
import type { RoomKey } from "../../src/store/log.js";
import type { RoomSettings, WhichRooms } from "../../src/store/rooms.js";
import type { Store } from "../../src/store/store.js";
import { roomStatus } from "../health/status.js";

/** Manages the rooms of a store without a platform: a room is known as soon as it is asked for, by the name it is asked for. */
export class FakeManager implements RoomOperations {
  readonly states = new Map<RoomKey, RoomStatus>();
  /** Every text that was to be collected. */
  readonly asked: string[] = [];
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Sets what is said of a room. */
  say(room: RoomKey, state: RoomState, sessionId: string | null = null, evidence: Partial<RoomStatus["evidence"]> = {}): void {
    this.states.set(room, roomStatus({ room, state, sessionId, evidence }));
  }

  async request(text: string): Promise<RequestedRoom> {
    this.asked.push(text);
    const pasted = readPaste(text, ROOM_DOOR);
    if (pasted.kind === "short_link") throw new DyliveError("unreachable", "nobody follows links here");
    const { name, broadcast } = pasted;
    if (name.value === "nobody") throw new DyliveError("no_account", "the room page answered HTTP 404");
    if (["captcha", "404404", "7000000000000404404"].includes(name.value))
      throw new DyliveError("room_unknown", "the room page holds no state");
    const room = await this.#store.rooms.ensure([name], { webRid: name.kind === "web_rid" ? name.value : null });
    if (!this.states.has(room)) this.say(room, "waiting");
    const status = this.status(room);
    if (status === null) throw new Error("no status");
    return { room, onlySession: broadcast, status };
  }

  status(room: RoomKey): RoomStatus | null {
    return this.states.get(room) ?? null;
  }

  async list(which?: WhichRooms): Promise<readonly RoomView[]> {
    const rows = await this.#store.rooms.list(which);
    return Promise.all(rows.map(({ room }) => this.view(room)));
  }

  async view(room: RoomKey): Promise<RoomView> {
    const row = await this.#store.rooms.get(room);
    if (row === null) throw new DyliveError("not_found", `there is no room ${room}`);
    return { row, aliases: await this.#store.rooms.aliases(room), status: this.status(room) };
  }

  async add(
    text: string,
    settings: Partial<RoomSettings> = {},
    _settleMs?: number,
    _signal?: AbortSignal,
    mayChangeProxies = true,
  ): Promise<RoomView> {
    const { room } = await this.request(text);
    await this.#store.rooms.setSettings(room, changeOf(settings, mayChangeProxies));
    await this.#store.rooms.setWatch(room, "on");
    return this.view(room);
  }

  async change(room: RoomKey, settings: Partial<RoomSettings>, mayChangeProxies = true): Promise<RoomView> {
    await this.#store.rooms.setSettings(room, changeOf(settings, mayChangeProxies));
    return this.view(room);
  }

  async pause(room: RoomKey): Promise<RoomView> {
    await this.#store.rooms.setWatch(room, "paused");
    this.states.delete(room);
    return this.view(room);
  }

  async resume(room: RoomKey): Promise<RoomView> {
    await this.#store.rooms.setWatch(room, "on");
    this.say(room, "resolving");
    return this.view(room);
  }

  async remove(room: RoomKey): Promise<RoomView> {
    await this.#store.rooms.setWatch(room, "off");
    this.states.delete(room);
    return this.view(room);
  }
}
