import { randomBytes } from "node:crypto";
import { DyliveError } from "../../runtime/errors.js";
import type { Residue, Wiped } from "../residue.js";
import { row, run, type SqlDatabase } from "../sql/work.js";
import type { SqliteConnection } from "./connection.js";
import { openForever, Wiper } from "./wiper.js";

/** Longest time for which somebody's long read may keep the file from being overwritten, and the pause between tries, in ms. */
const PATIENCE_MS = 60_000;
const RETRY_MS = 50;
/**
 * Shortest pause between steps, in ms, in which others write: SQLite's locks have no queue, and a caller that waits for one looks again
 * after up to so long.
 */
const PAUSE_MS = 25;

const SETTLED = "settled";
const NOTED = "SELECT value FROM meta WHERE key = 'erasing'";

/** Returns the remains of erased text in the pages of a SQLite file. */
export function sqliteResidue(connection: SqliteConnection, { ask, write }: SqlDatabase): Residue {
  const { clock, database } = connection;
  let file: number | null = null;
  let wiper: Wiper | null = null;
  let heldMs = 0;
  const done = (): void => {
    wiper?.close();
    wiper = null;
  };
  const step = (after: number): Wiped | null | false => {
    file ??= openForever(database.name);
    if (after === 0) done();
    wiper ??= new Wiper(database.name, file);
    const began = performance.now();
    const wiped = wiper.step(after);
    heldMs = performance.now() - began;
    return wiped;
  };
  connection.onClose(done);
  return {
    begin: () => {
      const note = randomBytes(9).toString("base64url");
      return write(function* () {
        yield* run("INSERT OR REPLACE INTO meta(key, value) VALUES ('erasing', $1)", note);
        return note;
      });
    },
    settle: (note) =>
      write(function* () {
        yield* run("UPDATE meta SET value = $2 WHERE key = 'erasing' AND value = $1", note, `${note} ${SETTLED}`);
      }),
    end: (note) =>
      write(function* () {
        yield* run("DELETE FROM meta WHERE key = 'erasing' AND value IN ($1, $2)", note, `${note} ${SETTLED}`);
        yield* run(`DELETE FROM meta WHERE key = 'wiped' AND NOT EXISTS (${NOTED})`);
      }),
    open: () =>
      ask(function* () {
        const noted = yield* row<{ value: string }>(NOTED);
        if (noted === undefined) return null;
        const [note = "", word] = noted.value.split(" ");
        return { note, settled: word === SETTLED };
      }),
    wipe: async (after) => {
      // At least as long as the lock was held, so that half of the time is theirs.
      if (after > 0) await clock.sleep(Math.max(PAUSE_MS, heldMs), new AbortController().signal);
      const until = performance.now() + PATIENCE_MS;
      for (;;) {
        const wiped = await connection.read(() => step(after));
        if (wiped === null) done();
        if (wiped !== false) return wiped;
        if (performance.now() > until)
          throw new DyliveError(
            "in_use",
            "somebody reads an old state of the store for a long time (a backup?), or it is written without a pause",
          );
        await clock.sleep(RETRY_MS, new AbortController().signal);
      }
    },
  };
}
