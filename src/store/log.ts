import type { EventType, LiveEvent, NewEvent, NewEventOf } from "../events/event.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import type { StoredEvent } from "./stored-event.js";

/** Internal integer of a room, which is the anchor's and not of one broadcast. Never changes. Room 0 is the system's. */
export type RoomKey = number;

/** The system's room: it has events (account lapsed, gifts kept from a room, hook paused, disk low), but no anchor, names or broadcasts. */
export const SYSTEM_ROOM: RoomKey = 0;

/**
 * Events of one room in the order in which they are to be stored. `epoch` is that of the room's claim ({@link Rooms.claim}); null for test
 * events, which any process may append to a room that was not deleted.
 */
export interface RoomBatch {
  readonly room: RoomKey;
  readonly epoch: number | null;
  readonly events: readonly NewEvent[];
}

/**
 * Outcome of a {@link RoomBatch}: a seq for each event, null where the id was stored before (or earlier in the same call); or the claim is
 * not the room's newest, as for a room that does not exist. `head` is the room's newest seq after the batch. `tooOld`: so many of the nulls
 * are of days that were dropped whole; absent for none.
 */
export type Appended = { readonly room: RoomKey; readonly head: number } & (
  | { readonly stored: readonly (number | null)[]; readonly fenced?: undefined; readonly tooOld?: number }
  | { readonly fenced: true; readonly stored?: undefined }
);

/** Reason of a removal, which is recorded with it: what was kept for long enough, or what was deleted. */
type RemovalReason = "retention" | "deleted";

/** Observer of what becomes of the appends of this process. For counting: readers of events read the log. None of its functions may throw. */
export interface AppendObserver {
  /** Called when an append was asked for; one of the next two follows. */
  asked(): void;
  /** Called with the events that an append has stored, in the order of the batches, and the ms from when it was asked for to its answer. */
  stored(events: readonly NewEvent[], ms: number): void;
  /** Called with the error that an append was refused with. */
  failed(error: unknown): void;
}

/** Conditions that a store pushes down to its engine. All given ones must hold. */
export interface Where {
  /** Rooms of a {@link Log.read}: any of these; none of them matches nothing. */
  readonly rooms?: ReadonlySet<RoomKey>;
  /** Any of these; none of them matches nothing. */
  readonly types?: readonly EventType[];
  readonly sessionId?: string;
  /** `user.id` of the event. */
  readonly userId?: string;
  /** Only events whose `diamonds` are known and at least this many. */
  readonly minDiamonds?: number;
  /** `false` excludes test events. */
  readonly tests?: false;
  /** `true` includes events of a broadcast that is being deleted. */
  readonly deleted?: true;
}

/** A removed range of a room's seqs, both ends included. */
export interface Removal {
  readonly from: number;
  readonly to: number;
}

/** Rows of a page. */
interface PageRows {
  /** Rows that were found, as they are stored. */
  readonly rows: readonly StoredEvent[];
  /** The same, parsed when it is asked for. */
  readonly events: readonly LiveEvent[];
}

/** A removed range of a room that a page of the whole log passed over. */
export interface RoomRemoval extends Removal {
  readonly room: RoomKey;
  /** Position of the last event that was removed: the range lies before everything after it. */
  readonly pos: number;
}

/** A page of the whole log. */
export interface LogPage extends PageRows {
  /** Position to go on from: everything up to here has been looked at, also when nothing matched. At the end it is `head`. */
  readonly scanned: number;
  /** The newest position when the page was read; 0 for an empty log. */
  readonly head: number;
  /** Removed ranges that end within this page, in the order of their positions. */
  readonly removed: readonly RoomRemoval[];
}

/** A page of a room's log. */
export interface Page extends PageRows {
  /**
   * Seq to go on from: every seq up to here (or down to here, for `readRoomBefore`) has been looked at, also when nothing matched. A page may
   * hold fewer events than asked for before the head, of which its bytes may be enough (`PAGE_BYTES`): only `scanned` says how far it came.
   * At the end it is `head`, for `readRoomBefore` 1.
   */
  readonly scanned: number;
  /** The room's newest seq when the page was read; 0 for an empty log. */
  readonly head: number;
  /** Position to go on from with {@link Log.read}: the room's events after it are those after `scanned`. A page backward has the log's head. */
  readonly pos: number;
  /** Removed range that this page passed over, both ends included, from the cursor on. A page passes at most one. */
  readonly removed?: readonly [from: number, to: number];
}

