import { ProxyServer } from "../platform/access/proxy.js";
import { GUEST } from "../platform/accounts/login-store.js";
import { MOST_SESSIONS, type Reach, readSession, type SessionChoice } from "../platform/platform-access.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import type { RoomSettings, SettingsChange } from "../store/rooms.js";

/**
 * @param reach without accounts where this process knows none: whether there is such an account is not looked at then
 * @throws DyliveError not_found, bad_request when a room could not be collected so
 */
export async function assertPossible(
  { account, proxy, sessions }: Partial<RoomSettings>,
  { accounts, platformBy }: Pick<Reach, "platformBy"> & { readonly accounts: Reach["accounts"] | null },
): Promise<void> {
  const chosen = (sessions ?? []).map(readSession);
  if (sessions != null && (sessions.length === 0 || sessions.length > MOST_SESSIONS))
    throw new DyliveError("bad_request", msg`a room has 1 to ${MOST_SESSIONS} sessions`);
  for (const [i, one] of chosen.entries()) {
    const same = chosen.slice(0, i).find((other) => areOne(other, one));
    if (same === undefined) continue;
    throw new DyliveError(
      "bad_request",
      msg`${same.name} and ${one.name} are one to the platform; a second guest is guest:2, an account watches a room once by each source and names it then: account:NAME@websocket, account:NAME@browser`,
    );
  }
  for (const name of [account, ...chosen.map((one) => one.account)])
    if (typeof name === "string" && name !== GUEST) await accounts?.get(name);
  for (const url of [proxy, ...chosen.map((one) => one.proxy)]) {
    if (typeof url !== "string") continue;
    try {
      platformBy(url);
    } catch (error) {
      throw error instanceof DyliveError ? new DyliveError("bad_request", error.said) : error;
    }
  }
}

/** Tells whether two sessions are the same to the platform, or may be: the source that one does not name is the room's, which can be changed alone. */
function areOne(a: SessionChoice, b: SessionChoice): boolean {
  if (a.visitor !== b.visitor) return false;
  return a.account === GUEST || a.source === null || b.source === null || a.source === b.source;
}

/**
 * Returns settings that are given for a room that has some: a session that is named without its proxy, or with the proxy as it is shown,
 * keeps the one that it had; `,proxy=none` takes it away.
 * @param mayChangeProxies false refuses to lose one, as leaving out a session that has one would: only who names proxies takes them away
 * @throws DyliveError forbidden
 */
export function keepProxies(given: Partial<RoomSettings>, kept: RoomSettings, mayChangeProxies = true): Partial<RoomSettings> {
  if (given.sessions === undefined) return given;
  const had = new Map((kept.sessions ?? []).map((text) => [readSession(text).name, text]));
  const sessions =
    given.sessions?.map((text) => {
      const { name, proxy } = readSession(text);
      const before = had.get(name);
      if (before !== undefined && (text === name || text === shownSession(before))) return before;
      return proxy === null ? name : text;
    }) ?? null;
  const lost = [...had.values()].find((text) => readSession(text).proxy !== null && sessions?.includes(text) !== true);
  if (lost !== undefined && !mayChangeProxies)
    throw new DyliveError(
      "forbidden",
      msg`session ${readSession(lost).name} has a proxy, which only an admin token may take away: name it too`,
    );
  return { ...given, sessions };
}

/** Returns the change of a room's settings to those that are given, as {@link keepProxies} says; none where none are given. */
export function changeOf(given: Partial<RoomSettings>, mayChangeProxies = true): SettingsChange {
  return Object.keys(given).length === 0 ? given : (kept) => keepProxies(given, kept, mayChangeProxies);
}

/** Returns settings as they may be shown: proxies without their passwords. */
export function shownSettings(settings: RoomSettings): RoomSettings {
  const { proxy, sessions } = settings;
  return { ...settings, proxy: proxy === null ? null : new ProxyServer(proxy).name, sessions: sessions?.map(shownSession) ?? null };
}

function shownSession(text: string): string {
  const { name, proxy } = readSession(text);
  return proxy === null ? name : `${name},proxy=${new ProxyServer(proxy).name}`;
}
