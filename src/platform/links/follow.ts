import { DyliveError } from "../../runtime/errors.js";
import { type Msg, type MsgOrText, msg, msgOf } from "../../runtime/msg.js";
import { isPlatformHost, type Platform, type Reply } from "../access/platform.js";
import { inStep } from "../pages/answer.js";
import { type Meaning, meaningOf, roomNameIn, spoiltBy } from "./link.js";
import { type Door, elsewhere, readPaste } from "./paste.js";

/** Opens an address in a browser page and returns the one at which the page settles. */
export type OpenPage = (url: string, signal: AbortSignal) => Promise<string>;

/** Way to ask where short links lead. */
interface Following {
  readonly platform: Platform;
  readonly userAgent: string;
  /** A guest's page of the browser, for short links that do not redirect a plain client. */
  readonly open?: OpenPage | undefined;
}

/** Outcome of a short link without a target: there is no such link (`gone`), or the platform did not say where it leads. */
export interface Unsettled {
  readonly outcome: "gone" | "unknown";
  readonly reason: MsgOrText;
}

type ShortLink = Extract<Meaning, { kind: "short_link" }>;
/** End of the way by plain redirects; `pageMayTell` where a browser page may be answered more than a plain client. */
type End = Meaning | (Unsettled & { readonly pageMayTell: boolean });

/** Most redirects that are followed; the app's links need two. */
const MOST_HOPS = 5;
const LONGEST_ADDRESS = 4000;
const STEP = "short_link";
/** Host of the platform's captcha (facts/videos.md section 5.1), to which a plain client may be sent. It is not asked. */
const CAPTCHA_HOST = "verify.zijieapi.com";

/**
 * Finds what a pasted text means, without asking what that is: only short links are followed. Wherever one leads is judged as a pasted address is.
 * @throws DyliveError the door's, when the text or the end of its link is something else; unreachable; what `open` throws
 */
export async function followPaste<T>(text: string, door: Door<T>, following: Following, signal: AbortSignal): Promise<T | Unsettled> {
  const pasted = readPaste(text, door);
  if (!isShortLink(pasted)) return pasted;
  const plain = await redirected(pasted, door, following, signal);
  const { open, platform } = following;
  const end = "outcome" in plain && plain.pageMayTell && open !== undefined ? await opened(pasted, open, platform.upstream, signal) : plain;
  if ("outcome" in end) return { outcome: end.outcome, reason: end.reason };
  const taken = door.take(end);
  if (taken === null) throw new DyliveError(door.code, msg`the short link leads to ${elsewhere(end, door.wants)}`);
  return taken;
}

function isShortLink(pasted: unknown): pasted is ShortLink {
  return typeof pasted === "object" && pasted !== null && "kind" in pasted && pasted.kind === "short_link";
}

/**
 * Follows a short link, redirect by redirect, until an address means something. Each next address is checked before it is asked: hosts that are
 * not the platform's, among them this machine and its network, are never contacted. No cookies are sent.
 */
async function redirected(link: ShortLink, door: Door<unknown>, { platform, userAgent }: Following, signal: AbortSignal): Promise<End> {
  let at: { readonly host: string; readonly path: string } = link;
  const asked = new Set<string>();
  for (let hop = 0; hop < MOST_HOPS; hop++) {
    const { host, path } = at;
    const address = `${host}${path}`;
    asked.add(address);
    const reply = await inStep(STEP, () => platform.get(host, path, { "user-agent": userAgent, accept: "text/html" }, signal));
    const location = locationOf(reply);
    if (location === null) return withoutRedirect(reply, address, hop === 0, door);
    const next = addressIn(location, address, platform.upstream);
    const meaning = next === null ? null : meaningOf(next);
    if (next === null || meaning === null) return foreign(next, location);
    if (meaning.kind !== "short_link" && meaning.kind !== "unnamed") return meaning;
    // The start page names nothing, and the platform meets strangers there with a captcha.
    if (next.pathname === "/") return unknown(msg`the short link leads to the start page of ${next.hostname}, which names nothing`);
    at = { host: next.hostname, path: `${next.pathname}${next.search}` };
    const after = `${at.host}${at.path}`;
    if (after === address) return unknown(msg`the short link ends at ${bare(address)}, which names nothing`);
    if (asked.has(after)) return unknown(msg`the short link leads back to itself`);
  }
  return unknown(msg`the short link was redirected ${MOST_HOPS} times without naming anything`, false);
}

