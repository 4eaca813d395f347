import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { isPlatformHost } from "../access/platform.js";

/** One cookie of the platform. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  /** With a leading dot it counts for the hosts beneath, too. */
  readonly domain: string;
  readonly path: string;
  /** ms UTC; null ends with the browser */
  readonly expires: number | null;
  readonly secure: boolean;
  readonly httpOnly: boolean;
}

/** Domain of cookies that come without one: a header line or name→value pairs. */
const HOME_DOMAIN = ".douyin.com";
/** Most cookies of an account; a logged-in browser has about sixty. */
const MOST_COOKIES = 300;
const LONGEST = 4096; // what browsers take
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/; // RFC 6265
const VALUE = /^[\x20-\x3a\x3c-\x7e]*$/; // printable, without ; — wider than the RFC, as browsers and the site are

/**
 * Reads cookies in any of the forms in which people have them: the line of a `Cookie:` header, JSON (objects with name and value, a
 * browser's saved state, or name→value), or a Netscape cookies.txt. Those of other sites are left out, as is what cannot be a cookie.
 * @throws DyliveError bad_account when there is none; it never repeats what was given
 */
export function parseCookies(text: string, now: number): readonly Cookie[] {
  const given = text.replace(/^\uFEFF/, "").trim();
  const read = /^[[{]/.test(given) ? fromJson(given) : isNetscape(given) ? fromNetscape(given) : fromHeader(given);
  const kept = new Map<string, Cookie>();
  let expired = 0;
  for (const { domain, ...rest } of read) {
    const cookie = { ...rest, domain: domain.toLowerCase() };
    if (kept.size >= MOST_COOKIES) break;
    if (!isPlatformHost(cookie.domain.replace(/^\./, "")) || !isSound(cookie)) continue;
    if (cookie.expires === null || cookie.expires > now) kept.set(`${cookie.domain} ${cookie.path} ${cookie.name}`, cookie);
    else expired++;
  }
  if (kept.size === 0)
    throw new DyliveError(
      "bad_account",
      expired > 0
        ? msg`all cookies of the platform in what was given have expired: copy them anew from a browser that is logged in`
        : msg`what was given holds no cookie of the platform: a line of them looks like ttwid=…; sessionid=…`,
    );
  return [...kept.values()];
}

/** Returns the name→value pairs of a `Cookie:` header to a host. */
export function cookiePairs(cookies: readonly Cookie[], host: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const { name, value, domain } of cookies)
    if (domain.startsWith(".") ? `.${host}`.endsWith(domain) : host === domain) pairs.set(name, value);
  return pairs;
}

/** Last moment that browsers give a cookie: the end of the year 9999. */
const LAST_MS = 253_402_300_799_000;
/** Names that browsers take only from a host itself, by https (RFC 6265bis 4.1.3). */
const BOUND_NAME = /^__(?:host|secure)-/i;
const DOMAIN = /^\.?[a-z0-9-]+(?:\.[a-z0-9-]+)+$/;

/**
 * Reads when the platform will end the login: `sid_guard` is `session|seconds of its start|seconds it lasts|date of its end`.
 * @returns ms UTC, or null when there is no login or it does not say
 */
export function loginExpiry(cookies: readonly Cookie[]): number | null {
  const guard = cookies.find(({ name }) => name === "sid_guard")?.value;
  if (guard === undefined) return null;
  const [, start, life, date] = decoded(guard).split("|");
  const named = Date.parse((date ?? "").replaceAll("+", " "));
  if (Number.isFinite(named)) return named;
  const counted = (Number(start) + Number(life)) * 1000;
  return start && life && counted > 0 && counted <= LAST_MS ? Math.round(counted) : null;
}

/** Returns whether there is a session cookie; whether it still counts, only the platform knows. */
export function hasSession(cookies: readonly Cookie[]): boolean {
  return cookies.some(({ name, value }) => (name === "sessionid" || name === "sessionid_ss") && value !== "");
}

/** Returns whether a browser takes the cookie too: it takes all of an account or none. */
function isSound({ name, value, domain, path, expires }: Cookie): boolean {
  const isNamed = NAME.test(name) && !BOUND_NAME.test(name) && DOMAIN.test(domain);
  const isTimed = expires === null || expires <= LAST_MS;
  return isNamed && isTimed && VALUE.test(value) && name.length + value.length <= LONGEST && /^\/[\x21-\x3a\x3c-\x7e]*$/.test(path);
}

function fromHeader(text: string): Cookie[] {
  return text
    .replace(/^cookie:/i, "")
    .split(/[;\r\n]+/)
    .flatMap((part) => {
      const at = part.indexOf("=");
      return at < 1 ? [] : [cookieOf(part.slice(0, at).trim(), part.slice(at + 1).trim())];
    });
}

/**
 * Returns whether a text is a cookies.txt: domain, whether hosts beneath count, path, secure, expiry in seconds, name, value; `#HttpOnly_`
 * before the domain is a flag.
 */
function isNetscape(text: string): boolean {
  return text.split("\n", 200).some((line) => line.split("\t").length >= 7);
}

function fromNetscape(text: string): Cookie[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const httpOnly = line.startsWith("#HttpOnly_");
    const [domain, , path, secure, expires, name, ...value] = (httpOnly ? line.slice(10) : line).split("\t");
    if (domain === undefined || domain.startsWith("#") || name === undefined || value.length === 0) return [];
    const more = { domain, path: path || "/", secure: secure === "TRUE", httpOnly, expires: secondsOf(Number(expires)) };
    return [{ ...cookieOf(name, value.join("\t")), ...more }];
  });
}

function fromJson(text: string): Cookie[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new DyliveError("bad_account", "what was given begins as JSON but is not: it may be cut off");
  }
  const list = Array.isArray(parsed) ? parsed : isObject(parsed) && Array.isArray(parsed["cookies"]) ? parsed["cookies"] : null;
  if (list !== null) return list.flatMap(fromObject);
  return isObject(parsed)
    ? Object.entries(parsed).flatMap(([name, value]) => (typeof value === "string" ? [cookieOf(name, value)] : []))
    : [];
}

/** Reads one cookie as browsers' extensions, Playwright and Puppeteer write it. */
function fromObject(item: unknown): Cookie[] {
  if (!isObject(item) || typeof item["name"] !== "string" || typeof item["value"] !== "string") return [];
  const { domain, path } = item;
  return [
    {
      ...cookieOf(item["name"], item["value"]),
      ...(typeof domain === "string" && domain !== "" ? { domain } : {}),
      ...(typeof path === "string" && path !== "" ? { path } : {}),
      expires: expiryOf(item["expirationDate"] ?? item["expires"] ?? item["expiry"]),
      secure: item["secure"] === true,
      httpOnly: item["httpOnly"] === true,
    },
  ];
}

function cookieOf(name: string, value: string): Cookie {
  return { name, value, domain: HOME_DOMAIN, path: "/", expires: null, secure: false, httpOnly: false };
}

function expiryOf(value: unknown): number | null {
  if (typeof value === "number") return secondsOf(value);
  if (typeof value !== "string") return null;
  const date = Date.parse(value);
  return Number.isFinite(date) ? date : null;
}

/** Reads seconds, with or without a fraction; some exports write milliseconds. 0 and -1 are a browser's session. */
function secondsOf(value: number): number | null {
  if (!Number.isFinite(value) || value <= 0) return null;
  return Math.round(value > 100_000_000_000 ? value : value * 1000);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
