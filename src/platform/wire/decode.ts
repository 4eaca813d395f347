import type { Drift } from "./drift.js";
import { WireError, type WireErrorCode } from "./error.js";
import { type Common, decodeCommon } from "./gen/index.js";
import { type Decoded, isKnownMethod, METHODS } from "./methods.js";
import { type Lazy, Reader } from "./reader.js";

/** Why a payload could not be read; `internal` is a fault of ours. */
export type FailureCode = WireErrorCode | "internal";

/** A payload that could not be read. */
export interface Failed {
  kind: "failed";
  failed: FailureCode;
}

/**
 * Reads the payload of a business message. Never throws: what cannot be read is counted and reported.
 * Null when we have no decoder for the method; one that the platform is not known to have is counted as drift.
 */
export function decodePayload(method: string, payload: Uint8Array, drift: Drift): Decoded | Failed | null {
  const known = METHODS.get(method);
  if (known === undefined) {
    if (!isKnownMethod(method)) drift.unknownMethod(method);
    return null;
  }
  try {
    // The table pairs each name with the decoder of that name, which is what makes the pair a Decoded.
    return { kind: known.name, message: known.decode(new Reader(payload, drift), payload.length) } as Decoded;
  } catch (error) {
    return { kind: "failed", failed: count(error, drift) };
  }
}

/**
 * Decodes a [lazy] field with the decoder of its message, for instance `decodeLazy(common.displayText, decodeText, drift)`.
 * Null when absent or malformed; the latter is counted.
 */
export function decodeLazy<T>(lazy: Lazy | null, decoder: (r: Reader, end: number) => T, drift: Drift): T | null {
  if (lazy === null) return null;
  try {
    const reader = new Reader(lazy.bytes, drift);
    reader.pos = lazy.start;
    return decoder(reader, lazy.end);
  } catch (error) {
    count(error, drift);
    return null;
  }
}

/** Decodes a message that lies in a `bytes` field. Null when it is malformed, which is counted. */
export function decodeBytes<T>(bytes: Uint8Array, decoder: (r: Reader, end: number) => T, drift: Drift): T | null {
  return decodeLazy({ bytes, start: 0, end: bytes.length }, decoder, drift);
}

/**
 * Reads the envelope of a payload that we have no decoder for: nearly every business message has it as field 1, beginning with the
 * method. Null when what is there names another method or none, which is no envelope (im.PreviewCjRpMessage), or when the bytes are
 * malformed; nothing is counted, since the method's schema is not known to us.
 */
export function peekCommon(method: string, payload: Uint8Array): Common | null {
  try {
    const reader = new Reader(payload);
    while (reader.pos < payload.length) {
      const tag = reader.tag();
      if (tag !== 10) {
        reader.unknown("", tag);
        continue;
      }
      const end = reader.sub();
      const start = reader.pos;
      if (reader.tag() !== 10 || reader.string() !== method) return null;
      reader.pos = start;
      return decodeCommon(reader, end);
    }
  } catch {
    // Another schema than we assumed.
  }
  return null;
}

function count(error: unknown, drift: Drift): FailureCode {
  const code = error instanceof WireError ? error.code : "internal";
  drift.failed(code);
  return code;
}
