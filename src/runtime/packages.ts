import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DyliveError } from "./errors.js";
import { msg } from "./msg.js";

/**
 * Returns the path of a file or folder of another package: the build's own copy in `dist/packages`, where there is one, else as it is installed.
 * @param path the package and the path in it, such as `name/lib/index.js`
 * @throws DyliveError no_package for one that npm may leave out; Error what Node says when another is nowhere
 */
export function packageFile(path: string): string {
  const require = createRequire(import.meta.url);
  const installed = (require.resolve.paths(path) ?? []).map((folder) => join(folder, path));
  return (
    [packagePath(`dist/packages/${path.replace(/\.js$/, ".cjs")}`), ...installed].find((one) => existsSync(one)) ?? resolved(path, require)
  );
}

function resolved(path: string, require: NodeJS.Require): string {
  try {
    return require.resolve(path);
  } catch (error) {
    throw missingPackage(error) ?? error;
  }
}

/**
 * Returns the refusal for an error of Node's loaders: an optional dependency of dylive is not there. Null for every other error.
 * @param error that an `import()` of our own file gave, or of one that imports such a package
 */
export function missingPackage(error: unknown): DyliveError | null {
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { code: undefined, message: "" };
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return null;
  const { optionalDependencies } = JSON.parse(readFileSync(packagePath("package.json"), "utf8")) as {
    readonly optionalDependencies: Readonly<Record<string, string>>;
  };
  const [name, version] = Object.entries(optionalDependencies).find(([one]) => new RegExp(`'${one}['/]`).test(message)) ?? [];
  if (name === undefined) return null;
  return new DyliveError("no_package", msg`${name} is missing: npm install ${`${name}@${version}`}, with --global if dylive was`, error);
}

/**
 * Loads a CommonJS file of a package when it is first wanted, and again when that failed. Node's loaders remember forever that a module, or the
 * package.json beside it, could not be read, also where the process had only run out of file handles; a file that is required by its own path
 * is looked for again each time.
 * @param file the package and the path in it
 * @throws DyliveError no_package; Error what Node says when there is no such file, or it cannot be read
 */
export function loadPackage(file: string): unknown {
  return createRequire(import.meta.url)(packageFile(file));
}

/** Folder of this package, which is some levels above: as many as the code has in `src`, in `dist` or in the few files of `dist/bin`. */
const ROOT = rootAbove(new URL("../", import.meta.url));

/** Returns the path of a file or folder of this package, by its path from the package's own folder. */
export function packagePath(path: string): string {
  return fileURLToPath(new URL(path, ROOT));
}

/** Returns the version of this package, from its own file. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(packagePath("package.json"), "utf8")) as { version: string }).version;
}

function rootAbove(folder: URL): URL {
  if (existsSync(new URL("package.json", folder))) return folder;
  const above = new URL("../", folder);
  if (above.href === folder.href) throw new Error("the package's own package.json is missing");
  return rootAbove(above);
}
