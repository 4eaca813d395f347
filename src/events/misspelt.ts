import { type Msg, msg, msgOf } from "../runtime/msg.js";

/** Kind of thing that has a name. */
type Thing = "type" | "variable" | "scope" | "field" | "tool" | "option";

/**
 * Returns the name that was probably meant: the nearest, where at most two letters have to be put in, left out, changed or swapped, and no
 * more than half of them; null where none is so near.
 */
export function meantName(given: string, known: readonly string[]): string | null {
  const text = given.trim().toLowerCase();
  let nearest: string | null = null;
  let distance = Math.min(2, Math.floor(text.length / 2)) + 1;
  for (const name of known) {
    if (Math.abs(name.length - text.length) >= distance) continue;
    const edits = editsBetween(text, name.toLowerCase());
    if (edits < distance) [nearest, distance] = [name, edits];
  }
  return nearest;
}

/** Says that there is no such thing, which was probably meant, and which there are. @param thing in one word */
export function noSuch(thing: Thing, given: string, known: readonly string[]): Msg {
  const meant = meantName(given, known);
  const shown = JSON.stringify(given.slice(0, SHOWN_CHARS));
  const all = known.join(", ");
  return meant === null
    ? msg`there is no ${msgOf(thing)} ${shown}; there are ${all}`
    : msg`there is no ${msgOf(thing)} ${shown} (did you mean ${meant}?); there are ${all}`;
}

/** Length up to which a name is repeated, in characters. */
const SHOWN_CHARS = 40;

/** Counts the letters to put in, leave out or change, and the neighbours to swap, that make one text of another (optimal string alignment). */
function editsBetween(from: string, to: string): number {
  let before: readonly number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const changed = Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (from[i] === to[j] ? 0 : 1));
      const isSwapped = i > 0 && j > 0 && from[i] === to[j - 1] && from[i - 1] === to[j];
      next.push(isSwapped ? Math.min(changed, (before[j - 1] ?? 0) + 1) : changed);
    }
    [before, row] = [row, next];
  }
  return row[to.length] ?? 0;
}
