import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../runtime/clock.js";
import { elementsOf, parseExact } from "../wire/exact-json.js";

/** Where the Open Platform is asked for its tasks, and where it gives out access tokens. */
export const OPEN_PLATFORM = { api: "https://webcast.bytedance.com", tokens: "https://developer.toutiao.com/api/apps/v2/token" } as const;

/** The four headers of a push that are signed, as they came: the signature is over their texts. */
interface PushHead {
  /** `live_comment`, `live_gift`, `live_like`, `live_fansclub`, or a type that is not known yet. */
  readonly msgType: string;
  readonly nonce: string;
  readonly roomId: string;
  /** ms UTC */
  readonly timestamp: string;
}

/** Headers as Node gives them: lower-case names. */
type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

// Room ids have 19 digits, types some 20 letters; both become names in the store, so nothing else passes.
const FORMS = {
  "x-msg-type": /^[a-z][a-z0-9_]{0,63}$/,
  "x-nonce-str": /^[\x21-\x7e]{1,128}$/,
  "x-roomid": /^\d{1,20}$/,
  "x-timestamp": /^\d{10,16}$/,
  "x-signature": /^[A-Za-z0-9+/=]{24}$/,
} as const;

/** Reads the head of a push and its signature; null when a header is missing, given twice or not of its form. */
export function readHead(headers: Headers): { readonly head: PushHead; readonly signature: string } | null {
  const read = (name: keyof typeof FORMS): string | null => {
    const value = headers[name];
    return typeof value === "string" && FORMS[name].test(value) ? value : null;
  };
  const msgType = read("x-msg-type");
  const nonce = read("x-nonce-str");
  const roomId = read("x-roomid");
  const timestamp = read("x-timestamp");
  const signature = read("x-signature");
  if (msgType === null || nonce === null || roomId === null || timestamp === null || signature === null) return null;
  return { head: { msgType, nonce, roomId, timestamp }, signature };
}

const SIGNATURE_BYTES = 16;

/**
 * Computes the signature of a push (facts/official-push.md A3): the four headers by name, then the body exactly as received, then the
 * secret, MD5 in base64. MD5 is the platform's choice; what it lacks is made up for by HTTPS, the secret address and the window
 * of time.
 */
export function signPush(head: PushHead, body: Uint8Array, secret: string): string {
  return digest(head, body, secret).toString("base64");
}

/** Returns whether any of these secrets made the signature. Takes as long whichever it is, or none. */
export function isSigned(head: PushHead, body: Uint8Array, signature: string, secrets: readonly string[]): boolean {
  const given = Buffer.from(signature, "base64");
  // Base64 is read leniently: a longer text may hold the same bytes.
  if (given.length !== SIGNATURE_BYTES || given.toString("base64") !== signature) return false;
  let signed = false;
  for (const secret of secrets) signed = timingSafeEqual(digest(head, body, secret), given) || signed;
  return signed;
}

function digest({ msgType, nonce, roomId, timestamp }: PushHead, body: Uint8Array, secret: string): Buffer {
  const headers = `x-msg-type=${msgType}&x-nonce-str=${nonce}&x-roomid=${roomId}&x-timestamp=${timestamp}`;
  return createHash("md5").update(headers).update(body).update(secret).digest();
}

/** Data secrets (数据密钥) by message type; several of a type are valid at once while one replaces another. `*` stands for types not named. */
export type DataSecrets = Readonly<Record<string, readonly string[]>>;

/** A push whose head passed; its body is still to be checked. */
interface Promising {
  readonly head: PushHead;
  /** Returns whether the body and the head were signed with one of the type's secrets. */
  accepts(body: Uint8Array): boolean;
}

/** Tells the platform's pushes from everybody else's. */
export class PushKeys {
  readonly #secrets: ReadonlyMap<string, readonly string[]>;
  readonly #windowMs: number;
  readonly #clock: Clock;

  /** @param windowMs how far the time in a push may be from ours, in both directions: older ones may be replays */
  constructor(secrets: DataSecrets, windowMs: number, clock: Clock) {
    this.#secrets = new Map(Object.entries(secrets));
    this.#windowMs = windowMs;
    this.#clock = clock;
  }

  /** Judges a push by its headers alone, before its body is read; null when it cannot be the platform's. */
  judge(headers: Headers): Promising | null {
    const read = readHead(headers);
    if (read === null) return null;
    const { head, signature } = read;
    const secrets = this.#secrets.get(head.msgType) ?? this.#secrets.get("*");
    if (secrets === undefined || Math.abs(this.#clock.now() - Number(head.timestamp)) > this.#windowMs) return null;
    return { head, accepts: (body) => isSigned(head, body, signature, secrets) };
  }
}

/** One item of a push, in the form in which the pipeline takes messages: the type is the method, the item's own bytes are the payload. */
interface OfficialMessage {
  readonly method: string;
  /** "0" when the item has none that can be an event's id */
  readonly msgId: string;
  readonly payload: Uint8Array;
}

/** Most items of a push that is taken apart, more than any body of the platform's would hold; a larger one is kept whole. */
const MAX_ITEMS = 10_000;
/** Form of an id: without a colon, which ids of our own events have. */
const ID = /^[\w+/=.-]{1,128}$/;

/**
 * Takes a body apart: a JSON array of items (facts/official-push.md A3), also one item by itself. Whatever else the platform signs is one message
 * as it is, so that nothing is lost. Never throws.
 */
export function readPayload(body: Uint8Array, msgType: string): readonly OfficialMessage[] {
  const parsed = parse(body);
  if (!Array.isArray(parsed)) return [{ method: msgType, msgId: idOf(parsed), payload: body }];
  if (parsed.length === 0) return [];
  if (parsed.length > MAX_ITEMS) return [{ method: msgType, msgId: "0", payload: body }];
  return elementsOf(body).map((payload, i) => ({ method: msgType, msgId: idOf(parsed[i]), payload }));
}

function parse(body: Uint8Array): unknown {
  try {
    return parseExact(Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8"));
  } catch {
    return null;
  }
}

function idOf(item: unknown): string {
  const id = typeof item === "object" && item !== null && "msg_id" in item ? item.msg_id : undefined;
  const text = typeof id === "number" && Number.isSafeInteger(id) ? String(id) : id;
  return typeof text === "string" && ID.test(text) ? text : "0";
}
