import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../runtime/clock.js";
import { DyliveError, FieldError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import type { RoomKey } from "../store/log.js";
import { namedRoom } from "../store/rooms.js";
import { SCOPES, type Scope, type TokenRow, type Tokens } from "../store/sql/tokens.js";
import type { Store } from "../store/store.js";

/** Marks our tokens, so that people and secret scanners know one when they see it. */
const PREFIX = "dyl_";
/** Most rooms that one token may be limited to; and the most requests a minute that a limit may allow, more is no limit. */
export const TOKEN_LIMITS = { rooms: 200, perMinute: 100_000 } as const;
/** The latest expiry: what JavaScript's dates can show. */
const TIME_MAX = 8_640_000_000_000_000;

/** Settings of a new token; times are ms UTC. */
export interface NewToken {
  readonly name: string;
  readonly scope: Scope;
  readonly now: number;
  /** The only rooms that it may see, by any of their names or as `room:KEY`; all by default. */
  readonly rooms?: readonly string[] | undefined;
  /** Requests a minute; any number by default. */
  readonly perMinute?: number | null | undefined;
  /** Time of expiry; never by default. */
  readonly expiresAt?: number | null | undefined;
}

/** What a request over the local socket is let in by: it is the operator's own. No stored token has its hash. */
export const OPERATOR: TokenRow = {
  ...{ id: "operator", name: "operator", scope: "admin", hash: "", rooms: [], perMinute: null },
  ...{ createdAt: 0, expiresAt: null, revokedAt: null, lastUsedAt: null },
};

/** A token with the row to store for it. */
interface MadeToken {
  readonly token: string;
  readonly row: TokenRow;
}

/** Returns the sha256 of a token as stored: lower-case hex. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token, "utf8").digest("hex");
}

/**
 * Makes a token without storing it.
 * @throws DyliveError bad_request that names the field
 */
export function makeToken({ name, scope, now, rooms = [], perMinute = null, expiresAt = null }: NewToken): MadeToken {
  if (!/^[^\p{C}]{1,64}$/u.test(name)) throw new FieldError("name", "1 to 64 printable characters");
  if (rooms.length > TOKEN_LIMITS.rooms) throw new FieldError("rooms", msg`${TOKEN_LIMITS.rooms} are allowed`);
  if (!rooms.every((room) => /^[^\p{C}\s,]{1,200}$/u.test(room)))
    throw new FieldError("rooms", "each must be a room's name of 1 to 200 characters without spaces and commas, or room:KEY");
  // It could make itself a token for every room.
  if (rooms.length > 0 && scope === "admin") throw new FieldError("rooms", "a token of scope admin cannot be limited to rooms");
  if (perMinute !== null && !(Number.isInteger(perMinute) && perMinute >= 1 && perMinute <= TOKEN_LIMITS.perMinute))
    throw new FieldError("perMinute", msg`a whole number of requests a minute from 1 to ${TOKEN_LIMITS.perMinute}`);
  if (expiresAt !== null && !(Number.isInteger(expiresAt) && expiresAt > now && expiresAt <= TIME_MAX))
    throw new FieldError("expiresAt", "a time in the future");
  const token = PREFIX + randomBytes(32).toString("base64url");
  const id = randomBytes(6).toString("hex");
  const hash = hashToken(token);
  return { token, row: { id, name, scope, hash, rooms, perMinute, createdAt: now, expiresAt, revokedAt: null, lastUsedAt: null } };
}

/**
 * Makes a token and stores its hash. The token itself is in the answer only: it cannot be read again.
 * @param known rooms of which those that it is limited to must be: a mistyped name would be a token that sees nothing
 * @throws DyliveError bad_request that names the field; not_found of a room
 */
export async function createToken(tokens: Tokens, wanted: NewToken, known?: Parameters<typeof namedRoom>[0]): Promise<MadeToken> {
  const made = makeToken(wanted);
  if (known !== undefined) for (const room of made.row.rooms) await namedRoom(known, room);
  await tokens.add(made.row);
  return made;
}

/**
 * Returns the stored token that `secret` is.
 * @param now ms UTC
 * @throws DyliveError no_token, bad_token, or forbidden when its scope does not include `scope`
 */
export async function authenticate(tokens: Tokens, secret: string | null, scope: Scope, now: number): Promise<TokenRow> {
  if (secret === null) throw new DyliveError("no_token", "neither token= nor an Authorization: Bearer header was given");
  const hash = hashToken(secret);
  const row = await tokens.find(hash);
  if (row === null || row.revokedAt !== null || !sameText(row.hash, hash)) throw new DyliveError("bad_token", "it is unknown or revoked");
  if (row.expiresAt !== null && row.expiresAt <= now) throw new DyliveError("bad_token", "it has expired");
  assertScope(row, scope);
  return row;
}

/** Whether a scope includes another. */
export function includesScope(scope: Scope, needed: Scope): boolean {
  return SCOPES.indexOf(scope) >= SCOPES.indexOf(needed);
}

/** @throws DyliveError forbidden when the token's scope does not include `needed` */
export function assertScope({ scope }: TokenRow, needed: Scope): void {
  if (!includesScope(scope, needed)) throw new DyliveError("forbidden", msg`scope ${needed} is needed, the token has ${scope}`);
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Pause between two looks at the store, in ms: a stream or call ends within a second, whichever process revoked its token. */
const LOOK_MS = 500;

/** A stream or call that was let in by a token and is still here. */
interface Holder {
  readonly token: TokenRow;
  readonly end: () => void;
}

/**
 * Holds the tokens by which streams are open and calls wait. When one is revoked (by any process),
 * expires, or may do less than before, all that came in by it are ended.
 */
export class HeldTokens {
  readonly #tokens: Pick<Tokens, "findAll">;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #held = new Map<string, Set<Holder>>();
  #stopLooking: (() => void) | null = null;
  #looking = false;
  #away = false;

  /** @param onError called once when the store cannot be asked: all stay until it can */
  constructor(tokens: Pick<Tokens, "findAll">, clock: Clock, onError: (error: unknown) => void) {
    this.#tokens = tokens;
    this.#clock = clock;
    this.#onError = onError;
  }

  /** Calls `end` once the token is no longer valid. @returns what to call when its holder is gone */
  hold(token: TokenRow, end: () => void): () => void {
    if (token.hash === OPERATOR.hash) return () => {}; // nothing can revoke it
    const holder: Holder = { token, end };
    const holders = this.#held.get(token.hash) ?? new Set();
    this.#held.set(token.hash, holders.add(holder));
    this.#stopLooking ??= this.#clock.every(LOOK_MS, () => void this.#look());
    return () => {
      holders.delete(holder);
      if (holders.size === 0 && this.#held.get(token.hash) === holders) this.#held.delete(token.hash);
      if (this.#held.size > 0) return;
      this.#stopLooking?.();
      this.#stopLooking = null;
    };
  }

  async #look(): Promise<void> {
    if (this.#looking || this.#held.size === 0) return;
    this.#looking = true;
    try {
      const rows = await this.#tokens.findAll([...this.#held.keys()]);
      const now = this.#clock.now();
      for (const [hash, holders] of this.#held) for (const { token, end } of [...holders]) if (!allows(rows.get(hash), token, now)) end();
      this.#away = false;
    } catch (error) {
      if (!this.#away) this.#onError(error);
      this.#away = true;
    } finally {
      this.#looking = false;
    }
  }
}

/** Whether a token still lets in whom it let in. @param row as it is stored now; undefined when it was revoked */
function allows(row: TokenRow | undefined, { scope, rooms }: TokenRow, now: number): boolean {
  if (row === undefined || (row.expiresAt !== null && row.expiresAt <= now)) return false;
  return row.scope === scope && row.rooms.length === rooms.length && row.rooms.every((room, at) => room === rooms[at]);
}

/** Parts of a store that keep positions of tokens. */
type Kept = Pick<Store, "positions" | "tokens">;

/** Most positions that are kept of one token's clients, and as many of its named subscriptions: a name is a caller's to make up. */
const TOKEN_POSITIONS_MAX = 10_000;

/** Names the position of a client of the compatible interface (/douyin/…) in a room; `client` is its own name, empty when it gave none. */
export function clientPosition(token: Pick<TokenRow, "id">, room: RoomKey, client: string): string {
  return `${ofClients(token.id)}${room}:${client}`;
}

/** Names the position of a named subscription: each token has its own names. */
export function subscriptionPosition(token: Pick<TokenRow, "id">, name: string): string {
  return `${ofSubscriptions(token.id)}${name}`;
}

/**
 * Moves a position of a token, durably. Nothing stays of a token that was revoked meanwhile, by any process.
 * @param holder who moves it, for a position that is held ({@link holdPositions})
 * @throws DyliveError in_use when another holds it by now
 */
export async function movePosition(
  { positions, tokens }: Kept,
  token: TokenRow,
  reader: string,
  pos: number,
  holder?: string,
): Promise<void> {
  const prefix = [ofClients(token.id), ofSubscriptions(token.id)].find((one) => reader.startsWith(one));
  if (prefix === undefined) throw new Error("a position of another token");
  const isMoved = await positions.set(reader, pos, { prefix, most: TOKEN_POSITIONS_MAX }, holder);
  if (!isMoved) throw new DyliveError("in_use", msg`another connection has subscribed as ${reader.slice(prefix.length)} since`);
  // Looked at afterwards: a revocation marks the token first and forgets then, so one of the two sees the other.
  if (await isGone(tokens, token)) await positions.forget(reader);
}

async function isGone(tokens: Pick<Tokens, "find">, { hash }: TokenRow): Promise<boolean> {
  return hash !== OPERATOR.hash && (await tokens.find(hash)) === null;
}

/**
 * Lets one reader alone move the position of a named subscription, until another subscribes by the name, in this process or another.
 * @param pos for a name that has no position yet
 * @param by who it is, and whether it comes back: then it takes nothing from who has the name since
 * @throws DyliveError in_use when another has
 */
export async function holdPosition(
  { positions, tokens }: Kept,
  token: TokenRow,
  name: string,
  pos: number,
  { holder, isBack }: { readonly holder: string; readonly isBack: boolean },
): Promise<void> {
  const reader = subscriptionPosition(token, name);
  const among = { prefix: ofSubscriptions(token.id), most: TOKEN_POSITIONS_MAX };
  if (!(await positions.hold(reader, pos, holder, among, isBack)))
    throw new DyliveError("in_use", msg`another connection has subscribed as ${name} since`);
  // As above.
  if (await isGone(tokens, token)) await positions.forget(reader);
}

/**
 * Revokes a token and forgets how far its clients and subscriptions have come.
 * @param now ms UTC
 * @returns whether there was such a token, not yet revoked
 */
export async function revokeToken({ positions, tokens }: Kept, id: string, now: number): Promise<boolean> {
  if (!(await tokens.revoke(id, now))) return false;
  await positions.forgetAll(ofClients(id));
  await positions.forgetAll(ofSubscriptions(id));
  return true;
}

function ofClients(id: string): string {
  return `token:${id}:`;
}

function ofSubscriptions(id: string): string {
  return `sub:${id}:`;
}
