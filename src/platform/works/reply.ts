import { parseExact } from "../wire/exact-json.js";
import { type Refusal, refusalOf } from "./refusal.js";

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
  | { readonly outcome: "unreadable"; readonly reason: string };

/** Longest body that is read: a list of 20 works has some MB. */
const MOST_BYTES = 8 * 1024 * 1024;

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
  if (body.length > mostBytes) return { outcome: "unreadable", reason: `the reply is longer than ${mostBytes} bytes` };
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  const root = objectIn(text);
  const fine = status === 200 && root !== undefined;
  if (fine && isThere(root)) return { outcome: "opened", root };
  const refusal = refusalOf({ status, headers, text, root });
  if (refusal !== null) return { outcome: "refused", refusal };
  if (fine && isNone(root)) return { outcome: "opened", root };
  return { outcome: "unreadable", reason: root === undefined ? "the reply is not a JSON object" : "the reply holds nothing that is known" };
}

function objectIn(text: string): unknown {
  try {
    const root = parseExact(text);
    return typeof root === "object" && root !== null && !Array.isArray(root) ? root : undefined;
  } catch {
    return undefined;
  }
}
