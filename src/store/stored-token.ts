import type { TokenRow } from "./tokens.js";

/** A token as both engines keep it: its rooms as JSON text. */
export type StoredToken = Omit<TokenRow, "rooms"> & { readonly rooms: string };

/** The token of a row. */
export function tokenOf(row: StoredToken): TokenRow {
  return { ...row, rooms: JSON.parse(row.rooms) as readonly string[] };
}
