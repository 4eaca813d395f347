import { randomBytes } from "node:crypto";
import type { Shared } from "../cluster.js";
import type { Erasures, NotedErasure } from "../erasures.js";
import type { Secrets } from "../secrets.js";
import { row, rows, run, type SqlDatabase, type Work } from "./work.js";

/** Prefix of the names of all erasures in `meta`. */
const ERASED = "erased:";
/** Prefix of the names of texts that processes share. */
const SHARED = "shared:";

/** Returns what is kept in `meta` under a name. */
function* metaOf(key: string): Work<string | null> {
  return (yield* row<{ value: string }>("SELECT value FROM meta WHERE key = $1", key))?.value ?? null;
}

/** Keeps a text in `meta` under a name. */
function* setMeta(key: string, value: string): Work<void> {
  yield* run("INSERT INTO meta(key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value);
}

/** Returns the store's own keys, which are kept beside its id. */
export function sqlSecrets({ write }: SqlDatabase): Secrets {
  return {
    pseudonymKey: async () => {
      const made = randomBytes(32).toString("hex");
      return write(function* () {
        yield* run("INSERT INTO meta(key, value) VALUES ('pseudonym_key', $1) ON CONFLICT (key) DO NOTHING", made);
        return (yield* metaOf("pseudonym_key")) ?? made;
      });
    },
  };
}

/** Returns the erasures of the store, which are kept beside its id. */
export function sqlErasures({ ask, write }: SqlDatabase): Erasures {
  return {
    note: (erasure) => write(() => setMeta(ERASED + erasure.pseudonym, JSON.stringify(erasure))),
    list: () =>
      ask(function* () {
        const noted = yield* rows<{ value: string }>(`SELECT value FROM meta WHERE substr(key, 1, ${ERASED.length}) = '${ERASED}'`);
        return noted.map(({ value }) => JSON.parse(value) as NotedErasure);
      }),
  };
}

/** Returns the texts that the processes of a cluster share. */
export function sqlShared({ ask, write }: SqlDatabase): Shared {
  return {
    get: (name) => ask(() => metaOf(SHARED + name)),
    set: (name, text) => write(() => setMeta(SHARED + name, text)),
  };
}
