import { randomUUID } from "node:crypto";

/** What a reader of JSON with 64-bit integers sees: those that a number could not hold are bigints. */
export type Big = null | boolean | number | string | bigint | Big[] | { [key: string]: Big };

/** Reads JSON as a language with 64-bit integers does: `JSON.parse` alone would round them. Throws where it is no JSON. */
export function readBig(text: string): Big {
  const mark = `${randomUUID()}:`;
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${mark}${token}"` : token,
  );
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === "string" && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  ) as Big;
}
