import { randomBytes } from "node:crypto";
import { row, rows, run, type SqlDatabase, type SqlWork } from "./work.js";

/** Prefix of the names of all erasures in `meta`. */
const ERASED = "erased:";
/** Prefix of the names of settings that were changed while the server ran. */
const SETTING = "setting:";
/** Prefix of the names of texts that processes share. */
const SHARED = "shared:";

/** Returns what is kept in `meta` under a name. */
function* metaOf(key: string): SqlWork<string | null> {
  return (yield* row<{ value: string }>("SELECT value FROM meta WHERE key = $1", key))?.value ?? null;
}

/** Keeps a text in `meta` under a name. */
function* setMeta(key: string, value: string): SqlWork<void> {
  yield* run("INSERT INTO meta(key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value);
}

/** Returns the store's own keys, which are kept beside its id. */
export function sqlSecrets({ write }: SqlDatabase) {
  return {
    /**
     * Returns the key that pseudonyms are made with, in hexadecimal: it is made once, and never shown. Without it trying ids does not say whose a
     * pseudonym is by trying ids.
     */
    pseudonymKey: async (): Promise<string> => {
      const made = randomBytes(32).toString("hex");
      return write(function* () {
        yield* run("INSERT INTO meta(key, value) VALUES ('pseudonym_key', $1) ON CONFLICT (key) DO NOTHING", made);
        return (yield* metaOf("pseudonym_key")) ?? made;
      });
    },
  };
}

/** Note of an erasure, which does not say whose: that takes the person's id and the store's key. */
export interface NotedErasure {
  /** Time of the erasure, ms UTC. */
  readonly at: number;
  /** Stand-in for the person where something must stand; two erasures of one person have the same. */
  readonly pseudonym: string;
  /** Whether what the person did stays, under the pseudonym. */
  readonly keep: boolean;
  /** Digests, by the store's key, of what the person was known by. */
  readonly marks: readonly string[];
}

/** Returns the erasures of the store, which are kept beside its id. */
export function sqlErasures({ ask, write }: SqlDatabase) {
  return {
    /** Notes an erasure, in the place of an earlier one of the same person. */
    note: (erasure: NotedErasure): Promise<void> => write(() => setMeta(ERASED + erasure.pseudonym, JSON.stringify(erasure))),
    /** Returns all erasures, in no order. */
    list: (): Promise<readonly NotedErasure[]> =>
      ask(function* () {
        const noted = yield* rows<{ value: string }>(`SELECT value FROM meta WHERE substr(key, 1, ${ERASED.length}) = '${ERASED}'`);
        return noted.map(({ value }) => JSON.parse(value) as NotedErasure);
      }),
  };
}

/** Setting of the server that was changed while it ran. */
export interface ChangedSetting {
  /** Null: it was given back, to what it is by default. */
  readonly value: number | string | null;
  /** Name of the token by which it was changed, or of the command. */
  readonly by: string;
  /** ms UTC */
  readonly at: number;
}

/** Returns the settings that were changed while the server ran, which are kept beside the store's id. */
export function sqlSettings({ ask, write }: SqlDatabase) {
  return {
    /** Returns the last change of each that was changed, by their names. */
    changed: (): Promise<ReadonlyMap<string, ChangedSetting>> =>
      ask(function* () {
        const kept = yield* rows<{ key: string; value: string }>(
          `SELECT key, value FROM meta WHERE substr(key, 1, ${SETTING.length}) = '${SETTING}' ORDER BY key`,
        );
        return new Map(kept.map(({ key, value }) => [key.slice(SETTING.length), JSON.parse(value) as ChangedSetting]));
      }),
    /** Changes some, all or none. */
    change: (changes: ReadonlyMap<string, ChangedSetting>): Promise<void> =>
      write(function* () {
        for (const [name, setting] of changes) yield* setMeta(SETTING + name, JSON.stringify(setting));
      }),
  };
}

/** Returns the texts that the processes of a cluster share. */
export function sqlShared({ ask, write }: SqlDatabase) {
  return {
    get: (name: string): Promise<string | null> => ask(() => metaOf(SHARED + name)),
    set: (name: string, text: string): Promise<void> => write(() => setMeta(SHARED + name, text)),
  };
}
