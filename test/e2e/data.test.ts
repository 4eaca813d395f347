import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chat, gift, userOf } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { dylive, ran, scratch } from "./command.js";

const dir = scratch();
const env = { DYLIVE_DATA: dir.path };
const copy = join(dir.path, "copy.sqlite");
afterAll(() => dir.remove());

beforeAll(async () => {
  const store = openSqliteStore({ path: join(dir.path, "dylive.sqlite") });
  const { append } = await claimed(store);
  const user = { ...userOf("4242424242"), nickname: "小明明" };
  await append(chat("1", { text: "主播\u001b[2J上链接" }), chat("2", { user, text: "我来上链接" }), { ...gift("3", "k", 2, 2), user });
  await store.close();
});

describe("dylive search, retention, backup, check, erase-user", () => {
  it("find by text, newest first, without a server, and steer no terminal", async () => {
    const found = await ran(["search", "上链接"], env);
    expect([found.code, found.stderr]).toEqual([0, ""]);
    expect(found.stdout).toMatch(/我来上链接\n.*主播\ufffd\[2J上链接\n$/);
    const [line = ""] = (await ran(["search", "--min-diamonds", "20", "--json"], env)).stdout.split("\n");
    expect(JSON.parse(line)).toMatchObject({ id: "3", diamonds: 20 });
    expect((await ran(["search", "来上", "--to", "2020-01-01"], env)).stderr).toBe("nothing was found\n");
  });

  it.each([
    [["search", "好"], /2 to 100 characters/],
    [["search"], /something to search for/],
    [["search", "xx", "--from", "tomorrow"], /date of the calendar such as/],
    [["retention", "98765", "--age", "5"], /a time such as/],
    [["erase-user", "nobody"], /nothing was erased\. nobody in the log, in works and in comments is known as "nobody"/],
    [["erase-user", "nobody", "--yes"], /no such thing here: nobody in the log/],
    [["check", "--data", "/nowhere/at/all"], /there is no store/],
    [["stats", "98765", "--data", join(dir.path, "dylive.sqlite", "data")], /data folder .* cannot be read: a part of its path is a file/],
  ])("%j is refused in words", async (args, sentence) => {
    const { code, stderr } = await ran(args, env);
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
  });

  it("copy, check, set limits and erase beside a running server; a second server is refused", async () => {
    const server = dylive(["serve"], { ...env, DYLIVE_PORT: "0" });
    await server.printed(/listens on http/);
    expect((await ran(["backup", copy], env)).code).toBe(0);
    expect((await ran(["backup", copy], env)).stderr).toMatch(/exists already/);
    expect((await ran(["retention", "98765", "--age", "30d"], env)).stdout).toMatch(/events +30 days +any size +this room/);
    const asked = await ran(["erase-user", "小明明"], env);
    expect([asked.code, asked.stdout]).toEqual([2, ""]);
    expect(asked.stderr).toMatch(/nothing was erased\. known as: 4242424242, 小明明; 2 events to be erased.*or give --yes/);
    const erased = await ran(["erase-user", "小明明", "--yes"], env);
    expect(erased.stdout).toMatch(/known as: 4242424242, 小明明\n2 events erased\n/);
    expect(erased.stdout).toMatch(/not reached:\n- backups\n/);
    expect((await ran(["search", "--user", "4242424242"], env)).stdout).toBe("");
    expect(await ran(["check"], env)).toMatchObject({ code: 0, stdout: "nothing is wrong\n" });
    const second = await ran(["serve"], { ...env, DYLIVE_PORT: "0" });
    expect([second.code, second.stderr]).toEqual([2, expect.stringMatching(/the server with pid \d+ has the data directory/)]);
    server.process.kill("SIGTERM");
    expect(await server.ended).toBe(0);
    const restored = scratch();
    copyFileSync(copy, join(restored.path, "dylive.sqlite"));
    expect((await ran(["search", "--user", "4242424242", "--data", restored.path])).stdout).toMatch(/我来上链接/);
    restored.remove();
  });
});
