import { randomBytes } from "node:crypto";
import { DyliveError } from "../../runtime/errors.js";
import type { OpenErasure, Residue, Wiped } from "../residue.js";
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

function statementsOf({ database }: SqliteConnection) {
  return {
    note: database.prepare<[string]>("INSERT OR REPLACE INTO meta(key, value) VALUES ('erasing', ?)"),
    change: database.prepare<[string, string]>("UPDATE meta SET value = ? WHERE key = 'erasing' AND value = ?"),
    forget: database.prepare<[string]>("DELETE FROM meta WHERE key = 'erasing' AND value = ?"),
    unmark: database.prepare("DELETE FROM meta WHERE key = 'wiped' AND NOT EXISTS (SELECT 1 FROM meta WHERE key = 'erasing')"),
    noted: database.prepare<[], string>("SELECT value FROM meta WHERE key = 'erasing'").pluck(),
  };
}

/** Remains of erased text in the pages of a SQLite file. */
export class SqliteResidue implements Residue {
  readonly #connection: SqliteConnection;
  readonly #sql: ReturnType<typeof statementsOf>;
  #file: number | null = null;
  #wiper: Wiper | null = null;
  #heldMs = 0;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#sql = statementsOf(connection);
    connection.onClose(() => this.#done());
  }

  begin(): Promise<string> {
    const note = randomBytes(9).toString("base64url");
    return this.#connection.write(() => {
      this.#sql.note.run(note);
      return note;
    });
  }

  settle(note: string): Promise<void> {
    return this.#connection.write(() => void this.#sql.change.run(settled(note), note));
  }

  end(note: string): Promise<void> {
    return this.#connection.write(() => {
      for (const value of [note, settled(note)]) this.#sql.forget.run(value);
      this.#sql.unmark.run();
    });
  }

  open(): Promise<(OpenErasure & { readonly note: string }) | null> {
    return this.#connection.read(() => {
      const value = this.#sql.noted.get();
      if (value === undefined) return null;
      const [note = "", word] = value.split(" ");
      return { note, settled: word === SETTLED };
    });
  }

  async wipe(after: number): Promise<Wiped | null> {
    const { clock } = this.#connection;
    // At least as long as the lock was held, so that half of the time is theirs.
    if (after > 0) await clock.sleep(Math.max(PAUSE_MS, this.#heldMs), new AbortController().signal);
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const done = await this.#connection.read(() => this.#step(after));
      if (done === null) this.#done();
      if (done !== false) return done;
      if (performance.now() > until)
        throw new DyliveError(
          "in_use",
          "somebody reads an old state of the store for a long time (a backup?), or it is written without a pause",
        );
      await clock.sleep(RETRY_MS, new AbortController().signal);
    }
  }

  #step(after: number): Wiped | null | false {
    const path = this.#connection.database.name;
    this.#file ??= openForever(path);
    if (after === 0) this.#done();
    this.#wiper ??= new Wiper(path, this.#file);
    const began = performance.now();
    const done = this.#wiper.step(after);
    this.#heldMs = performance.now() - began;
    return done;
  }

  #done(): void {
    this.#wiper?.close();
    this.#wiper = null;
  }
}

const SETTLED = "settled";

function settled(note: string): string {
  return `${note} ${SETTLED}`;
}
