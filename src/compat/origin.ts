/** Pages of this machine: from a server on loopback, or from a file as older Chromiums and OBS name them. */
const OWN = /^(file:\/\/|https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\]|absolute)(:\d{1,5})?)$/i;
/** What Chromium (143, seen) and Firefox send for a page from a file; and for a page of any site in a sandboxed frame. */
const HIDDEN = "null";

/**
 * Whether a page with this `Origin` may read without a token. Programs send none. A page from the web names its site: it must not read what
 * is on loopback just because its visitor's browser can reach it. A page that hides where it is from may be an overlay from a file or
 * anybody's: it may see the rooms that are collected, but not have us collect one.
 * @param allowed further origins, as the operator named them, in lower case
 */
export function mayRead(origin: string | undefined, allowed: readonly string[], asksForRoom: boolean): boolean {
  if (origin === undefined || OWN.test(origin) || allowed.includes(origin.toLowerCase())) return true;
  return origin === HIDDEN && !asksForRoom;
}
