const MAX_INTEGER = "9223372036854775807";

/**
 * Returns an event id as it is stored: ids of chats as integers, which takes 8 bytes in the index instead of 19; any other as text. Two
 * different ids are never stored alike.
 */
export function storedId(id: string): bigint | string {
  if (!/^[1-9][0-9]{0,18}$/.test(id)) return id;
  if (id.length === MAX_INTEGER.length && id > MAX_INTEGER) return id;
  return BigInt(id);
}
