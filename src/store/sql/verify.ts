import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";

/** Row that does not say what it should. */
export interface WrongRow {
  /** Name of the row: of a work and a download its id, of a comment `work/id`, of a run its number, of a watch its author. */
  readonly row: string;
  /** Description of what is wrong, in words. */
  readonly what: string;
}

/** Result of looking at some rows of a table. */
export interface VerifiedRows<K> {
  /** Key of the last one, to go on from. */
  readonly after: K;
  readonly count: number;
  readonly wrong: readonly WrongRow[];
}

/** Row with the JSON that it keeps. */
interface BodyRow {
  readonly body: string;
}

/**
 * Looks at rows that keep JSON beside columns made of it.
 * @param schema of the JSON
 * @param key makes a row's key, and its name in what is found
 * @param columns columns as they must be by the JSON, which fits the schema
 * @returns null when there is no row
 */
export function verifyRows<R extends BodyRow, T, K>(
  rows: readonly R[],
  schema: TSchema,
  key: (row: R) => readonly [key: K, name: string],
  columns: (read: T) => Partial<R>,
): VerifiedRows<K> | null {
  const last = rows.at(-1);
  if (last === undefined) return null;
  const validator = Compile(schema);
  const wrong = rows.flatMap((row): WrongRow[] => {
    const what = mistakeIn(row);
    return what === null ? [] : [{ row: key(row)[1], what }];
  });
  return { after: key(last)[0], count: rows.length, wrong };

  function mistakeIn(row: R): string | null {
    let read: unknown;
    try {
      read = JSON.parse(row.body);
    } catch {
      return "what is kept of it is no JSON";
    }
    if (!validator.Check(read)) return `what is kept of it does not fit its form at ${validator.Errors(read)[0]?.instancePath || "/"}`;
    const should = columns(read as T);
    for (const [name, value] of Object.entries(should))
      if (row[name as keyof R] !== value) return `its column ${name} says another thing than what is kept of it`;
    return null;
  }
}
