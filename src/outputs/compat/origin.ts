/** Pages of this machine: from a file (Chromium's and OBS's name for their origin), or from a server on loopback. */
const OWN = /^(file:\/\/|https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\]|absolute)(:\d{1,5})?)$/i;

/**
 * Whether a page with this `Origin` may read the events without a token. Programs send none. A page from the web names its site: it must
 * not read what is on loopback just because its visitor's browser can reach it. `null` is any page that hides its site, so it is not ours.
 * @param allowed further origins, as the operator named them
 */
export function mayRead(origin: string | undefined, allowed: readonly string[]): boolean {
  return origin === undefined || OWN.test(origin) || allowed.includes(origin.toLowerCase());
}
