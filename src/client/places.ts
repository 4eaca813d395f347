/** Bytes that base64 turns into whole characters. */
const GROUP = 3;

/** Returns the cursor over rooms at these seqs, as the server writes it (`feed/cursor`), where there is no `Buffer`. */
export function cursorOver(log: string, seqs: ReadonlyMap<number, number>): string {
  const places = [...seqs];
  const last = places.pop();
  if (last === undefined) return "";
  const bytes = [..."v1/"].map((char) => char.charCodeAt(0));
  if (places.length > 0) {
    bytes[1] = "2".charCodeAt(0);
    pushVarint(bytes, places.length);
    for (const [room, seq] of places) {
      pushVarint(bytes, room);
      pushVarint(bytes, seq);
    }
    while (bytes.length % GROUP !== 0) bytes.push(0);
  }
  return base64url([...bytes, ...new TextEncoder().encode(`${last[0]}:${last[1]}/${log}`)]);
}

/** Reads a cursor over one room: the room, and the cursor with another seq in it. */
export function placeIn(cursor: string): { readonly room: number; readonly at: (seq: number) => string } {
  const text = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
  const at = (seq: number) => base64url([...text.replace(/^v1\/(\d+):\d+\//, `v1/$1:${seq}/`)].map((char) => char.charCodeAt(0)));
  return { room: Number(/^v1\/(\d+):/.exec(text)?.[1]), at };
}

function pushVarint(bytes: number[], value: number): void {
  let left = value;
  while (left > 0x7f) {
    bytes.push((left % 0x80) | 0x80);
    left = Math.floor(left / 0x80);
  }
  bytes.push(left);
}

function base64url(bytes: readonly number[]): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
