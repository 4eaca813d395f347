// Guards: The first start makes one admin token in a file for its owner alone.
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Config } from "../../src/app/config.js";
import { firstToken } from "../../src/cli/commands/serve.js";
import { authenticate, createToken } from "../../src/http/tokens.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { useFolders } from "../store/directory.js";

const folders = useFolders();
let data = "";
beforeEach(() => {
  data = folders();
});
const of = (folder: string, role: Config["role"] = "all") => ({ data: folder, role });

describe("the first token", () => {
  it("is an admin's, and is kept in a file for its owner alone, whatever was there", async () => {
    const { tokens } = openSqliteStore({ path: ":memory:" });
    writeFileSync(join(data, "admin-token"), "old", { mode: 0o644 });
    const made = await firstToken(tokens, of(data), 5);
    expect(made?.file).toBe(join(data, "admin-token"));
    expect(readFileSync(made?.file ?? "", "utf8")).toBe(`${made?.token}\n`);
    expect(statSync(made?.file ?? "").mode & 0o777).toBe(0o600);
    expect(await authenticate(tokens, made?.token ?? "", "admin", 6)).toMatchObject({ scope: "admin", rooms: [] });
    expect(await firstToken(tokens, of(data), 7)).toBeNull();
  });

  it("is made by one of two processes that start together", async () => {
    const { tokens } = openSqliteStore({ path: ":memory:" });
    const other = folders();
    const made = await Promise.all([firstToken(tokens, of(data), 5), firstToken(tokens, of(other), 5)]);
    const [first, ...more] = made.filter((one) => one !== null);
    expect(more).toEqual([]);
    expect(await tokens.list()).toHaveLength(1);
    expect([data, other].filter((dir) => existsSync(join(dir, "admin-token")))).toEqual([dirname(first?.file ?? "")]);
  });

  it("is not made by a process that only collects, which may be the first to start and has no page to be used with", async () => {
    const { tokens } = openSqliteStore({ path: ":memory:" });
    expect(await firstToken(tokens, of(data, "collect"), 5)).toBeNull();
    expect([await tokens.list(), existsSync(join(data, "admin-token"))]).toEqual([[], false]);
    expect(await firstToken(tokens, of(data, "serve"), 6)).not.toBeNull();
  });

  it("is not made anew when all were revoked", async () => {
    const { tokens } = openSqliteStore({ path: ":memory:" });
    const { row } = await createToken(tokens, { name: "a", scope: "read", now: 0 });
    await tokens.revoke(row.id, 1);
    expect(await firstToken(tokens, of(data), 2)).toBeNull();
  });
});
