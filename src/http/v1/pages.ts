import { DyliveError } from "../../runtime/errors.js";

/** A page of a list that is held whole. */
interface ListPage<T> {
  readonly items: readonly T[];
  /** The cursor of the next page; null on the last. */
  readonly next: string | null;
}

/**
 * Returns a page of a list that grows at one end only.
 * @param keyOf names an item; a cursor names the last item that was given
 * @throws DyliveError bad_request when the cursor is not one of this list
 */
export function pageOf<T>(
  list: readonly T[],
  kind: string,
  keyOf: (item: T) => string,
  limit: number,
  cursor: string | undefined,
): ListPage<T> {
  const start = cursor === undefined ? 0 : after(list, kind, keyOf, cursor);
  const items = list.slice(start, start + limit);
  const last = items.at(-1);
  const more = start + limit < list.length && last !== undefined;
  return { items, next: more ? Buffer.from(`${kind}/${keyOf(last)}`, "utf8").toString("base64url") : null };
}

function after<T>(list: readonly T[], kind: string, keyOf: (item: T) => string, cursor: string): number {
  const text = Buffer.from(cursor, "base64url").toString("utf8");
  const index = text.startsWith(`${kind}/`) ? list.findIndex((item) => keyOf(item) === text.slice(kind.length + 1)) : -1;
  if (index < 0) throw new DyliveError("bad_request", `cursor is not one that this list of ${kind} gave`);
  return index + 1;
}
