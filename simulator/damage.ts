/** Damage to a frame on its way: flipped bytes inside the compressed part, or an end that is missing. */
export type Damage = "gzip" | "truncated";

/** Returns the same bytes with some in the middle flipped, so that neither their structure nor their checksum is right. */
export function corrupted(payload: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(payload);
  const middle = copy.length >> 1;
  for (let i = middle; i < Math.min(middle + FLIPPED, copy.length); i++) copy[i] = (copy[i] ?? 0) ^ 0xff;
  return copy;
}

/** Returns the first part of a frame, as if the rest had been lost. */
export function truncated(frame: Uint8Array): Uint8Array {
  return frame.subarray(0, Math.floor(frame.length * 0.6));
}

const FLIPPED = 8;
