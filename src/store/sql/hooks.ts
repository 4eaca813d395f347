import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { RoomKey } from "../log.js";
import { row, rows, run, type SqlDatabase, type SqlWork } from "./work.js";

/** Tries that are kept of each hook; older ones are dropped. */
export const TRIES_KEPT = 100;
/** Longest pause between two tries that counts as failing time, in ms: while dylive was off, no try failed. */
const COUNTED_PAUSE_MS = 3 * 3_600_000;

/** Reasons why a hook is paused: the operator asked, the receiver said that it is gone (410), or it failed for days. */
export const HOOK_PAUSES = ["asked", "gone", "failing"] as const;
type HookPause = (typeof HOOK_PAUSES)[number];

/** Services that bring a message to people, in the order in which they are listed; `http` is any other one, by a template. */
export const HOOK_CHANNELS = [
  "dingtalk",
  "feishu",
  "wecom",
  "serverchan",
  "bark",
  "ntfy",
  "telegram",
  "discord",
  "slack",
  "email",
  "http",
] as const;

/** Service that brings what a hook is sent to people, as a text. */
export interface HookChannel {
  readonly kind: (typeof HOOK_CHANNELS)[number];
  /** Secret that messages are signed with, or a token of the service; null where the address is all. */
  readonly secret: string | null;
  /** Receiver, where the address does not say so. */
  readonly to: string | null;
  readonly language: "zh" | "en";
  /** Body of the kind `http`; null for our own. */
  readonly template: string | null;
}

/** Settings of a hook. */
export interface HookSettings {
  readonly name: string;
  readonly url: string;
  /** Event types and names such as `room.live`; empty for what streams show by default. */
  readonly types: readonly string[];
  /** A filter expression. */
  readonly filter: string | null;
  /** Rooms whose events are sent; empty for all rooms, also those that come later. */
  readonly rooms: readonly RoomKey[];
  /** Most events of one request. */
  readonly maxEvents: number;
  /** Whether it may reach private addresses. */
  readonly allowPrivate: boolean;
  /** Service by which people are notified; null for a program, which is sent events as they are, signed. */
  readonly channel: HookChannel | null;
}

/**
 * Secrets that a hook's deliveries are signed with, in the form `whsec_` + base64. The old one signs beside the new one until `until` (ms).
 */
export interface HookSecrets {
  readonly secret: string;
  readonly old: { readonly secret: string; readonly until: number } | null;
}

/** State of a hook's deliveries. Times are ms UTC. */
interface HookHealth {
  /**
   * Time since when nothing was delivered although it was tried, and for how much of it dylive was there to try; null while all is well.
   */
  readonly failing: { readonly since: number; readonly ms: number } | null;
  /** Last try: HTTP status and what was wrong, both null where there was none. */
  readonly last: { readonly at: number; readonly status: number | null; readonly error: string | null } | null;
  /** Time of the last delivery. */
  readonly deliveredAt: number | null;
}

/** Hook as stored. */
export interface HookRow extends HookSettings, HookSecrets, HookHealth {
  readonly id: string;
  readonly createdAt: number;
  /** Number that every `Hooks.change` and `Hooks.begin` raises: what was begun under an older one is not written any more. */
  readonly revision: number;
  /** Number of times that events were sent again on request. */
  readonly replays: number;
  readonly paused: { readonly at: number; readonly reason: HookPause } | null;
}

/** Changes of a hook: the fields that can be changed. */
type HookChange = Partial<HookSettings & HookSecrets & Pick<HookRow, "paused" | "failing">>;

/** How far a hook is: everything up to here is delivered or was left out. */
export interface HookPlaces {
  /** Position in the whole log. */
  readonly pos: number;
  /** Seq in each room whose place is another than the position says. */
  readonly rooms: ReadonlyMap<RoomKey, number>;
}

/** Places of a hook in some rooms, as seqs; null for the one that its position says. */
type RoomPlaces = ReadonlyMap<RoomKey, number | null>;

/** How far a hook is, and what it has under way. */
interface HookProgress extends HookPlaces {
  /** Batches that are fixed and not delivered, one for each room at most. */
  readonly fixed: readonly HookBatchHead[];
}

/** Hook that is about to be delivered. */
export interface HookStart extends HookProgress {
  readonly hook: HookRow;
}

