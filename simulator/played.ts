import { gunzipSync } from "node:zlib";
import { factOf } from "./fact.js";
import type { Outgoing } from "./outgoing.js";
import type { Schema } from "./schema.js";
import { isFields } from "./schema.js";

/** What could be read of a frame that is played as it was captured. */
export interface ReadFrame {
  readonly messages: readonly Outgoing[];
  /** The ack that the frame wants, or null. */
  readonly ack: { readonly logId: string; readonly internalExt: string } | null;
}

/** Reads a push frame for the book. A frame that cannot be read is played all the same, and counts as empty. */
export function readFrame(schema: Schema, bytes: Uint8Array, at: number): ReadFrame {
  try {
    const frame = schema.decode("PushFrame", bytes);
    const payload = frame["payload"];
    if (frame["payload_type"] !== "msg" || !(payload instanceof Uint8Array)) return NOTHING;
    const packed = payload[0] === 0x1f && payload[1] === 0x8b;
    const inflated = packed ? gunzipSync(payload, { maxOutputLength: INFLATED_LIMIT }) : payload;
    const response = schema.decode("Response", inflated);
    const logId = String(frame["log_id"] ?? "0");
    const ack = response["need_ack"] === true ? { logId, internalExt: String(response["internal_ext"] ?? "") } : null;
    return { messages: readMessages(schema, response["messages"], at), ack };
  } catch {
    return NOTHING;
  }
}

/** The messages of a bare Response; none when it is damaged. */
export function readResponse(schema: Schema, bytes: Uint8Array, at: number): Outgoing[] {
  try {
    return readMessages(schema, schema.decode("Response", bytes)["messages"], at);
  } catch {
    return [];
  }
}

/** A message from its payload's bytes. */
export function readMessage(schema: Schema, method: string, payload: Uint8Array, sendingId: string, at: number): Outgoing {
  const msgId = commonIdOf(schema, method, payload) ?? sendingId;
  const fact = (): ReturnType<typeof factOf> => {
    const type = schema.typeOf(method);
    if (type === null) return null;
    try {
      return factOf(method, msgId, schema.decode(type, payload));
    } catch {
      return null;
    }
  };
  return { at, method, msgId, sendingId, payload, fact };
}

/** `Common.msg_id`; null where the bytes have none. */
function commonIdOf(schema: Schema, method: string, payload: Uint8Array): string | null {
  try {
    const common = schema.decode(schema.typeOf(method) ?? ENVELOPE_ONLY, payload)["common"];
    const id = isFields(common) && common["method"] === method ? String(common["msg_id"] ?? "0") : "0";
    return id === "0" ? null : id;
  } catch {
    return null;
  }
}

function readMessages(schema: Schema, messages: unknown, at: number): Outgoing[] {
  if (!Array.isArray(messages)) return [];
  const out: Outgoing[] = [];
  for (const message of messages as readonly unknown[]) {
    if (!isFields(message)) continue;
    const payload = message["payload"];
    const bytes = payload instanceof Uint8Array ? payload : new Uint8Array();
    out.push(readMessage(schema, String(message["method"] ?? ""), bytes, String(message["msg_id"] ?? "0"), at));
  }
  return out;
}

/** A message that has nothing but its envelope, as far as one that no schema describes is to be read. */
const ENVELOPE_ONLY = "CommonToastMessage";

const NOTHING: ReadFrame = { messages: [], ack: null };

/** A played file may be anything; what it may inflate to is bounded. */
const INFLATED_LIMIT = 64 * 1024 * 1024;
