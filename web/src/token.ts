const KEY = "dylive.token";

/** What the printed link `URL/#token=…&room=…` brings. */
export interface Link {
  readonly token: string | null;
  /** Anything that names a room. */
  readonly room: string | null;
}

/** What is in the part after `#`; the dashboard's own addresses begin with `#/`. */
export function readLink(hash: string): Link {
  if (hash.startsWith("#/")) return { token: null, room: null };
  const given = new URLSearchParams(hash.slice(1));
  return { token: given.get("token") || null, room: given.get("room") || null };
}

/** Takes the link's token out of the address at once, so that it is in no history, bookmark or screenshot, and keeps it for the next visit. */
export function takeLink(): Link {
  const link = readLink(location.hash);
  if (link.token !== null) keepToken(link.token);
  if (link.token !== null || link.room !== null) history.replaceState(null, "", `${location.pathname}${location.search}#/`);
  return link;
}

export function keptToken(): string | null {
  return localStorage.getItem(KEY);
}

export function keepToken(token: string): void {
  localStorage.setItem(KEY, token);
}

export function forgetToken(): void {
  localStorage.removeItem(KEY);
}