/** Events of one room and one contiguous range of seqs, both ends included, as they are sent until they are delivered. */
export interface HookBatch {
  /** The `webhook-id`. */
  readonly id: string;
  readonly room: RoomKey;
  readonly from: number;
  readonly to: number;
  readonly events: number;
  readonly createdAt: number;
  /** Number of tries so far. */
  readonly tries: number;
  /** JSON text, sent as it is. */
  readonly body: string;
}

/** A batch without its body, which may be large. */
export type HookBatchHead = Omit<HookBatch, "body">;

/** Request to a hook's receiver, and what came of it. */
export interface HookTry {
  /** The `webhook-id`. */
  readonly id: string;
  /** Time when it was sent, ms UTC, and how long it took. */
  readonly at: number;
  readonly ms: number;
  readonly room: RoomKey;
  readonly from: number;
  readonly to: number;
  readonly events: number;
  readonly bytes: number;
  /** Number of the try, from 1 for a batch; 0 is a test. */
  readonly attempt: number;
  readonly delivered: boolean;
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;
  /** Error in words; null when all of it was delivered. */
  readonly error: string | null;
  /** Beginning of an answer that was no success: a stranger's text. */
  readonly answer: string | null;
}

/** Hook as it is kept: all but id and revision as JSON text. */
interface StoredHook {
  readonly id: string;
  readonly revision: number;
  readonly body: string;
}

const SELECT = "SELECT id, revision, body FROM hooks";
const HEAD = `id, room, from_seq AS "from", to_seq AS "to", events, created_at AS "createdAt", tries`;

/** Hooks of a store, what is on its way to their receivers, and how far they are. */
export type Hooks = ReturnType<typeof sqlHooks>;

