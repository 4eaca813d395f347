import { elementsOf, parseExact } from "../wire/exact-json.js";

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
