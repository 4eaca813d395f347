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
