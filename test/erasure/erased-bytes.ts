import { existsSync, readFileSync } from "node:fs";
import { type completeErasure, eraseUser } from "../../src/erasure/erase.js";
import type { User } from "../../src/events/event.js";
import type { Store } from "../../src/store/store.js";
import { plainWords } from "../statistics/plain-words.js";

/** Texts that nobody but the person has: those of few signs may stand anywhere by chance. */
export function uniqueMarks({ id, secUid, displayId }: User): readonly string[] {
  return [id, secUid, displayId].filter((text) => text !== null && text.length >= 9) as readonly string[];
}

/** Which of the texts stand in a database file, its write-ahead log, or its index of it. */
export function marksIn(file: string, marks: readonly string[]): readonly string[] {
  const bytes = [file, `${file}-wal`, `${file}-shm`].filter((path) => existsSync(path)).map((path) => readFileSync(path));
  return marks.filter((mark) => bytes.some((one) => one.includes(mark)));
}

/** Erases people one after another. @returns by what the erasures are ended */
export async function eraseAll(store: Store, people: readonly User[]): Promise<Parameters<typeof completeErasure>[1]> {
  let note = "";
  for (const { id } of people) ({ note } = await eraseUser(store, { user: id ?? "", keep: false }));
  return { note, vocabulary: plainWords };
}