/** Returns the hooks of a database. A change of a hook, or of what is on its way, locks its row first. */
export function sqlHooks({ dialect, ask, lane }: SqlDatabase) {
  const write = lane();
  const lock = (id: string) => find(id, dialect.forUpdate);
  return {
    /** Adds a hook that is sent what comes after a position. @throws DyliveError `in_use` when there is a hook with this id */
    add: (hook: HookRow, pos: number): Promise<void> =>
      write(function* () {
        const sql = "INSERT INTO hooks(id, revision, pos, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        if ((yield* run(sql, hook.id, hook.revision, pos, bodyOf(hook))) === 0)
          throw new DyliveError("in_use", msg`there is a hook ${hook.id} already`);
      }),
    get: (id: string): Promise<HookRow | null> => ask(() => find(id)),
    /** Returns all hooks, oldest first. */
    list: (): Promise<readonly HookRow[]> =>
      ask(function* () {
        return (yield* rows<StoredHook>(`${SELECT} ORDER BY n`)).map(hookOf);
      }),
    /**
     * Changes settings and places in one step, and counts it as sending again when `replay` says so. What was fixed for the rooms of these places
     * and not delivered is dropped.
     * @returns the hook as it is now; null when there is none
     */
    change: (id: string, change: HookChange, places: RoomPlaces = new Map(), replay: boolean = false): Promise<HookRow | null> =>
      write(function* () {
        const hook = yield* lock(id);
        if (hook === null) return null;
        const changed = { ...hook, ...change, revision: hook.revision + 1, replays: hook.replays + (replay ? 1 : 0) };
        yield* update(changed);
        yield* run(`DELETE FROM hook_batches WHERE hook = $1 AND room ${dialect.among("$2", "bigint")}`, id, [...places.keys()]);
        yield* place(id, places);
        return changed;
      }),
    /** Pauses the hook, unless it has another revision by now: what is said against it is then no longer what there is. */
    pause: (id: string, revision: number, paused: NonNullable<HookRow["paused"]>): Promise<void> =>
      write(function* () {
        const hook = yield* lock(id);
        if (hook?.revision === revision) yield* update({ ...hook, paused, revision: revision + 1 });
      }),
    /** Removes the hook with everything that is kept of it. @returns false when there was none. */
    remove: (id: string): Promise<boolean> =>
      write(function* () {
        yield* lock(id);
        return (yield* run("DELETE FROM hooks WHERE id = $1", id)) === 1;
      }),
    progress: (id: string): Promise<HookProgress> => ask(() => progressOf(id)),
    /**
     * Begins to deliver a hook: what another process has under way for it is not written any more.
     * @returns null when the hook is gone or has another revision
     */
    begin: (id: string, revision: number): Promise<HookStart | null> =>
      write(function* () {
        const hook = yield* lock(id);
        if (hook?.revision !== revision) return null;
        const begun = { ...hook, revision: revision + 1 };
        yield* update(begun);
        return { hook: begun, ...(yield* progressOf(id)) };
      }),
    /**
     * Moves the hook to a position, and to places in rooms, never back.
     * @returns false, and nothing is done, when the hook is gone or has another revision
     */
    move: (id: string, revision: number, pos: number, rooms: RoomPlaces): Promise<boolean> =>
      write(function* () {
        if ((yield* lock(id))?.revision !== revision) return false;
        yield* run("UPDATE hooks SET pos = $2 WHERE id = $1 AND pos < $2", id, pos);
        yield* place(id, rooms, "WHERE hook_rooms.seq < excluded.seq");
        return true;
      }),
    /**
     * Keeps a batch, the only one of its room, and the hook's place before it, before it is first sent. One that the room has already stays.
     * @returns the one that is kept; null, and nothing is done, as for `move`
     */
    fix: (id: string, revision: number, { id: batch, room, from, to, events, createdAt, tries, body }: HookBatch) =>
      write(function* (): SqlWork<HookBatchHead | null> {
        if ((yield* lock(id))?.revision !== revision) return null;
        yield* place(id, new Map([[room, from - 1]]));
        yield* run(
          `INSERT INTO hook_batches(hook, room, id, from_seq, to_seq, events, created_at, tries, body)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
          ...[id, room, batch, from, to, events, createdAt, tries, body],
        );
        return (yield* row<HookBatchHead>(`SELECT ${HEAD} FROM hook_batches WHERE hook = $1 AND room = $2`, id, room)) ?? null;
      }),
    /** Returns the batch that is fixed in the room; null when there is none, or the hook is gone or has another revision. */
    batch: (id: string, revision: number, room: RoomKey): Promise<HookBatch | null> =>
      ask(function* () {
        const current = "EXISTS (SELECT 1 FROM hooks WHERE hooks.id = $1 AND revision = $2)";
        const sql = `SELECT ${HEAD}, body FROM hook_batches WHERE hook = $1 AND ${current} AND room = $3`;
        return (yield* row<HookBatch>(sql, id, revision, room)) ?? null;
      }),
    /**
     * Notes a try of a batch. A batch that was delivered is gone with it and the place moves to its end, if it is still the one that is
     * fixed. One of no batch (a test), or sent to a receiver that the hook has no longer, is noted, and says nothing of how the hook is going.
     * @param sent the hook as it was when the try began
     * @returns the hook as it is now; null when there is none
     */
    tried: (sent: HookRow, outcome: HookTry): Promise<HookRow | null> =>
      write(function* () {
        const { id } = sent;
        const hook = yield* lock(id);
        if (hook === null) return null;
        yield* run("INSERT INTO hook_tries(hook, body) VALUES ($1, $2)", id, JSON.stringify(outcome));
        yield* run(
          "DELETE FROM hook_tries WHERE hook = $1 AND n <= (SELECT n FROM hook_tries WHERE hook = $1 ORDER BY n DESC LIMIT 1 OFFSET $2)",
          ...[id, TRIES_KEPT],
        );
        if (outcome.attempt === 0 || receiverOf(hook) !== receiverOf(sent)) return hook;
        const now = { ...hook, ...healthAfter(hook, outcome) };
        yield* update(now);
        yield* settle(id, outcome);
        return now;
      }),
    /**
     * Drops what is fixed and not delivered where its body holds one of these texts: it is made again from the log.
     * @returns how many batches were dropped
     */
    withdraw: (texts: readonly string[]): Promise<number> =>
      write(function* () {
        let count = 0;
        for (const text of texts) count += yield* run(`DELETE FROM hook_batches WHERE ${dialect.position}(body, $1) > 0`, text);
        return count;
      }),
    /** Forgets what receivers answered, which may say again what they were sent: of each try the status stays. */
    forgetAnswers: async (): Promise<void> => {
      const ids = await ask(() => rows<{ id: string }>("SELECT id FROM hooks"));
      for (const { id } of ids)
        await write(function* () {
          const hook = yield* lock(id);
          if (hook === null) return;
          for (const { n, body } of yield* rows<{ n: number; body: string }>("SELECT n, body FROM hook_tries WHERE hook = $1", id)) {
            const outcome = JSON.parse(body) as HookTry;
            const bare = JSON.stringify({ ...outcome, error: errorWithoutAnswer(outcome), answer: null });
            if (bare !== body) yield* run("UPDATE hook_tries SET body = $2 WHERE n = $1", n, bare);
          }
          if (hook.last !== null) yield* update({ ...hook, last: { ...hook.last, error: errorWithoutAnswer(hook.last) } });
        });
    },
    /** Returns the last tries, newest first. */
    tries: (id: string, limit: number): Promise<readonly HookTry[]> =>
      ask(function* () {
        const noted = yield* rows<{ body: string }>("SELECT body FROM hook_tries WHERE hook = $1 ORDER BY n DESC LIMIT $2", id, limit);
        return noted.map(({ body }) => JSON.parse(body) as HookTry);
      }),
  };
}

function* find(id: string, lock = ""): SqlWork<HookRow | null> {
  const stored = yield* row<StoredHook>(`${SELECT} WHERE id = $1 ${lock}`, id);
  return stored === undefined ? null : hookOf(stored);
}

function* update(hook: HookRow): SqlWork<void> {
  yield* run("UPDATE hooks SET revision = $2, body = $3 WHERE id = $1", hook.id, hook.revision, bodyOf(hook));
}

function* progressOf(id: string): SqlWork<HookProgress> {
  const { pos = 0 } = (yield* row<{ pos: number }>("SELECT pos FROM hooks WHERE id = $1", id)) ?? {};
  const places = yield* rows<{ room: RoomKey; seq: number }>("SELECT room, seq FROM hook_rooms WHERE hook = $1 ORDER BY room", id);
  const fixed = yield* rows<HookBatchHead>(`SELECT ${HEAD} FROM hook_batches WHERE hook = $1 ORDER BY room`, id);
  return { pos, rooms: new Map(places.map(({ room, seq }) => [room, seq])), fixed };
}

/** Sets or (null) forgets a hook's place in some rooms. @param only condition under which one that is there is changed */
function* place(id: string, places: RoomPlaces, only = ""): SqlWork<void> {
  const upsert = `INSERT INTO hook_rooms(hook, room, seq) VALUES ($1, $2, $3) ON CONFLICT (hook, room) DO UPDATE SET seq = excluded.seq ${only}`;
  for (const [room, seq] of places)
    if (seq === null) yield* run("DELETE FROM hook_rooms WHERE hook = $1 AND room = $2", id, room);
    else yield* run(upsert, id, room, seq);
}

/** Takes a batch off the way that was delivered, or notes the try. */
function* settle(id: string, { room, id: batch, attempt, delivered }: HookTry): SqlWork<void> {
  const which = "hook = $1 AND room = $2 AND id = $3";
  if (!delivered) {
    yield* run(`UPDATE hook_batches SET tries = $4 WHERE ${which}`, id, room, batch, attempt);
    return;
  }
  const gone = yield* row<{ to: number }>(`DELETE FROM hook_batches WHERE ${which} RETURNING to_seq AS "to"`, id, room, batch);
  if (gone !== undefined) yield* place(id, new Map([[room, gone.to]]));
}

/** Returns who is sent a hook's messages, as a text to be compared. */
function receiverOf({ url, channel }: HookSettings): string {
  return JSON.stringify([url, channel?.kind, channel?.to]);
}

/** Returns the error of a try without what the receiver answered: our own words before it stay, and what was no answer. */
function errorWithoutAnswer({ status, error }: Pick<HookTry, "status" | "error">): string | null {
  const own = /^(?:sent without its text|the mail server refused it|it did not reach [^:]+): /.exec(error ?? "")?.[0];
  if (own !== undefined) return `${own}…`;
  return error === null || status === null ? error : `it answered HTTP ${status}`;
}

function bodyOf({ id: _id, revision: _revision, ...body }: HookRow): string {
  return JSON.stringify(body);
}

function hookOf({ id, revision, body }: StoredHook): HookRow {
  return { id, revision, ...(JSON.parse(body) as Omit<HookRow, "id" | "revision">) };
}

/** Returns the health of a hook after a try. */
function healthAfter({ failing, last, deliveredAt }: HookHealth, { at, delivered, status, error }: HookTry): HookHealth {
  const now = { at, status, error };
  if (delivered) return { failing: null, last: now, deliveredAt: at };
  const pause = failing === null ? 0 : Math.min(Math.max(0, at - (last?.at ?? at)), COUNTED_PAUSE_MS);
  return { failing: { since: failing?.since ?? at, ms: (failing?.ms ?? 0) + pause }, last: now, deliveredAt };
}
