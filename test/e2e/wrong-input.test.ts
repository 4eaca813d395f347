import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { casesOf } from "../whole.js";
import { ran, scratch } from "./command.js";

const dir = scratch();
const at = (...names: readonly string[]) => join(dir.path, ...names);
const taken = createServer();
let port = "0";

beforeAll(async () => {
  mkdirSync(at("folder"));
  mkdirSync(at("kept"));
  await (await openSqliteStore({ path: at("kept", "dylive.sqlite") })).close();
  writeFileSync(at("file"), "{not cookies");
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  port = String(typeof address === "object" ? address?.port : 0);
});
afterAll(() => {
  taken.close();
  dir.remove();
});

const AT_ONCE = 4;

/** A wrong command, and what is said of it. */
type Case = readonly [args: () => readonly string[], says: RegExp, env?: Readonly<Record<string, string>>];

/** One for each place that the words come from. */
const TAKEN: readonly Case[] = [
  // Numbers out of their bounds.
  [() => ["simulate", "--port", "99999"], /'99999' is invalid\. It takes a whole number from 0 to 65,535\./],
  [() => ["replay", "x", "--speed", "-3"], /It takes a number from 0 to 100,000\./],
  // Places to listen on.
  [() => ["serve", "--port", port], /another program listens on port \d+ of 127\.0\.0\.1/],
  [() => ["serve", "--port", "0", "--host", "192.0.2.1"], /this machine has no such address/],
  // Folders in which nothing is kept.
  [
    () => ["search", "x", "--data", at("nothing")],
    /there is no store in \S+nothing; `dylive serve` makes one, --data or DYLIVE_DATA names/,
  ],
  // Settings.
  [() => ["room", "list"], /DYLIVE_RECORD does not take "yes"\. It takes on, off, such as DYLIVE_RECORD=on /, { DYLIVE_RECORD: "yes" }],
  [
    () => ["room", "list"],
    /DATABASE_URL does not take the value that it has\. It takes an address, postgres:/,
    { DATABASE_URL: "my:pw@h" },
  ],
  [() => ["serve", "--upstream", "x"], /--upstream does not take "x"\. It takes an address, http\(s\):\/\/…, such as --upstream http:/],
  // Files.
  [() => ["login", "--cookies", at("folder")], /folder cannot be read: it is a folder\. Check its path/],
  [() => ["login", "--cookies", at("file")], /The account cannot be used: .* begins as JSON but is not.*Cookie header line/],
  [() => ["decode", at("none")], /none cannot be read: there is no such file or folder\. Check its path/],
  [() => ["strip", at("file"), "--out", at("b")], /file is not a recording\. Give a recording/],
  [() => ["strip", at("file"), "--out", at("file", "c")], /c cannot be made: a part of its path is a file, not a folder\. Check its path/],
  // Names.
  [() => ["hook", "add", "nourl"], /<url>: an address that begins with https:\/\/ or http:\/\//],
  [() => ["token", "create", "--name", "a", "--rooms", "1", "--scope", "admin"], /--rooms: a token of scope admin cannot be limited/],
  [() => ["token", "create", "--name", "a", "--rate", "999999"], /--rate: a whole number of requests a minute from 1 to /],
  [() => ["room", "show", "nobody"], /no room is known as "nobody"; add it first\. Check its name or id/, { DYLIVE_DATA: at("kept") }],
  // People.
  [() => ["erase-user", "1001", " \u3000\u200b"], /an empty name, or one of blanks, names nobody/],
  [() => ["erase-user", "https://www.douyin.com/user/MS4w"], /of a profile's address give the part after \/user\//],
];

/** Other commands and values that the same code refuses. */
const ALIKE: readonly Case[] = [
  [() => ["simulate", "--port", "-1"], /It takes a whole number from 0 to 65,535\./],
  [() => ["simulate", "--rate", "1e300"], /It takes a number from 0\.001 to 1,000\./],
  [() => ["simulate", "--rate", "NaN"], /It takes a number from/],
  [() => ["serve", "--port", "70000"], /It takes a whole number from 0 to 65,535\./],
  [() => ["serve", "--port", "1.5"], /It takes a whole number/],
  [() => ["stats", "1", "--limit", "1000000"], /It takes a whole number from 1 to 999,999\./],
  [() => ["export", "1", "--format", "csv", "--offset", "1e400"], /It takes a number from -31,536,000 to 31,536,000\./],
  [() => ["simulate", "--port", port], /another program listens on port \d+ of 127\.0\.0\.1/],
  [() => ["login", "--cookies", at("none")], /none cannot be read: there is no such file or folder\. Check its path/],
  [() => ["replay", at("none")], /none cannot be read: there is no such file or folder\. Check its path/],
  [() => ["replay", at("none.har")], /none\.har cannot be read: there is no such file or folder\. Check its path/],
  [() => ["import", at("folder")], /folder cannot be read: it is a folder\. Check its path/],
  [() => ["strip", at("none"), "--out", at("a")], /none cannot be read: there is no such file or folder\. Check its path/],
  [() => ["erase-user", ""], /an empty name, or one of blanks, names nobody; give the person's id/],
];

const CASES = casesOf(TAKEN, ALIKE);

describe("wrong input", () => {
  it("is refused in words that say what was wrong and what to do, never by a stack trace", async () => {
    const said: unknown[] = [];
    for (let next = 0; next < CASES.length; next += AT_ONCE)
      said.push(
        ...(await Promise.all(
          CASES.slice(next, next + AT_ONCE).map(async ([args, , env], place) => {
            const { code, stdout, stderr } = await ran(args(), { DYLIVE_DATA: at(`data-${place}`), ...env });
            return [args(), code, stdout, /\n\s+at |Node\.js v/.test(stderr) ? "a stack trace" : "", stderr];
          }),
        )),
      );
    expect(said).toEqual(CASES.map(([args, says]) => [args(), 2, "", "", expect.stringMatching(says)]));
  });
});
