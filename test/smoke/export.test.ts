import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXPORT_FORMAT_NAMES } from "../../src/exports/format.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chat, gift } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { ran, scratch } from "../e2e/command.js";

const dir = scratch();
const env = { DYLIVE_DATA: dir.path, TZ: "Asia/Shanghai" };
const SESSION = "7400000000000000001";
afterAll(() => dir.remove());

beforeAll(async () => {
  const store = openSqliteStore({ path: join(dir.path, "dylive.sqlite") });
  const { room, append } = await claimed(store);
  await store.sessions.open(room, SESSION, 1_760_000_000_000);
  await append(chat("1", { time: 1_760_000_001_000 }), gift("2", "k", 3, 3, true), chat("3", { time: 1_760_000_060_000 }));
  await store.close();
});

describe("dylive export", () => {
  it("writes every format, and never over a file", async () => {
    const runs = EXPORT_FORMAT_NAMES.map(async (format) => {
      const out = join(dir.path, `out.${format}`);
      const { code, stdout, stderr } = await ran(["export", "98765", "latest", "--format", format, "--out", out], env);
      expect([code, stdout, stderr]).toEqual([0, "", expect.stringMatching(/out\.\w+: \d+ bytes\n$/)]);
      expect(readFileSync(out).length).toBeGreaterThan(50);
    });
    await Promise.all(runs);
    const again = await ran(["export", "98765", "--format", "csv", "--out", join(dir.path, "out.csv")], env);
    expect([again.code, again.stderr]).toEqual([2, expect.stringMatching(/exists: name another file/)]);
  });

  it("chooses, places and hides, to stdout", async () => {
    const choice = ["--from", "2025-10-09 16:53:20", "--to", "2025-10-09T08:53:30Z", "--types", "chat", "--pseudonyms", "k"];
    const { code, stdout } = await ran(["export", "98765", "--format", "jsonl", "--out", "-", ...choice], env);
    expect([
      code,
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as { seq: number }).seq),
    ]).toEqual([0, [1]]);
    expect(stdout).not.toContain('"1001"');
    const placed = ["--start", "2025-10-09 16:54:10", "--offset", "1.5"];
    const timed = await ran(["export", "98765", "--format", "xml", "--out", "-", ...placed], env);
    expect(timed.stdout).toMatch(/<d p="11\.500,1,25/);
    expect(timed.stdout.match(/<d /g)).toHaveLength(1);
  });

  it.each([
    [["export", "98765"], /required option '--format/],
    [["export", "98765", "--format", "csv", "--filter", "typ == 1", "--out", "-"], /filter: .* \(at character 1\)/],
    [["export", "98765", "--format", "csv", "--from", "soon", "--out", "-"], /--from takes a moment/],
  ])("%j is refused in words", async (args, sentence) => {
    const { code, stderr, stdout } = await ran(args, env);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(sentence);
  });
});