/** A page of a room's log as lines of JSON. */
export interface PageLines {
  /** Each event that was found as {@link StoredEvent.text} has it, and a newline after each, in UTF-8. */
  readonly bytes: Uint8Array;
  /** Seq to go on from, as in a {@link Page}; at the end it is the seq up to which was asked. */
  readonly scanned: number;
  /** Removed range that it passed over, as in a {@link Page}. */
  readonly removed?: readonly [from: number, to: number];
}

/** The ledger's mark of one gift combo: the largest `comboTotal` kept, and whether any of its events settled it. */
export interface ComboMark {
  readonly high: number;
  readonly settled: boolean;
}

/** Logs of rooms, as far as collecting them needs. An event has a seq in its room: 1, 2, 3 … */
export interface Log {
  /**
   * Appends the batches in one durable transaction for all rooms; a fenced room does not fail the others. Concurrent calls may share a
   * transaction (group commit ≤10 ms), and none fails because of another. Rejects without having stored anything: `bad_request` when an
   * event cannot be stored (the same call never succeeds: halve it), `disk_full`, `store_failed`, `store_readonly`, `store_damaged`,
   * `store_unreachable` or `internal` (lock, other failures) when nothing can be: the same call may succeed later.
   */
  append(batches: readonly RoomBatch[]): Promise<readonly Appended[]>;
  /** Returns events of a room with seq > after, oldest first. `after` beyond the head is taken for the head. */
  readRoom(room: RoomKey, after: number, limit: number, where?: Where): Promise<Page>;
  /** Returns the newest `limit` events of a room with seq < before, oldest first. */
  readRoomBefore(room: RoomKey, before: number, limit: number, where?: Where): Promise<Page>;
  /**
   * Returns the oldest kept and the newest seq by room, all rooms by default. Where nothing is kept `oldest` is `head + 1`, in a room
   * without events 1.
   */
  heads(rooms?: readonly RoomKey[]): Promise<ReadonlyMap<RoomKey, { readonly oldest: number; readonly head: number }>>;
  /** Returns the marks of the combos known by these ids, also by events that are being deleted: what goes on is counted from there. */
  combos(room: RoomKey, ids: readonly string[]): Promise<ReadonlyMap<string, ComboMark>>;
  /**
   * Returns which of these event ids are stored (tombstones, and what is being deleted, included): a message that comes again is not stored
   * again, and a gift with a known id must not move the ledger.
   */
  known(room: RoomKey, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Returns the stored events (tombstones included) among those with these ids; none of a broadcast that is being deleted. */
  byId(room: RoomKey, ids: readonly string[]): Promise<ReadonlyMap<string, LiveEvent>>;
  /**
   * Yields at once, and then whenever there may be new events; ends when the signal aborts or the store closes. May wake too often, never too
   * seldom. Appends through another connection wake by {@link wake}; on PostgreSQL also those of other processes do.
   */
  wakes(signal: AbortSignal): AsyncIterable<void>;
}

/**
 * Ordered log of all rooms, on disk. An event has a position in it, too, which rises in the order of commits and may leave some out.
 * One suite tests every implementation: `test/contracts/log.ts`.
 */
export interface StoreLog extends Log {
  /** Names this store; new when it is created or restored. Part of every cursor. */
  readonly id: string;
  /** Tells an observer of every append of this process from now on. */
  observe(observer: AppendObserver): void;
  /**
   * Returns events of all rooms, or of `where.rooms`, with a position > after, oldest first. `after` beyond the head is taken for the head.
   * One call looks at some thousand events, however few match.
   */
  read(after: number, limit: number, where?: Where): Promise<LogPage>;
  /** Returns the newest position; 0 for an empty log. */
  head(): Promise<number>;
  /** Returns the newest seq of a room whose position is at most `pos`; one less than the oldest kept where all that is kept comes after it. */
  seqAt(room: RoomKey, pos: number): Promise<number>;
  /**
   * Returns what {@link readRoom} does of the events with seq ≤ until, as lines: no text or object is made of each, which takes less than half of the
   * time. @param until beyond the head it is taken for the head
   */
  lines(room: RoomKey, after: number, until: number, limit: number, where?: Where): Promise<PageLines>;
  /** Returns the removed ranges that reach into the seqs after `after` up to `until`, lowest first; no two overlap or touch. */
  removals(room: RoomKey, after: number, until: number): Promise<readonly Removal[]>;
  /** Wakes readers: the worker thread appended through its own connection. */
  wake(): void;
  /**
   * Replaces events, for redecoding and erasing. Position, seq and id stay; the store raises the revision by one. Events that are no longer kept are left
   * out, and so are those whose revision is another than the kept one, because they were replaced since they were read. The others all or none;
   * another id is `bad_request`, but for events that settle a combo (`settle:…`). Wakes no reader.
   * @returns the seqs of what was replaced meanwhile: to be read again
   */
  replace(room: RoomKey, events: readonly LiveEvent[]): Promise<readonly number[]>;
  /**
   * Removes what is kept of a range (both ends included) and records that it was removed. A long one is removed in parts, from its start.
   */
  remove(room: RoomKey, from: number, to: number, reason: RemovalReason): Promise<void>;
  /** Closes the whole store, as `Store.close` does. */
  close(): Promise<void>;
}

/**
 * Returns a page of the newest events that are no tests, `limit` at most, oldest first: it begins at the newest of them all, behind however many
 * tests came after it.
 */
export async function newestReal(log: Pick<Log, "readRoomBefore">, room: RoomKey, limit: number, where: Where = {}): Promise<Page> {
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const page = await log.readRoomBefore(room, before, 1, { tests: false });
    const [last] = page.rows;
    if (last !== undefined) return log.readRoomBefore(room, last.seq + 1, limit, { ...where, tests: false });
    if (page.scanned <= 1 || page.scanned >= before) return page;
    before = page.scanned;
  }
}

