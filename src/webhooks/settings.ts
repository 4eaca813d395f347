import { isIP } from "node:net";
import { readFilter } from "../feed/reading-time.js";
import type { AllowedHosts } from "../runtime/allowed-hosts.js";
import { DyliveError } from "../runtime/errors.js";
import type { HookSettings } from "../store/sql/hooks.js";
import { BATCH_EVENTS_MAX } from "./batch.js";
import { hookSelection } from "./selection.js";

/** Rooms that one hook may list; one without a list has all. */
export const HOOK_ROOMS_MAX = 200;
export const HOOK_TYPES_MAX = 50;
export const HOOK_URL_MAX_CHARS = 2_000;

/**
 * Refuses settings that a hook cannot have. Where a name leads is judged when it is connected to.
 * @throws DyliveError bad_request that names the field
 */
export function checkSettings(settings: HookSettings, allowed: AllowedHosts): void {
  const { name, url, types, rooms, maxEvents } = settings;
  if (!/^[^\p{C}]{1,64}$/u.test(name)) throw wrong("name: 1 to 64 printable characters");
  if (types.length > HOOK_TYPES_MAX) throw wrong(`types: ${HOOK_TYPES_MAX} are allowed`);
  if (rooms.length > HOOK_ROOMS_MAX) throw wrong(`rooms: ${HOOK_ROOMS_MAX} are allowed; without any the hook has all rooms`);
  if (!(Number.isInteger(maxEvents) && maxEvents >= 1 && maxEvents <= BATCH_EVENTS_MAX))
    throw wrong(`maxEvents: a whole number from 1 to ${BATCH_EVENTS_MAX}`);
  hookSelection(settings);
  if (settings.filter !== null) readFilter(settings.filter);
  checkUrl(url, settings.allowPrivate ? null : allowed);
}

function checkUrl(text: string, allowed: AllowedHosts | null): void {
  const url = text.length <= HOOK_URL_MAX_CHARS && URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:"))
    throw wrong(`url: an address that begins with https:// or http://, of at most ${HOOK_URL_MAX_CHARS} characters`);
  if (url.username !== "" || url.password !== "") throw wrong("url: it may hold no user and password; the signature says who sends");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const named = /^(?:.+\.)?localhost\.?$/.test(host) && !allowed?.hasName(host) && !allowed?.has("127.0.0.1");
  if (allowed !== null && (named || (isIP(host) !== 0 && !allowed.has(host))))
    throw wrong(`url: ${host} is a private address; an admin can allow it with allowPrivate, or DYLIVE_HOOK_ALLOW_PRIVATE can list it`);
}

function wrong(why: string): DyliveError {
  return new DyliveError("bad_request", why);
}
