import { fieldOf } from "./field.js";

/** Domains that films, pictures and sounds were seen at (facts/videos.md 4.2). */
const MEDIA_DOMAINS = ["douyinvod.com", "zjcdn.com", "douyinpic.com", "douyinstatic.com"];
/** The platform's own host, which leads to one of them, and its only paths that are media: of films with sound, and of silent ones. */
const PLAY_HOST = "www.douyin.com";
const PLAY_PATHS = ["/aweme/v1/play/", "/aweme/v1/play/dash/"];

const MOST_ADDRESSES = 16;
/** Forms of a list of addresses: of a sound each address has its own name. */
const NAMED = ["main_url", "backup_url", "fallback_url"];

/** Returns whether films, pictures and sounds may be fetched from a host; nothing else is, at a redirect neither. */
export function isMediaHost(host: string): boolean {
  const name = host.toLowerCase();
  if (!/^[a-z0-9.-]+$/.test(name)) return false;
  return name === PLAY_HOST || MEDIA_DOMAINS.some((domain) => name === domain || name.endsWith(`.${domain}`));
}

/** Returns whether a text is an address of media, fetched or not; the platform's pages are at one of the hosts, too. */
export function isMediaAddress(text: string): boolean {
  if (!text.startsWith("https://") || !URL.canParse(text)) return false;
  const { hostname, pathname } = new URL(text);
  return isMediaHost(hostname) && (hostname !== PLAY_HOST || pathname.startsWith("/aweme/"));
}

/**
 * Returns the addresses of one file in the order to try them, each once: https alone, of hosts of media alone. Last come those that lead
 * elsewhere or are bound to a visitor's cookies (facts/videos.md 4.2).
 * @param values what the platform lists: an address, several, or an object that has them
 */
export function addressesOf(...values: unknown[]): string[] {
  const found = new Set<string>();
  for (const text of values.flatMap(textsOf)) {
    const address = addressOf(text);
    if (address !== null) found.add(address);
    if (found.size === MOST_ADDRESSES) break;
  }
  const all = [...found];
  return [...all.filter((address) => !isLast(address)), ...all.filter(isLast)];
}

/** Returns when the first of some addresses stops working, ms UTC; null if none of them says so. */
export function expiryOf(addresses: readonly string[]): number | null {
  const seconds = addresses.flatMap((address) => {
    const inPath = /^https:\/\/[^/]+\/[0-9a-f]{32}\/([0-9a-f]{8})\//.exec(address)?.[1];
    if (inPath !== undefined) return Number.parseInt(inPath, 16);
    const inQuery = /[?&](?:x-expires|expire)=(\d{9,11})(?:&|$)/.exec(address)?.[1];
    return inQuery === undefined ? [] : Number(inQuery);
  });
  return seconds.length === 0 ? null : Math.min(...seconds) * 1000;
}

function textsOf(value: unknown): unknown[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.slice(0, MOST_ADDRESSES).map((item) => (typeof item === "string" ? item : fieldOf(item, "src")));
  const list = fieldOf(value, "url_list");
  if (list === undefined) return [];
  return Array.isArray(list) ? textsOf(list) : NAMED.map((name) => fieldOf(list, name));
}

function addressOf(value: unknown): string | null {
  if (typeof value !== "string" || value.length > 4096) return null;
  const text = value.startsWith("//") ? `https:${value}` : value;
  if (!text.startsWith("https://") || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "" || url.port !== "" || !isMediaHost(url.hostname)) return null;
  return url.hostname === PLAY_HOST && !PLAY_PATHS.includes(url.pathname) ? null : url.href;
}

function isLast(address: string): boolean {
  return address.startsWith(`https://${PLAY_HOST}/`) || /[?&]tk=webid(?:&|$)/.test(address);
}
