import { gunzipSync } from "node:zlib";
import { WireError } from "./error.js";

/** Most bytes that one frame may inflate to. Real ones reach some 100 KB; a bomb of a few KB reaches gigabytes. */
export const MAX_INFLATED_BYTES = 32 * 1024 * 1024;

/**
 * Inflates a gzip'd payload, synchronously: an asynchronous gunzip costs more and lets frames overtake each other.
 * @throws WireError `too_large` or `bad_gzip`
 */
export function inflate(bytes: Uint8Array, maxBytes: number = MAX_INFLATED_BYTES): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    const tooLarge = error instanceof RangeError && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    throw new WireError(tooLarge ? "too_large" : "bad_gzip");
  }
}

/** Returns whether bytes begin as every gzip stream does. */
export function looksGzipped(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}
