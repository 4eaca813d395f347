/** Value of a protobuf message: a bigint is a 64-bit integer; null is a message that is absent. */
export type Proto = null | boolean | number | string | bigint | readonly Proto[] | { readonly [key: string]: Proto };

/** Writes a message as protobuf's JSON mapping has it: 64-bit integers are strings, and what is zero, empty or absent is left out. */
export function protoJson(message: { readonly [key: string]: Proto }): string {
  return JSON.stringify(shown(message));
}

function shown(value: Proto): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(shown);
  return Object.fromEntries(Object.entries(value).flatMap(([key, part]) => (isEmpty(part) ? [] : [[key, shown(part)]])));
}

function isEmpty(value: Proto): boolean {
  return value === null || value === 0 || value === 0n || value === "" || value === false || (Array.isArray(value) && value.length === 0);
}
