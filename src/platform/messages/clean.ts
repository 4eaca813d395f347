/** Longest chat or notice kept, in UTF-16 units. The platform allows about 100 in a chat; the rest is room for rich texts. */
export const LONG = 4000;
/** Longest name, title or URL part kept, in UTF-16 units. */
export const SHORT = 512;

/**
 * Makes a string fit for every store: without NUL (PostgreSQL's text refuses it) and bounded. It is well-formed already: the decoders of
 * the wire turn what is not UTF-8, surrogates included, into U+FFFD, and whoever reads JSON does it by itself; so the only scan is for NUL,
 * which the engine does with memchr.
 */
export function clean(value: string, limit: number): string {
  if (value.length > limit) return clean(cut(value, limit), limit);
  return value.includes("\0") ? value.replaceAll("\0", "") : value;
}

/** Cleans a text as {@link clean} does, where empty means unknown. */
export function textOrNull(value: string, limit: number): string | null {
  if (value === "") return null;
  const cleaned = clean(value, limit);
  return cleaned === "" ? null : cleaned;
}

/** Returns the address of a picture as https, or null: it ends up in pages, so no other scheme passes. */
export function httpsOrNull(value: string): string | null {
  if (value === "" || value.length > 2048) return null;
  if (value.startsWith("https://")) return clean(value, 2048);
  if (value.startsWith("http://")) return clean(`https://${value.slice(7)}`, 2049);
  return value.startsWith("//") ? clean(`https:${value}`, 2054) : null;
}

/** Returns a 64-bit id as the decoders give it, where "0" means absent. */
export function idOrNull(value: string): string | null {
  return value === "0" || value === "" ? null : value;
}

/** Returns a counter where 0 means absent, as it does in proto3. Negative and unsafe numbers are nonsense, so unknown too. */
export function countOrNull(value: number): number | null {
  return value > 0 && value <= Number.MAX_SAFE_INTEGER ? value : null;
}

function cut(value: string, limit: number): string {
  const last = value.charCodeAt(limit - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return value.slice(0, splitsPair ? limit - 1 : limit);
}
