import type { NewEventOf } from "../../events/event.js";
import { type Envelope, type Head, timed } from "./head.js";

// Larger payloads are kept in raw recordings only (design, section 4).
const MAX_BYTES = 4096;

/** Makes the event of a message that we cannot tell as an event of its own kind, kept as it came so that a later version can. */
export function unknownEvent(envelope: Envelope, head: Head): NewEventOf<"unknown"> {
  const { payload } = envelope;
  const { context } = head;
  const event: NewEventOf<"unknown"> = {
    id: head.id,
    room: context.room,
    webRid: context.webRid,
    sessionId: context.sessionId,
    method: head.method,
    type: "unknown",
    time: head.time,
    receivedAt: context.receivedAt,
    source: context.source,
    revision: 0,
    payload: payload.length > MAX_BYTES ? null : Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString("base64"),
    bytes: payload.length,
  };
  return timed(event, head);
}
