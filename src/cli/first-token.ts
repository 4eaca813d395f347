import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../app/config.js";
import { makeToken } from "../http/tokens.js";
import { writeWhole } from "../runtime/durable-file.js";
import { DyliveError } from "../runtime/errors.js";
import type { Tokens } from "../store/sql/tokens.js";

/** A token that was made because there was none. */
interface FirstToken {
  readonly token: string;
  /** The file that holds it, for its owner alone. */
  readonly file: string;
}

/** All first tokens have this id, so that of processes that start together on one store only one makes it. */
const ID = "first";

/**
 * Makes an admin token when the store never had one, and writes it to `admin-token` in the data folder.
 * @param now ms UTC
 * @returns null when there are tokens, be they revoked: who revoked them all meant it; when another process makes it; and in a process that
 *   only collects: the token is for readers, who would look for it at a server
 */
export async function firstToken(tokens: Tokens, { data, role }: Pick<Config, "data" | "role">, now: number): Promise<FirstToken | null> {
  if (role === "collect" || (await tokens.list()).length > 0) return null;
  const { token, row } = makeToken({ name: "first start", scope: "admin", now });
  const file = join(data, "admin-token");
  await writeWhole(file, `${token}\n`); // before the token counts, so that a crash between loses nothing
  try {
    await tokens.add({ ...row, id: ID });
  } catch (error) {
    if (!(error instanceof DyliveError && error.code === "in_use")) throw error;
    rmSync(file);
    return null;
  }
  return { token, file };
}
