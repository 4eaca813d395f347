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

/** Longest body that is read: of 18 works and 3 that are pinned (facts/videos.md), each may have 250 KB. How large real ones are is not known. */
const MOST_BYTES = 5 * 1024 * 1024;

/** Content that was awaited of a reply. */
interface Awaited {
  /** Returns whether the content is there; where it is, marks of a refusal beside it mean nothing. */
  readonly isThere: (root: unknown) => boolean;
  /** Returns whether the platform says that there is none; believed where nothing marks a refusal. */
  readonly isNone?: (root: unknown) => boolean;
  /** Longest body that is read. */
  readonly mostBytes?: number;
}

/** Opens a reply: its JSON where that has the content that was awaited, or says that there is none; else why not. */
export function openReply(
  { status, headers, body }: PageReply,
  { isThere, isNone = () => false, mostBytes = MOST_BYTES }: Awaited,
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

/** Refusal of the platform, with the reason in words for a person. */
export interface Refusal {
  readonly kind: RefusalKind;
  readonly reason: MsgOrText;
}

/** A reply, as far as a refusal is told from it. */
interface RefusalEvidence {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body's JSON; undefined when it is none. */
  readonly root: unknown;
}

/** Evidence as the rows of the table look at it. */
interface SearchedReply extends RefusalEvidence {
  /** The body's beginning: what marks a refusal is short. */
  readonly start: string;
  readonly code: unknown;
  readonly message: string;
  readonly filter: string | null;
}

interface RefusalRow {
  readonly kind: RefusalKind;
  readonly seen: (seen: SearchedReply) => boolean;
  readonly reason: string | ((seen: SearchedReply) => MsgOrText);
}

const START = 20_000;
const CAPTCHA_HEADER = "x-vc-bdturing-parameters";
const EDGE = new Set([401, 405, 412, 444]);
const BUSY = new Set([403, 429]);
const CAPTCHA_CODES = new Set<unknown>([2154, 2156, 10_000, 10_001]);
const LOGIN_CODES = new Set<unknown>([8, 2483]);
const GONE = 2053;
const NO_MORE = 5;
/** The four texts of a request that the page's own code has not signed as it should; their case varies. */
const SIGNING = /blocked by argussecurityplugin|uifid not found|signature not found|sign invalid|sign expired/i;

/** Refusals in the order in which they are looked for (facts/videos.md 5.1). */
const ROWS: readonly RefusalRow[] = [
  {
    kind: "captcha",
    seen: ({ headers, root, start, message }) =>
      Object.keys(headers).some((name) => name.toLowerCase() === CAPTCHA_HEADER && headers[name] !== undefined) ||
      at(root, "type") === "verify" ||
      /请完成安全验证|验证后继续/.test(root === undefined ? start : message),
    reason: "the platform asks for a captcha, which a person has to solve",
  },
  {
    kind: "captcha",
    // By its title: the body of any other page may hold these words, as somebody wrote them.
    seen: ({ root, start }) => root === undefined && /<title\b[^>]*>\s*(?:验证码中间页|安全验证)\s*<\/title>/.test(start),
    reason: "the platform shows its captcha page, which a person has to solve",
  },
  {
    kind: "captcha",
    seen: ({ code }) => CAPTCHA_CODES.has(code),
    reason: ({ code }) => msg`the platform asks for a captcha (status_code ${String(code)}), which a person has to solve`,
  },
  {
    kind: "not_ours",
    seen: ({ status, start }) => status === 403 && SIGNING.test(start),
    reason: ({ start }) =>
      msg`the platform takes the request for one that is not its page's own (${oneLine(start)}): the page's security code did not run, or this machine's clock is wrong`,
  },
  {
    kind: "blocked",
    seen: ({ start, message }) => start.trim() === "blocked" || message === "blocked",
    reason: "the platform refuses this visitor for now (blocked)",
  },
  {
    kind: "blocked",
    seen: ({ start, message, root }) => /访问(?:过于|太)频繁/.test(root === undefined ? start : message),
    reason: "the platform refuses this visitor for now: too many requests",
  },
  {
    kind: "blocked",
    seen: ({ status, text }) => status === 200 && text === "",
    reason: "the platform answered with nothing, which is how it refuses an address; it lifts in about 20 minutes",
  },
  {
    kind: "gone",
    seen: ({ filter }) => filter === "core_dep",
    reason: "the platform has no work of this id, or none any more",
  },
  {
    kind: "private",
    seen: ({ filter }) => filter === "status_self_see",
    reason: "only its author can see the work",
  },
  {
    kind: "is_note",
    seen: ({ filter }) => filter === "images_base",
    reason: "the work is a note of pictures, and was asked for as a video",
  },
  {
    kind: "unavailable",
    seen: ({ filter }) => filter === "story_25_filter",
    reason: "the work is a story, which the platform does not give to web pages",
  },
  {
    kind: "unavailable",
    seen: ({ filter }) => filter !== null,
    reason: ({ root, filter }) => {
      const detail = at(root, "filter_detail");
      const words = textOf(at(detail, "detail_msg")) ?? textOf(at(detail, "notice"));
      return msg`the platform does not show the work: ${words === null ? (filter ?? "") : `${words} (${filter})`}`;
    },
  },
  {
    kind: "needs_login",
    seen: ({ code, root }) =>
      LOGIN_CODES.has(code) ||
      at(at(root, "not_login_module"), "guide_login_tip_exist") === true ||
      textOf(at(root, "verify_ticket")) !== null,
    reason: "the platform shows this to people who are logged in",
  },
  {
    kind: "gone",
    seen: ({ code, message }) => code === GONE || /页面不存在|用户不存在|账号已注销/.test(message),
    reason: ({ message }) => msg`the platform says that it does not exist${message === "" ? "" : ` (${message})`}`,
  },
  {
    kind: "limited",
    seen: ({ code, root }) => (code === 0 && Object.keys(root as object).length === 1) || (code === NO_MORE && !at(root, "aweme_list")),
    reason: "the platform shows this visitor no more: a login is needed for the rest, and is not always enough",
  },
  {
    kind: "withheld",
    seen: ({ status, code, root }) =>
      status === 200 &&
      code === 0 &&
      ("comments" in (root as object) || at(root, "total") !== undefined) &&
      at(root, "total") !== 0 &&
      flagOf(at(root, "has_more")) === false,
    reason: ({ root }) => {
      const total = at(root, "total");
      const words = typeof total === "number" ? msg`says that there are ${total}` : msg`does not say that there are none`;
      return msg`the platform gives an empty list and ${words}: comments are closed, or refused to this visitor`;
    },
  },
  {
    kind: "blocked",
    seen: ({ status }) => BUSY.has(status),
    reason: ({ status }) => msg`the platform refuses requests for now (HTTP ${status})`,
  },
  {
    kind: "blocked",
    seen: ({ status }) => EDGE.has(status),
    reason: ({ status }) => msg`the platform refuses this address (HTTP ${status})`,
  },
  {
    kind: "fault",
    seen: ({ status }) => status < 200 || status > 299,
    reason: ({ status }) => msg`the platform answered HTTP ${status}`,
  },
  {
    kind: "fault",
    seen: ({ code }) => code !== undefined && code !== 0,
    reason: ({ code, message }) => msg`the platform answered status_code ${oneLine(String(code))}${message === "" ? "" : `: ${message}`}`,
  },
];

/**
 * Returns the refusal that a reply is; null when nothing marks it as one. To be asked only where what was awaited is not in the reply: the
 * marks of a login stand beside content, too.
 */
export function refusalOf(evidence: RefusalEvidence): Refusal | null {
  const { root, text } = evidence;
  const seen: SearchedReply = {
    ...evidence,
    start: text.slice(0, START),
    code: codeOf(root),
    message: oneLine(textOf(at(root, "status_msg")) ?? ""),
    filter: textOf(at(at(root, "filter_detail"), "filter_reason")),
  };
  const row = ROWS.find((one) => one.seen(seen));
  if (row === undefined) return null;
  return { kind: row.kind, reason: typeof row.reason === "string" ? row.reason : row.reason(seen) };
}

/** Returns the code of a reply, which may have come as text; undefined when there is none. */
export function codeOf(root: unknown): unknown {
  const code = at(root, "status_code");
  return countOf(code) ?? code;
}

/** Makes a text of the platform short enough to stand in a sentence. */
function oneLine(text: string): string {
  return text.slice(0, 120).toWellFormed().replace(/\s+/g, " ").trim();
}
