import { createHash } from "node:crypto";

const INT64_MAX = (1n << 63n) - 1n;

/** An id for those who read it into a signed 64-bit integer: 0n when it is unknown or does not fit, since one bad number costs them the message. */
export function idNumber(id: string | null): bigint {
  if (id === null || !/^\d{1,19}$/.test(id)) return 0n;
  const value = BigInt(id);
  return value > INT64_MAX ? 0n : value;
}

/** The same for an event's id; where that is a text, 63 bits of its digest: the same always, so that it still tells a repeat. */
export function messageNumber(id: string): bigint {
  const number = idNumber(id);
  return number > 0n ? number : createHash("sha256").update(id).digest().readBigUInt64BE() & INT64_MAX;
}

/** The platform's group of a combo, as the combo's name has it; "0" for a gift without. */
export function groupOf(comboId: string): string {
  return /^[^.]*\.[^.]*\.[^.]*\.g(\d+)\./.exec(comboId)?.[1] ?? "0";
}
