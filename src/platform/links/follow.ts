import { DyliveError } from "../../runtime/errors.js";
import { isPlatformHost, type Platform, type Reply } from "../access/platform.js";
import { inStep, type NoAccount, type Unknown } from "../pages/answer.js";
import { meaningOf } from "./link.js";
import { roomNameIn } from "./name.js";
import type { Pasted } from "./paste.js";

/** Target of a short link, or why it is not known. */
type Followed = Extract<Pasted, { kind: "room" }> | NoAccount | Unknown;

/** Most redirects that are followed; the app's links need two. */
const MOST_HOPS = 5;
const LONGEST_LOCATION = 4000;
const STEP = "short_link";

/**
 * Follows a short link, redirect by redirect, until an address names a room. Each next address is checked before it is asked: hosts that are
 * not the platform's, among them this machine and its network, are never contacted. No cookies are sent.
 * @throws DyliveError bad_room when it leads to something else of the platform; unreachable
 */
export async function followLink(
  link: Extract<Pasted, { kind: "short_link" }>,
  { platform, userAgent }: { readonly platform: Platform; readonly userAgent: string },
  signal: AbortSignal,
): Promise<Followed> {
  let at: { readonly host: string; readonly path: string } = link;
  const asked = new Set<string>();
  for (let hop = 0; hop < MOST_HOPS; hop++) {
    const address = `${at.host}${at.path}`;
    if (asked.has(address)) return unknown("the short link leads back to itself");
    asked.add(address);
    const { host, path } = at;
    const reply = await inStep(STEP, () => platform.get(host, path, { "user-agent": userAgent, accept: "text/html" }, signal));
    const location = locationOf(reply);
    if (location === null) return withoutRedirect(reply, address, hop === 0);
    const next = nextAddress(location, at, platform.upstream);
    const meaning = next === null ? null : meaningOf(next);
    if (next === null || meaning === null)
      return unknown(`the short link leads to ${hostIn(location)}, which is not an address of the platform; it was not followed`);
    if (meaning.kind === "room") return meaning;
    if (meaning.kind === "other" && meaning.what.startsWith("a "))
      throw new DyliveError("bad_room", `the short link leads to ${meaning.what}, not to a room or an account`);
    at = { host: next.hostname, path: `${next.pathname}${next.search}` };
  }
  return unknown(`the short link was redirected ${MOST_HOPS} times without naming a room`);
}

function locationOf({ status, headers }: Reply): string | null {
  const location = headers["location"];
  return status >= 300 && status < 400 && typeof location === "string" && location !== "" ? location : null;
}

/** Returns the next address as one of the real platform's, or null when it is not. A stand-in redirects to itself, under its prefix. */
function nextAddress(location: string, at: { readonly host: string; readonly path: string }, upstream: string | null): URL | null {
  const base = `https://${at.host}${at.path}`;
  if (location.length > LONGEST_LOCATION || !URL.canParse(location, base)) return null;
  const url = new URL(location, base);
  const under = upstream !== null && url.href.startsWith(`${upstream}/@`) ? url.href.slice(upstream.length + 2) : null;
  if (under === null) return url;
  return URL.canParse(`https://${under}`) && isPlatformHost(under.split(/[/?#]/, 1)[0] ?? "") ? new URL(`https://${under}`) : null;
}

function withoutRedirect({ status, body }: Reply, address: string, isFirst: boolean): Followed {
  // Only the short link's own host knows whether it exists.
  if (isFirst && (status === 404 || status === 410))
    return { outcome: "no_account", step: STEP, reason: `there is no such short link (HTTP ${status})` };
  if (status !== 200 || body.length === 0)
    return unknown(`${address.split("?", 1)[0]} answered HTTP ${status}${body.length === 0 ? " with nothing" : ""} and leads nowhere`);
  // The page itself may name its room. Of several none is meant: a start page recommends many.
  const ids = new Set([...body.toString("utf8").matchAll(/"web_?rid\\*"\s*:\s*\\*"([\w.-]{1,128})\\*"/gi)].map((match) => match[1] ?? ""));
  const name = ids.size === 1 ? roomNameIn([...ids][0] ?? "") : null;
  return name === null
    ? unknown(`the short link ends at ${address.split("?", 1)[0]}, which names no room (it may be a captcha page)`)
    : { kind: "room", name, broadcast: null };
}

function hostIn(location: string): string {
  return URL.canParse(location) ? new URL(location).host || new URL(location).protocol : "an address that cannot be read";
}

function unknown(reason: string): Unknown {
  return { outcome: "unknown", step: STEP, reason };
}
