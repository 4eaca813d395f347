import { gzipSync } from "node:zlib";
import { decodeFrame, framePayload } from "./frame.js";
import { Reader } from "./reader.js";
import type { RecordKind } from "./recording.js";

/** Rest of something received when messages were taken out of it. */
interface Redacted {
  /** The very bytes that were given where nothing was taken out; null when nothing of it can stay. */
  readonly bytes: Uint8Array | null;
  /** Messages that were taken out. */
  readonly messages: number;
}

/** Key of `Response.messages` (1) and of `PushFrame.payload` (8), both with a length. */
const MESSAGES = 10;
const PAYLOAD = 66;

/**
 * Takes messages out of a frame or a bare Response and leaves everything else as it came, byte for byte but for the compression. Where bytes
 * beside the messages are named too, nothing of it stays.
 * @param named whether bytes hold what is not to stay
 * @throws WireError when it cannot be read: then nobody can say what it holds
 */
export function withoutMessages(kind: RecordKind, bytes: Uint8Array, named: (bytes: Uint8Array) => boolean): Redacted {
  if (kind === "response") return fromResponse(bytes, named);
  const frame = decodeFrame(bytes);
  const payload = framePayload(frame);
  const rest = frame.payloadType === "msg" ? fromResponse(payload, named) : { bytes: named(payload) ? null : payload, messages: 0 };
  const gone = { bytes: null, messages: rest.messages };
  if (rest.bytes === null || named(partsOf(bytes, (tag) => tag !== PAYLOAD))) return gone;
  if (rest.bytes === payload) return { bytes, messages: 0 };
  const packed = payload === frame.payload ? rest.bytes : gzipSync(rest.bytes);
  return { bytes: Buffer.concat([partsOf(bytes, (tag) => tag !== PAYLOAD), lengthened(PAYLOAD, packed)]), messages: rest.messages };
}

function fromResponse(bytes: Uint8Array, named: (bytes: Uint8Array) => boolean): Redacted {
  if (!named(bytes)) return { bytes, messages: 0 };
  let messages = 0;
  const rest = partsOf(bytes, (tag, part) => {
    const gone = tag === MESSAGES && named(part);
    if (gone) messages++;
    return !gone;
  });
  return { bytes: named(rest) ? null : rest, messages };
}

/** Returns the fields of a message that are kept, key and all. */
function partsOf(bytes: Uint8Array, keep: (tag: number, part: Uint8Array) => boolean): Uint8Array {
  const reader = new Reader(bytes);
  const kept: Uint8Array[] = [];
  while (reader.pos < reader.length) {
    const start = reader.pos;
    const tag = reader.tag();
    reader.skip(tag);
    const part = bytes.subarray(start, reader.pos);
    if (keep(tag, part)) kept.push(part);
  }
  return Buffer.concat(kept);
}

function lengthened(tag: number, bytes: Uint8Array): Uint8Array {
  const head = [tag];
  let length = bytes.length;
  for (; length > 127; length >>>= 7) head.push((length & 127) | 128);
  return Buffer.concat([Buffer.from([...head, length]), bytes]);
}
