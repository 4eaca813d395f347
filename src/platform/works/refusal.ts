import { type MsgOrText, msg } from "../../runtime/msg.js";
import { at, MOST_PARTS, parseExact, TooManyParts } from "../wire/exact-json.js";
import { countOf, flagOf, textOf } from "./field.js";

/** A reply that the page asked for, as it came. */
export interface PageReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string | Uint8Array;
}

/** Outcome of a reply that does not hold what was awaited. */
export type NotFound =
  /** The platform refuses it. */
  | { readonly outcome: "refused"; readonly refusal: Refusal }
  /** The reply is about another work, person or mix, whose id this is: it neither helps nor hurts. */
  | { readonly outcome: "other"; readonly id: string }
  /** Nothing can be made of it. */
  | { readonly outcome: "unreadable"; readonly reason: MsgOrText };

/** Content that was awaited of a reply. */
interface Awaited {
  /** Returns whether the content is there; where it is, marks of a refusal beside it mean nothing. */
  readonly isThere: (root: unknown) => boolean;
  /** Returns whether the platform says that there is none; believed where nothing marks a refusal. */
  readonly isNone?: (root: unknown) => boolean;
  /** Longest body that is parsed: 18 works and 3 pinned ones (facts/videos.md) may have 250 KB each. 5 MiB */
  readonly mostBytes?: number;
}

/** Opens a reply: its JSON where that has the content that was awaited, or says that there is none; else why not. */
export function openReply(
  { status, headers, body }: PageReply,
  { isThere, isNone = () => false, mostBytes = 5 * 1024 * 1024 }: Awaited,
): NotFound | { readonly outcome: "opened"; readonly root: unknown } {
  if (body.length > mostBytes) return { outcome: "unreadable", reason: msg`the reply is longer than ${mostBytes} bytes` };
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  const root = objectIn(text);
  if (root === null)
    return { outcome: "unreadable", reason: msg`the reply has more than ${MOST_PARTS} lists and objects, or long numbers` };
  const fine = status === 200 && root !== undefined;
  if (fine && isThere(root)) return { outcome: "opened", root };
  const refusal = refusalOf({ status, headers, text, root });
  if (refusal !== null) return { outcome: "refused", refusal };
  if (fine && isNone(root)) return { outcome: "opened", root };
  return { outcome: "unreadable", reason: root === undefined ? "the reply is not a JSON object" : "the reply holds nothing that is known" };
}

/** Returns the object that a text is; undefined when it is none, null when there is more in it than is parsed. */
function objectIn(text: string): unknown {
  try {
    const root = parseExact(text);
    return typeof root === "object" && root !== null && !Array.isArray(root) ? root : undefined;
  } catch (error) {
    return error instanceof TooManyParts ? null : undefined;
  }
}

/**
 * Refusals by what is to be done about them: about the work `gone`, `private`, `is_note`, `unavailable`; about the visitor `needs_login`,
 * `limited` (no more is shown), `captcha` (a person must act), `blocked` (later again); about our side `not_ours`; `withheld` and `fault` say no more.
 */
export type RefusalKind =
  | "gone"
  | "private"
  | "is_note"
  | "unavailable"
  | "needs_login"
  | "limited"
  | "withheld"
  | "captcha"
  | "blocked"
  | "not_ours"
  | "fault";

/** Refusals that a login may lift. */
export const WALLS: ReadonlySet<RefusalKind> = new Set(["needs_login", "limited"]);

/** Refusal of the platform, with the reason in words for a person. */
export interface Refusal {
  readonly kind: RefusalKind;
  readonly reason: MsgOrText;
}

/** A reply, as far as it marks a refusal. */
interface RefusalEvidence {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body's JSON; undefined if it is none. */
  readonly root: unknown;
}

const CAPTCHA_HEADER = "x-vc-bdturing-parameters";
const CAPTCHA_CODES = new Set<unknown>([2154, 2156, 10_000, 10_001]);
/** Refusals of a work by `filter_reason`; any other reason makes it unavailable. */
const FILTERS = new Map<string, Refusal>([
  ["core_dep", { kind: "gone", reason: "the platform has no work of this id, or none any more" }],
  ["status_self_see", { kind: "private", reason: "only its author can see the work" }],
  ["images_base", { kind: "is_note", reason: "the work is a note of pictures, and was asked for as a video" }],
  ["story_25_filter", { kind: "unavailable", reason: "the work is a story, which the platform does not give to web pages" }],
]);

/**
 * Returns the refusal that a reply is; null if nothing marks it as one. Only for replies without the awaited content: the marks of a login stand
 * beside content, too. The marks are looked for in the order of facts/videos.md 5.1.
 */
