import type { TokenRow } from "./tokens.js";

/** Token as both engines keep it: its rooms as JSON text. */
export type StoredToken = Omit<TokenRow, "rooms"> & { readonly rooms: string };

/** Returns the token of a row. */
export function tokenOf(row: StoredToken): TokenRow {
  return { ...row, rooms: JSON.parse(row.rooms) as readonly string[] };
}
