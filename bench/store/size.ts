import Database from "better-sqlite3";
import type { Kept, Msg } from "./after.js";

/** Bytes of what each side keeps, free pages not counted. */
export function sizes({ ours, plain, messages }: Kept): Msg {
  const kept = bytesOf(ours);
  const events = count(ours);
  const sum = (pattern: RegExp) => [...kept].reduce((bytes, [name, size]) => bytes + (pattern.test(name) ? size : 0), 0) / events;
  const all = [...bytesOf(plain).values()].reduce((bytes, size) => bytes + size, 0);
  return {
    lines: [
      `kept: ${events} events of ${messages} messages in dylive, ${count(plain)} in the plain table`,
      `bytes an event: dylive ${sum(/^events/).toFixed(0)} (indexes ${sum(/^events_/).toFixed(0)} of it) and ${sum(/^search/).toFixed(1)} of search index; ` +
        `plain table ${(all / count(plain)).toFixed(0)}`,
    ],
  };
}

function bytesOf(path: string): ReadonlyMap<string, number> {
  const database = new Database(path, { readonly: true });
  try {
    const rows = database.prepare<[], [string, number]>("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").raw().all();
    return new Map(rows);
  } finally {
    database.close();
  }
}

function count(path: string): number {
  const database = new Database(path, { readonly: true });
  try {
    return database.prepare<[], number>("SELECT count(*) FROM events").pluck().get() ?? 0;
  } finally {
    database.close();
  }
}
