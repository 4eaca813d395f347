import type { Room } from "../api/model.js";

/** Whether a room is the one that an address names: by its id here, `room:ID`, any of its names, or `kind:value`. */
export function isRoom({ id, aliases }: Pick<Room, "id" | "aliases">, name: string): boolean {
  if (name === id || name === `room:${id}`) return true;
  return aliases.some(({ kind, value }) => name === value || name === `${kind}:${value}`);
}
