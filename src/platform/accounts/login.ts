import type { Platform } from "../access/platform.js";
import { type LoginReading, Visitor } from "../access/visitor.js";
import { type Cookie, cookiePairs } from "./cookies.js";

const HEADER = "header-user-info";
/** Characters after the name in which the flag is looked for: far more than the object that follows the name needs. */
const WITHIN = 4000;

/**
 * Reads from any page of live.douyin.com who is logged in (facts/protocol.md 1.5: an expired session is shown as a guest, silently).
 * The pages that are read anyway say it, so a check costs nothing more.
 */
export function readLogin(html: string): LoginReading {
  const at = html.lastIndexOf(HEADER);
  if (at === -1) return unknown("the page does not say who is logged in: a captcha, or a page of another kind");
  const part = html.slice(at, at + WITHIN).replaceAll('\\"', '"');
  const flag = /"isLogin"\s*:\s*(true|false)/.exec(part)?.[1];
  if (flag === undefined) return unknown("the page names people, and not whether one is logged in");
  const nickname = flag === "true" ? /"nickname"\s*:\s*"((?:[^"\\]|\\.){1,100})"/.exec(part)?.[1] : undefined;
  return { login: flag === "true" ? "logged_in" : "guest", nickname: nickname ?? null };
}

function unknown(reason: string): LoginReading {
  return { login: "unknown", nickname: null, reason };
}

/** Statuses by which servers refuse headers. */
const REFUSED: ReadonlySet<number> = new Set([400, 413, 414, 431, 494]);
/** Bytes of headers that one can rely on servers to take. */
const HEADERS_BYTES = 8_192;

function tooLarge(visitor: Visitor, status: number): string {
  const bytes = Buffer.byteLength(visitor.headers({})["cookie"] ?? "");
  if (!REFUSED.has(status) || bytes < HEADERS_BYTES) return "";
  return `: the cookies have ${bytes} bytes, which may be more than it takes; give those of douyin.com alone`;
}

/**
 * Asks the platform whether cookies are still those of somebody who is logged in.
 * @throws DyliveError unreachable
 */
export async function checkLogin(
  cookies: readonly Cookie[],
  { platform, userAgent }: { readonly platform: Platform; readonly userAgent: string },
  signal: AbortSignal,
): Promise<LoginReading> {
  const visitor = new Visitor(userAgent);
  visitor.adopt(cookiePairs(cookies, "live.douyin.com"));
  let reading = unknown("nobody was asked");
  // The first visit may be answered with a challenge that only sets a cookie.
  for (let visit = 0; visit < 2 && reading.login === "unknown"; visit++) {
    const reply = await platform.get("live.douyin.com", "/", visitor.headers({ accept: "text/html" }), signal);
    visitor.learn(reply.headers["set-cookie"]);
    const { status, body } = reply;
    if (status !== 200) reading = unknown(`live.douyin.com answered HTTP ${status}${tooLarge(visitor, status)}`);
    else reading = body.length === 0 ? unknown("live.douyin.com answered an empty page") : readLogin(body.toString("utf8"));
  }
  return reading;
}
