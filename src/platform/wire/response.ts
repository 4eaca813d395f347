import { decodeResponse as decode, type Message, type Response } from "./gen/frame.js";
import { type FieldDrift, Reader } from "./reader.js";

/** A business message in its envelope; its payload is a part of the Response's bytes. */
export interface Envelope extends Omit<Message, "payload"> {
  payload: Uint8Array;
}

/** Content of a msg frame, or of the HTTP fetch. */
export interface Batch extends Omit<Response, "messages"> {
  messages: readonly Envelope[];
}

const NO_BYTES = new Uint8Array(0);

/**
 * Reads a Response and the envelopes in it; payloads stay bytes. The reader's cap on repeated elements bounds the messages.
 * @throws WireError when the bytes are malformed
 */
export function decodeResponse(bytes: Uint8Array, drift: FieldDrift | null = null): Batch {
  const response = decode(new Reader(bytes, drift), bytes.length);
  for (const message of response.messages) message.payload ??= NO_BYTES;
  return response as Batch;
}