export function refusalOf({ status, headers, text, root }: RefusalEvidence): Refusal | null {
  const start = text.slice(0, 20_000); // the marks of a refusal are at the beginning
  const code = codeOf(root);
  const message = oneLine(textOf(at(root, "status_msg")) ?? "");
  const words = root === undefined ? start : message;
  const hasCaptchaHeader = Object.keys(headers).some((name) => name.toLowerCase() === CAPTCHA_HEADER && headers[name] !== undefined);
  if (hasCaptchaHeader || at(root, "type") === "verify" || /请完成安全验证|验证后继续/.test(words))
    return { kind: "captcha", reason: "the platform asks for a captcha, which a person has to solve" };
  // By its title: the text of any other page may hold these words, since users write them.
  if (root === undefined && /<title\b[^>]*>\s*(?:验证码中间页|安全验证)\s*<\/title>/.test(start))
    return { kind: "captcha", reason: "the platform shows its captcha page, which a person has to solve" };
  if (CAPTCHA_CODES.has(code))
    return { kind: "captcha", reason: msg`the platform asks for a captcha (status_code ${String(code)}), which a person has to solve` };
  // The four texts of a request that the page's own code has not signed as it should; their case varies.
  if (status === 403 && /blocked by argussecurityplugin|uifid not found|signature not found|sign invalid|sign expired/i.test(start)) {
    const reason = msg`the platform takes the request for one that is not its page's own (${oneLine(start)}): the page's security code did not run, or this machine's clock is wrong`;
    return { kind: "not_ours", reason };
  }
  if (start.trim() === "blocked" || message === "blocked")
    return { kind: "blocked", reason: "the platform refuses this visitor for now (blocked)" };
  if (/访问(?:过于|太)频繁/.test(words)) return { kind: "blocked", reason: "the platform refuses this visitor for now: too many requests" };
  if (status === 200 && text === "") {
    const reason = "the platform answered with nothing, which is how it refuses an address; it lifts in about 20 minutes";
    return { kind: "blocked", reason };
  }
  const detail = at(root, "filter_detail");
  const filter = textOf(at(detail, "filter_reason"));
  if (filter !== null) {
    const why = textOf(at(detail, "detail_msg")) ?? textOf(at(detail, "notice"));
    const reason = msg`the platform does not show the work: ${why === null ? filter : `${why} (${filter})`}`;
    return FILTERS.get(filter) ?? { kind: "unavailable", reason };
  }
  const asksLogin = at(at(root, "not_login_module"), "guide_login_tip_exist") === true || textOf(at(root, "verify_ticket")) !== null;
  if (code === 8 || code === 2483 || asksLogin)
    return { kind: "needs_login", reason: "the platform shows this to people who are logged in" };
  if (code === 2053 || /页面不存在|用户不存在|账号已注销/.test(message))
    return { kind: "gone", reason: msg`the platform says that it does not exist${message === "" ? "" : ` (${message})`}` };
  if ((code === 0 && Object.keys(root as object).length === 1) || (code === 5 && !at(root, "aweme_list"))) {
    const reason = "the platform shows this visitor no more: a login is needed for the rest, and is not always enough";
    return { kind: "limited", reason };
  }
  if (status === 200 && code === 0 && isWithheld(root as object)) {
    const total = at(root, "total");
    const said = typeof total === "number" ? msg`says that there are ${total}` : msg`does not say that there are none`;
    const reason = msg`the platform gives an empty list and ${said}: comments are closed, or refused to this visitor`;
    return { kind: "withheld", reason };
  }
  if (status === 403 || status === 429) return { kind: "blocked", reason: msg`the platform refuses requests for now (HTTP ${status})` };
  if ([401, 405, 412, 444].includes(status)) return { kind: "blocked", reason: msg`the platform refuses this address (HTTP ${status})` };
  if (status < 200 || status > 299) return { kind: "fault", reason: msg`the platform answered HTTP ${status}` };
  if (code === undefined || code === 0) return null;
  const reason = msg`the platform answered status_code ${oneLine(String(code))}${message === "" ? "" : `: ${message}`}`;
  return { kind: "fault", reason };
}

/** Whether a list of comments has ended without any, and does not say that there are none. */
function isWithheld(root: object): boolean {
  const total = at(root, "total");
  return ("comments" in root || total !== undefined) && total !== 0 && flagOf(at(root, "has_more")) === false;
}

/** Returns the code of a reply, which may be a text; undefined if there is none. */
export function codeOf(root: unknown): unknown {
  const code = at(root, "status_code");
  return countOf(code) ?? code;
}

/** Makes a text of the platform short enough to stand in a sentence. */
function oneLine(text: string): string {
  return text.slice(0, 120).toWellFormed().replace(/\s+/g, " ").trim();
}
