import type { RoomKey } from "../store/log.js";
import type { TokenRow } from "../store/sql/tokens.js";
import type { Store } from "../store/store.js";

/** Parts of a store that keep positions of tokens. */
type Kept = Pick<Store, "positions" | "tokens">;

/**
 * Most positions that are kept of one token's clients, and as many of its named subscriptions: a name is a caller's to make up. A
 * subscription to every room that a token may hold at a time has half of it.
 */
const TOKEN_POSITIONS_MAX = 10_000;

/** Names the position of a client of the compatible interface (/douyin/…); `client` is its own name, empty when it gave none. */
export function clientPosition(token: Pick<TokenRow, "id">, client: string): string {
  return `${ofClients(token.id)}${client}`;
}

/** Names the position of a named subscription: each token has its own names. */
export function subscriptionPosition(token: Pick<TokenRow, "id">, name: string): string {
  return `${ofSubscriptions(token.id)}${name}`;
}

/** Moves a position of a token, durably. Nothing stays of a token that was revoked meanwhile, by any process. */
export async function movePosition(
  { positions, tokens }: Kept,
  token: TokenRow,
  reader: string,
  room: RoomKey,
  seq: number,
): Promise<void> {
  const prefix = [ofClients(token.id), ofSubscriptions(token.id)].find((one) => reader.startsWith(one));
  if (prefix === undefined) throw new Error("a position of another token");
  await positions.set(reader, room, seq, { prefix, most: TOKEN_POSITIONS_MAX });
  // Looked at afterwards: whoever revokes marks the token first and forgets then, so one of the two sees the other.
  if ((await tokens.find(token.hash)) === null) await positions.forget(reader);
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