/** News that the operator is to know, whichever room they look at. */
export interface SystemNews {
  /** `account.lapsed`, `hook.paused`, `disk.low`, … */
  readonly kind: string;
  /** Subject of the news; with the kind it is the event's id, so that news is stored once. */
  readonly about: string;
  /** One sentence in plain words, with what to do. */
  readonly text: string;
  /** Session of a room that it is about; null: the room as a whole. */
  readonly session?: string | null;
  /** Facts behind it. */
  readonly evidence?: Readonly<Record<string, unknown>>;
}

/**
 * Appends a test event, from any process.
 * @throws DyliveError not_found when its room is gone
 */
export async function appendTest({ log }: { readonly log: Pick<Log, "append"> }, event: NewEvent): Promise<LiveEvent> {
  const [appended] = await log.append([{ room: event.room, epoch: null, events: [event] }]);
  const seq = appended?.stored?.[0];
  if (seq === undefined || seq === null) throw new DyliveError("not_found", msg`room ${event.room} is gone`);
  return { ...event, seq };
}

/** Tells news in the system's room, once for each kind and about. @param at ms UTC */
export async function tellSystem(
  { log }: { readonly log: Pick<Log, "append"> },
  { kind, about, text, session, evidence }: SystemNews,
  at: number,
): Promise<void> {
  const event: NewEventOf<"system"> = {
    id: `system:${kind}:${about}`,
    room: SYSTEM_ROOM,
    webRid: null,
    sessionId: null,
    method: "dylive",
    type: "system",
    time: at,
    receivedAt: at,
    source: "system",
    revision: 0,
    kind,
    text,
    ...(session !== undefined && { session }),
    ...(evidence !== undefined && { evidence }),
  };
  // This room is never claimed: every process may append to it.
  await log.append([{ room: SYSTEM_ROOM, epoch: null, events: [event] }]);
}
