import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { dylive, ran, scratch } from "./command.js";

const dir = scratch();
afterAll(() => dir.remove());

describe("dylive token create", () => {
  it("limits a token to rooms, a time and a rate, and lists what it is limited to", async () => {
    const env = { DYLIVE_DATA: join(dir.path, "limits") };
    mkdirSync(env.DYLIVE_DATA);
    const store = await openSqliteStore({ path: join(env.DYLIVE_DATA, "dylive.sqlite") });
    await store.rooms.ensure([
      { kind: "web_rid", value: "98765" },
      { kind: "unique_id", value: "anna" },
    ]);
    await store.close();
    const made = await ran(
      ["token", "create", "--name", "看板", "--scope", "manage", "--rooms", "98765, anna", "--expires", "30d", "--rate", "60"],
      env,
    );
    expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/^dyl_[\w-]{43}\n$/)]);
    const { stdout } = await ran(["token", "list"], env);
    expect(stdout).toMatch(
      /^[0-9a-f]{12} {2}manage {2}made \S+ \S+ \S+ {2}never used {2}valid until \S+ \S+ \S+ {2}60 a minute {2}rooms 98765,anna {2}看板\n$/,
    );
  });

  it.each([
    [["--expires", "soon"], /30d/],
    [["--rate", "many"], /whole number/],
    [["--rate", "0"], /from 1 to/],
    [["--rooms", "a b"], /without spaces/],
    [["--rooms", "nosuch"], /no room is known as "nosuch"/],
    [["--scope", "admin", "--rooms", "1"], /cannot be limited/],
  ])("%j is refused in words", async (args, sentence) => {
    const { code, stderr, stdout } = await ran(["token", "create", "--name", "x", ...args], { DYLIVE_DATA: join(dir.path, "refused") });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(sentence);
  });
});

describe("dylive token revoke", () => {
  it("forgets how far the clients of the token have come", async () => {
    const data = join(dir.path, "revoked");
    await ran(["token", "create", "--name", "archive"], { DYLIVE_DATA: data });
    const [id = ""] = (await ran(["token", "list"], { DYLIVE_DATA: data })).stdout.split(" ");
    const store = openSqliteStore({ path: join(data, "dylive.sqlite") });
    const readers = [`sub:${id}:archive`, `token:${id}:`, "sub:another:archive"];
    for (const reader of readers) await store.positions.set(reader, 1, 7);
    expect((await ran(["token", "revoke", id], { DYLIVE_DATA: data })).code).toBe(0);
    expect(await Promise.all(readers.map((reader) => store.positions.get(reader, 1)))).toEqual([null, null, 7]);
    await store.close();
  });
});

describe("the first start", () => {
  it("makes an admin token, shows it once and keeps it in a file", async () => {
    const data = join(dir.path, "first");
    const env = { DYLIVE_DATA: data, DYLIVE_PORT: "0" };
    const first = dylive(["serve"], env);
    const base = (await first.printed(/listens on (http:\S+)/))[1] ?? "";
    const file = join(data, "admin-token");
    const token = readFileSync(file, "utf8").trim();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(first.stderr().split(token)).toHaveLength(2);
    expect(first.stderr()).toContain(`${base}/#token=${token}`);
    const answer = await fetch(`${base}/v1/tokens`, { headers: { authorization: `Bearer ${token}` } });
    expect(await answer.json()).toMatchObject({ tokens: [{ name: "first start", scope: "admin" }] });
    first.process.kill("SIGTERM");
    await first.ended;
    const second = dylive(["serve"], env);
    await second.printed(/listens on/);
    second.process.kill("SIGTERM");
    await second.ended;
    expect(second.stderr()).not.toContain(token);
    expect(second.stderr()).not.toContain("whoever reaches this machine");
  });
});

describe("a server that others can reach", () => {
  it.each(["serve", "demo"])("says what that means: %s", async (command) => {
    const env = { DYLIVE_DATA: join(dir.path, `wide-${command}`), DYLIVE_PORT: "0", DYLIVE_HOST: "0.0.0.0" };
    const { process, printed, ended, stderr } = dylive([command], env);
    await printed(/^curl "http:\/\/127\.0\.0\.1:\d+\//m);
    process.kill("SIGTERM");
    await ended;
    expect(stderr()).toMatch(/listens on 0\.0\.0\.0: whoever reaches this machine and has a token can read its rooms/);
  });
});
