import { type Link, readLink } from "./link.js";

const KEY = "dylive.token";

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
