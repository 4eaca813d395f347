/**
 * Returns when a work or a comment was made, estimated from its id: the bits from the 32nd up are the second (facts/videos.md section 0).
 * @param id a decimal number of at most 32 digits
 * @returns ms UTC, seen to be right within half a minute; null when the text is no such number
 */
export function timeOfId(id: string): number | null {
  return /^\d{1,32}$/.test(id) ? Number(BigInt(id) >> 32n) * 1000 : null;
}
