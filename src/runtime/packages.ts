import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Loads a CommonJS file of a package when it is first wanted, and again when that failed. Node's loaders remember forever that a module, or the
 * package.json beside it, could not be read, also where the process had only run out of file handles; a file that is required by its own path
 * is looked for again each time.
 * @param file the package and the path in it, such as `name/lib/index.js`
 * @throws Error what Node says when there is no such file, or it cannot be read
 */
export function loadPackage(file: string): unknown {
  const require = createRequire(import.meta.url);
  const folders = require.resolve.paths(file) ?? [];
  const path = folders.map((folder) => join(folder, file)).find((one) => existsSync(one));
  return require(path ?? file);
}

/** Folder of this package, which is some levels above: as many as the code has in `src`, in `dist` or in the few files of `dist/bin`. */
const ROOT = rootAbove(new URL("../", import.meta.url));

/** Returns the path of a file or folder of this package, by its path from the package's own folder. */
export function packagePath(path: string): string {
  return fileURLToPath(new URL(path, ROOT));
}

function rootAbove(folder: URL): URL {
  if (existsSync(new URL("package.json", folder))) return folder;
  const above = new URL("../", folder);
  if (above.href === folder.href) throw new Error("the package's own package.json is missing");
  return rootAbove(above);
}
