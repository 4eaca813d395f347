import { createHash } from "node:crypto";
import type { NewEvent, NewEventOf } from "./event.js";

/** A gift event. */
export type GiftEvent = NewEventOf<"gift">;

/** Claim of a gift message; the {@link GiftLedger} settles it against what is stored. */
export interface Claim {
  /** Units of the combo by this message. */
  readonly total: number;
  /** Whether the message says that the combo has ended (repeat_end 1). */
  readonly end: boolean;
  /** Whether nothing can follow: no other message can name this combo, or it has no group and its gift cannot combo. */
  readonly single: boolean;
  /** Name for the combo if another sender of the same shown name began the one of its group; absent if the sender has an id of any kind. */
  readonly apart?: string | undefined;
}

/**
 * One message as normalised. A gift's event is a form to be filled in (`delta` 0, `comboTotal` as claimed) and must pass the ledger
 * before it is stored; every other event is complete.
 */
export type Draft =
  | { readonly event: Exclude<NewEvent, { type: "gift" }>; readonly claim: null }
  | { readonly event: GiftEvent; readonly claim: Claim };

/** The parts of a combo's identity, as the message gives them. */
interface ComboDeps {
  readonly sessionId: string;
  readonly sender: string;
  readonly giftId: string;
  /** group_id, "0" when absent */
  readonly groupId: string;
  /** trace_id, "" when absent */
  readonly traceId: string;
  readonly eventId: string;
  readonly receiver: string;
}

/**
 * Returns the name of a combo: room_id, sender, gift, group and receiver, joined. Group ids are time-like and collide between users
 * (protocol.md 4.3); where the group is absent, trace_id, else the event id, stands in. At most about 200 characters.
 */
export function comboId(deps: ComboDeps): string {
  const trace = deps.traceId === "" ? `e${deps.eventId}` : `t${short(deps.traceId)}`;
  const group = deps.groupId !== "0" ? `g${deps.groupId}` : trace;
  return `${deps.sessionId}.${deps.sender}.${deps.giftId}.${group}.${deps.receiver}`;
}

/** Returns the name of a combo beside that of its group, by the trace of one of its clicks. */
export function apartId(comboId: string, traceId: string): string {
  const end = comboId.lastIndexOf(".");
  return `${comboId.slice(0, end)}-t${short(traceId)}${comboId.slice(end)}`;
}

/**
 * Returns a combo's identity without its group: session, sender, gift and receiver. A light gift, which has no group, shares it with its
 * twin.
 */
export function twinKey(comboId: string): string {
  const end = comboId.lastIndexOf(".");
  return comboId.slice(0, comboId.lastIndexOf(".", end - 1)) + comboId.slice(end);
}

/** Returns an id as part of a name: as it is when plain, else its digest, so that no text from outside can forge a separator. */
export function short(id: string): string {
  return isPlain(id) ? id : `h${createHash("sha256").update(id).digest("hex").slice(0, 16)}`;
}

function isPlain(id: string): boolean {
  if (id.length > 24) return false;
  for (let i = 0; i < id.length; i++) {
    const c = id.charCodeAt(i);
    if (c < 48 || c > 57) return false;
  }
  return true;
}

/** Makes a gift message's event with what the ledger found: the units that are new, under the combo that counts them. */
export function giveUnits(event: GiftEvent, comboId: string, delta: number, comboTotal: number, settled: boolean): GiftEvent {
  const given: GiftEvent = {
    id: event.id,
    room: event.room,
    webRid: event.webRid,
    sessionId: event.sessionId,
    method: event.method,
    type: "gift",
    time: event.time,
    receivedAt: event.receivedAt,
    source: event.source,
    revision: event.revision,
    user: event.user,
    kind: event.kind,
    gift: event.gift,
    delta,
    comboTotal,
    settled,
    unitDiamonds: event.unitDiamonds,
    diamonds: event.unitDiamonds === null ? null : delta * event.unitDiamonds,
    receiver: event.receiver,
    comboId,
    traceId: event.traceId,
  };
  if (event.unitsPerClick !== undefined) given.unitsPerClick = event.unitsPerClick;
  if (event.timeEstimated) given.timeEstimated = true;
  if (event.history) given.history = true;
  if (event.test) given.test = true;
  if (event.valueFen !== undefined) given.valueFen = event.valueFen;
  if (event.luckyCubeId !== undefined) given.luckyCubeId = event.luckyCubeId;
  return given;
}

/**
 * A bounded memory of what was used last: two maps, the young one replaces the old one when it is full. Remembers at least the last
 * `limit` keys and at most twice as many, without the bookkeeping per key that a list of uses needs.
 */
export class Generations<V> {
  readonly #limit: number;
  // Made when there is something to keep: a process may have 10,000 rooms, in most of which nothing happens, with a dozen of these each.
  #young: Map<string, V> | null = null;
  #old: Map<string, V> | null = null;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): V | undefined {
    const young = this.#young?.get(key);
    if (young !== undefined) return young;
    const old = this.#old?.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: V): void {
    this.#young ??= new Map();
    this.#young.set(key, value);
    if (this.#young.size >= this.#limit) this.age();
  }

  /** Forgets what was not used since the last time. */
  age(): void {
    this.#old = this.#young;
    this.#young = null;
  }

  delete(key: string): void {
    this.#young?.delete(key);
    this.#old?.delete(key);
  }

  clear(): void {
    this.#young = null;
    this.#old = null;
  }
}
