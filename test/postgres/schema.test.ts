// Guards: opening a PostgreSQL store makes its schema once, refuses what is not ours, and never shows the password.
import { afterEach, describe, expect, it } from "vitest";
import { openPostgresStore } from "../../src/store/postgres/store.js";
import { SCHEMA_VERSION } from "../../src/store/sql/tables.js";
import { fastClock } from "../clock.js";
import { chat } from "../contracts/events.js";
import { claimed, readAll } from "../contracts/harness.js";
import { dropDatabase, newDatabase, runSql } from "./database.js";

const urls: string[] = [];
const empty = async () => {
  const url = await newDatabase("template0");
  urls.push(url);
  return url;
};

afterEach(async () => {
  for (const url of urls.splice(0)) await dropDatabase(url);
});

describe("opening", () => {
  it("makes the schema once, though several do so at once, and keeps the log's id", async () => {
    const url = await empty();
    const stores = await Promise.all([0, 1, 2].map(() => openPostgresStore({ url })));
    expect(new Set(stores.map(({ log }) => log.id)).size).toBe(1);
    expect(stores[0]?.log.id).toMatch(/^[\w-]{12}$/);
    const [first] = stores;
    if (first === undefined) throw new Error("no store");
    const { room, append } = await claimed(first);
    await append(chat("1"));
    await Promise.all(stores.map((store) => store.close()));
    const again = await openPostgresStore({ url });
    expect(again.log.id).toBe(first.log.id);
    expect((await readAll(again.log, room)).events).toHaveLength(1);
    await again.close();
  });

  it("refuses a newer schema and says what to do", async () => {
    const url = await empty();
    await (await openPostgresStore({ url })).close();
    await runSql(url, `UPDATE meta SET value = '${SCHEMA_VERSION + 1}' WHERE key = 'schema_version'`);
    await expect(openPostgresStore({ url })).rejects.toMatchObject({
      code: "store_newer",
      detail: expect.stringContaining(`has schema ${SCHEMA_VERSION + 1}, this dylive knows ${SCHEMA_VERSION}`),
    });
  });

  it("refuses what is not ours and leaves it as it was", async () => {
    for (const sql of ["CREATE TABLE mine(x int)", "CREATE TABLE meta(x int)", "CREATE TABLE meta(key text, value text)"]) {
      const url = await empty();
      await runSql(url, sql);
      await expect(openPostgresStore({ url })).rejects.toMatchObject({
        code: "bad_config",
        detail: expect.stringContaining("not one of dylive"),
      });
      expect(await runSql(url, "SELECT count(*)::int AS n FROM pg_tables WHERE schemaname = 'public'")).toEqual([{ n: 1 }]);
    }
  });

  it("refuses a database that cannot hold every text", async () => {
    const server = (await empty()).replace(/\/[^/]*$/, "");
    await runSql(`${server}/postgres`, "CREATE DATABASE ascii_only TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'");
    urls.push(`${server}/ascii_only`);
    await expect(openPostgresStore({ url: `${server}/ascii_only` })).rejects.toMatchObject({ detail: expect.stringContaining("UTF8") });
  });

  it("says that a server or a database is not there, and never the password", async () => {
    const url = (await empty()).replace("dylive@", "dylive:secret-word@");
    const nowhere = url.replace(/:\d+\//, ":1/");
    for (const [address, code, why] of [
      [nowhere, "store_unreachable", /127\.0\.0\.1:1\/t_.* cannot be opened: connect ECONNREFUSED/],
      [`${url}_none`, "bad_config", /_none.* cannot be opened: .*does not exist/],
      ["mysql://root:secret-word@x/y", "bad_config", /not of the form postgres:/],
      ["secret-word", "bad_config", /not of the form postgres:/],
    ] as const) {
      const error = await openPostgresStore({ url: address, clock: fastClock(50) }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code, detail: expect.stringMatching(why) });
      expect(String(error)).not.toContain("secret-word");
    }
  });
});