function locationOf({ status, headers }: Reply): string | null {
  const location = headers["location"];
  return status >= 300 && status < 400 && typeof location === "string" && location !== "" ? location : null;
}

/** Returns an address as one of the real platform's, or null when it is none. A stand-in redirects to itself, under its prefix. */
function addressIn(text: string, from: string, upstream: string | null): URL | null {
  const base = `https://${from}`;
  if (text.length > LONGEST_ADDRESS || !URL.canParse(text, base)) return null;
  const url = new URL(text, base);
  const under = upstream !== null && url.href.startsWith(`${upstream}/@`) ? url.href.slice(upstream.length + 2) : null;
  if (under === null) return url;
  return URL.canParse(`https://${under}`) && isPlatformHost(under.split(/[/?#]/, 1)[0] ?? "") ? new URL(`https://${under}`) : null;
}

function withoutRedirect({ status, body }: Reply, address: string, isFirst: boolean, door: Door<unknown>): End {
  // Only the short link's own host knows whether it exists.
  if (isFirst && (status === 404 || status === 410))
    return { outcome: "gone", reason: msg`there is no such short link (HTTP ${status})`, pageMayTell: false };
  if (status !== 200 || body.length === 0)
    return unknown(
      body.length === 0
        ? msg`${bare(address)} answered HTTP ${status} with nothing and leads nowhere`
        : msg`${bare(address)} answered HTTP ${status} and leads nowhere`,
    );
  // The page itself may name its room. Of several none is meant: a start page recommends many.
  const ids = new Set([...body.toString("utf8").matchAll(/"web_?rid\\*"\s*:\s*\\*"([\w.-]{1,128})\\*"/gi)].map((match) => match[1] ?? ""));
  const name = ids.size === 1 ? roomNameIn([...ids][0] ?? "") : null;
  const room: Meaning | null = name === null ? null : { kind: "room", name, broadcast: null };
  // Of an author who is live the page of a work names a room as well: only the live side may take it for what is meant.
  if (room !== null && door.take(room) !== null) return room;
  return unknown(msg`the short link ends at ${bare(address)}, which names nothing (it may be a captcha page)`);
}

/** Opens a short link in a browser page, where it may lead on by script, or past a captcha that a person solves. */
async function opened(link: ShortLink, open: OpenPage, upstream: string | null, signal: AbortSignal): Promise<End> {
  const settled = await inStep(STEP, () => open(`https://${link.host}${link.path}`, signal));
  const url = addressIn(settled, `${link.host}${link.path}`, upstream);
  const meaning = url === null ? null : meaningOf(url);
  if (url === null || meaning === null)
    return unknown(msg`the short link leads a browser page to ${hostIn(settled)}, which is not an address of the platform`);
  if (meaning.kind !== "short_link" && meaning.kind !== "unnamed") return meaning;
  return unknown(msg`the short link leads a browser page to ${url.hostname}${url.pathname.slice(0, 60)}, which names nothing`);
}

function foreign(next: URL | null, location: string): End {
  const spoilt = next === null ? null : spoiltBy(next);
  if (spoilt !== null) return unknown(msg`the short link was not followed: ${spoilt}`, false);
  const host = hostIn(location);
  if (host === CAPTCHA_HOST) return unknown(msg`the platform asks for a captcha before it says where the short link leads`);
  return unknown(msg`the short link leads to ${host}, which is not an address of the platform; it was not followed`, false);
}

function hostIn(address: string): Msg | string {
  if (!URL.canParse(address)) return msgOf("an address that cannot be read");
  const { host, protocol } = new URL(address);
  return (host || protocol).slice(0, 80);
}

/** Cuts off an address's query, which may name the person who shared the link. */
function bare(address: string): string {
  return address.split("?", 1)[0] ?? "";
}

function unknown(reason: MsgOrText, pageMayTell = true): End {
  return { outcome: "unknown", reason, pageMayTell };
}
