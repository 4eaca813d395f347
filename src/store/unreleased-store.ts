import { DyliveError } from "../runtime/errors.js";

/** Makes the error that says that a store is of a development version from before the first release. @param name path or name of the store */
export function unreleasedStore(name: string): DyliveError {
  return new DyliveError(
    "bad_config",
    `${name} was written by a development version of dylive that was never released; only that version can read it and export what it holds. This one begins a new store: name another data folder or an empty database`,
  );
}
