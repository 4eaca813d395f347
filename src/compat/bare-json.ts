/** What can be written: JSON's values, and integers of any size. Fields that are undefined are left out. */
export type Bare = null | boolean | number | string | bigint | readonly Bare[] | { readonly [key: string]: Bare | undefined };

/**
 * JSON text in which a bigint stands as the bare digits of its number, which `JSON.stringify` cannot write and Node 20's has no means for.
 * Everything is written once, in its place: no text from outside is ever searched, so none can be taken for an id.
 */
export function bareJson(value: Bare): string {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map(bareJson).join(",")}]`;
  const fields: string[] = [];
  for (const [key, part] of Object.entries(value)) if (part !== undefined) fields.push(`${JSON.stringify(key)}:${bareJson(part)}`);
  return `{${fields.join(",")}}`;
}

// Array.isArray does not narrow read-only arrays.
function isList(value: object): value is readonly Bare[] {
  return Array.isArray(value);
}
