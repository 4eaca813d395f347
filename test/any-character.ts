import fc from "fast-check";

/** Any character but half of a surrogate pair, as fast-check's unit "binary" is, which takes seconds of each process to be made. */
export const ANY_CHARACTER = fc.integer({ min: 0, max: 0x10_f7ff }).map((n) => String.fromCodePoint(n < 0xd800 ? n : n + 0x800));
