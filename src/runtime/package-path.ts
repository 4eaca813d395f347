import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

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
