import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * Loads a CommonJS file of a package when it is first wanted, and again when that failed. Node's loaders remember for ever that a module, or the
 * package.json beside it, could not be read, also where the process had only run out of file handles; a file that is required by its own path
 * is looked for anew each time.
 * @param file the package and the path in it, such as `name/lib/index.js`
 * @throws Error what Node says when there is no such file, or it cannot be read
 */
export function loadPackage(file: string): unknown {
  const require = createRequire(import.meta.url);
  const folders = require.resolve.paths(file) ?? [];
  const path = folders.map((folder) => join(folder, file)).find((one) => existsSync(one));
  return require(path ?? file);
}
