import { createToken } from "../api/auth.js";
import { databaseIn } from "../app.js";
import type { Config } from "../config.js";
import { DyliveError } from "../errors.js";
import { openSqliteStore } from "../log/sqlite/store.js";
import type { Store } from "../log/store.js";
import { SCOPES, type Scope } from "../log/tokens.js";
import { plain, print, say } from "./terminal.js";

/** `dylive token create`: the token is the last line of stdout, and is shown this once. */
export function createTokenCommand(config: Config, name: string, scope: string): Promise<void> {
  if (!SCOPES.includes(scope as Scope))
    throw new DyliveError("bad_request", `--scope ${JSON.stringify(scope)} is none of ${SCOPES.join(", ")}`);
  return withStore(config, async ({ tokens }) => {
    const { token, row } = await createToken(tokens, { name, scope: scope as Scope, now: Date.now() });
    say(`token ${row.id} (${plain(row.name)}, ${row.scope}) is made; keep it, it is not shown again:`);
    await print(token);
  });
}

/** `dylive token list`. */
export function listTokensCommand(config: Config): Promise<void> {
  return withStore(config, async ({ tokens }) => {
    for (const { id, name, scope, createdAt, revokedAt } of await tokens.list())
      await print(
        [
          id,
          scope,
          new Date(createdAt).toISOString(),
          revokedAt === null ? "valid" : `revoked ${new Date(revokedAt).toISOString()}`,
          plain(name),
        ].join("  "),
      );
  });
}

/** `dylive token revoke ID`. */
export function revokeTokenCommand(config: Config, id: string): Promise<void> {
  return withStore(config, async ({ tokens }) => {
    if (!(await tokens.revoke(id, Date.now())))
      throw new DyliveError("not_found", `no valid token has the id ${JSON.stringify(id)}; see \`dylive token list\``);
    say(`token ${id} is revoked`);
  });
}

/** Opens the store beside a server that may be running, for one short piece of work. */
async function withStore(config: Config, work: (store: Store) => Promise<void>): Promise<void> {
  const store = await openSqliteStore({ path: databaseIn(config.data) });
  try {
    await work(store);
  } finally {
    await store.close();
  }
}
