import { type Cookie, cookiePairs } from "./cookies.js";
import type { Platform } from "./platform.js";
import { Visitor } from "./visitor.js";

/** Whom the platform takes a visitor for. */
export interface LoginReading {
  /** `unknown`: the page did not say (a captcha, an empty reply), which is never "guest". */
  readonly login: "logged_in" | "guest" | "unknown";
  /** As the platform names the account, or null. */
  readonly nickname: string | null;
}

const HEADER = "header-user-info";
/** The flag stands in the object that follows the name; far more than that object needs. */
const WITHIN = 4000;

/**
 * Reads from any page of live.douyin.com who is logged in (facts/protocol.md 1.5: an expired session is shown as a guest, silently).
 * The pages that are read anyway say it, so a check costs nothing more.
 */
export function readLogin(html: string): LoginReading {
  const at = html.lastIndexOf(HEADER);
  if (at === -1) return { login: "unknown", nickname: null };
  const part = html.slice(at, at + WITHIN).replaceAll('\\"', '"');
  const flag = /"isLogin"\s*:\s*(true|false)/.exec(part)?.[1];
  if (flag === undefined) return { login: "unknown", nickname: null };
  const nickname = flag === "true" ? /"nickname"\s*:\s*"((?:[^"\\]|\\.){1,100})"/.exec(part)?.[1] : undefined;
  return { login: flag === "true" ? "logged_in" : "guest", nickname: nickname ?? null };
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
  let reading: LoginReading = { login: "unknown", nickname: null };
  // The first visit may be answered with a challenge that only sets a cookie.
  for (let visit = 0; visit < 2 && reading.login === "unknown"; visit++) {
    const reply = await platform.get("live.douyin.com", "/", visitor.headers({ accept: "text/html" }), signal);
    visitor.learn(reply.headers["set-cookie"]);
    if (reply.status === 200) reading = readLogin(reply.body.toString("utf8"));
  }
  return reading;
}
