import { DyliveError } from "../../runtime/errors.js";

type Part = string | number;

/** Writes a cursor that names a row of a ranked list by what it is ranked by, so that pages stay apart while the list grows. */
export function encodePlace(kind: string, parts: readonly Part[]): string {
  return Buffer.from(JSON.stringify([kind, ...parts]), "utf8").toString("base64url");
}

/**
 * Reads the parts of an {@link encodePlace}; undefined without a cursor.
 * @param shape a value of each part's type
 * @throws DyliveError bad_request when the cursor is not one of this list
 */
export function decodePlace<S extends readonly Part[]>(
  kind: string,
  cursor: string | undefined,
  shape: S,
): { [K in keyof S]: S[K] extends number ? number : string } | undefined {
  if (cursor === undefined) return undefined;
  const [given, ...parts] = parsed(cursor);
  const fits =
    given === kind && parts.length === shape.length && parts.every((part, at) => typeof part === typeof shape[at] && isSound(part));
  if (!fits) throw new DyliveError("bad_request", `cursor is not one that this list of ${kind} gave`);
  return parts as unknown as { [K in keyof S]: S[K] extends number ? number : string };
}

function isSound(part: unknown): boolean {
  return typeof part === "string" || Number.isFinite(part);
}

function parsed(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
