import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chat, gift } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { ran, scratch } from "./command.js";

const dir = scratch();
const env = { DYLIVE_DATA: dir.path };
const SESSION = "7400000000000000001";
afterAll(() => dir.remove());

beforeAll(async () => {
  // As a crash leaves it: nothing was counted, the broadcast is open.
  const store = openSqliteStore({ path: join(dir.path, "dylive.sqlite") });
  const { room, append } = await claimed(store);
  await store.sessions.open(room, SESSION, 1_760_000_000_000, "标\u001b[31m题");
  const user = { ...chat("").user, nickname: "\u001b[2J人" };
  await append(chat("1", { text: "主播主播 链接[比心]", user }), gift("2", "k", 3, 3, true), {
    ...gift("3", "l", 2, 2),
    unitDiamonds: null,
    diamonds: null,
  });
  const named = { id: "463", icon: null, kind: null, combo: null };
  await store.gifts.learn("list", 1_760_000_000_000, [{ ...named, name: "小\u001b[2J心", diamonds: 1 }]);
  await store.gifts.learn("message", 1_760_000_060_000, [{ ...named, name: null, diamonds: 2 }]);
  await store.close();
});

describe("dylive session, stats, user, gifts", () => {
  it("tell a broadcast right after a crash, without a server", async () => {
    const list = await ran(["session", "list", "98765", "--json"], env);
    expect([list.code, list.stderr]).toEqual([0, ""]);
    expect(JSON.parse(list.stdout)).toMatchObject({
      sessionId: SESSION,
      endedAt: null,
      totals: { messages: { chat: 1, gift: 2 }, gifts: { combos: 2, settled: 1, units: 5, diamonds: 30, unpricedUnits: 2 }, behind: 0 },
    });
    const table = await ran(["session", "list", "98765"], env);
    expect(table.stdout).toMatch(/^session .*\n7400000000000000001 .* 30 .*标\ufffd\[31m题\n$/);
    expect((await ran(["session", "show", "98765"], env)).stdout).toMatch(
      /gifts +5 units in 2 combos \(1 settled\)\ndiamonds +30, and 2 units of unknown price\n/,
    );
  });

  it("tell people, words, minutes and gifts, and steer no terminal", async () => {
    const { stdout } = await ran(["stats", "98765", SESSION], env);
    // The newest one is named by the same word everywhere.
    for (const args of [["stats"], ["stats", "--gifts", "gift"], ["session", "show"]])
      expect(await ran([...args, "98765", "latest"], env)).toEqual(await ran([...args, "98765", SESSION], env));
    expect(stdout).toMatch(/\ufffd\[2J人 +1001 +1\n/);
    expect(stdout).toMatch(/主播 +2\n链接 +1\n/);
    expect(stdout).toMatch(/\[比心\] +1\n/);
    expect(stdout).not.toContain("\u001b");
    expect((await ran(["stats", "98765", "--minutes"], env)).stdout.split("\n")).toHaveLength(3);
    expect((await ran(["stats", "98765", "--gifts", "user"], env)).stdout).toMatch(/1002 +2 +1 +5 +30 +2\n$/);
    expect((await ran(["user", "1002", "98765"], env)).stdout).toMatch(/7400000000000000001 .* 5 +30\n$/);
  });

  it("tell the gifts of the platform with their prices, by id and by name", async () => {
    const { stdout } = await ran(["gifts"], env);
    expect(stdout).toMatch(/^id .*\n463 +小\ufffd\[2J心 +2 +1 +2025-10-09 .* message\n$/);
    expect((await ran(["gifts", "心"], env)).stdout).toBe(stdout);
    expect(JSON.parse((await ran(["gifts", "463", "--json"], env)).stdout)).toMatchObject({
      diamonds: 2,
      prices: [{ diamonds: 1 }, { diamonds: 2 }],
    });
    expect(await ran(["gifts", "玫瑰"], env)).toMatchObject({
      code: 0,
      stdout: "",
      stderr: expect.stringMatching(/no gift has.*was read 2025/),
    });
  });

  it.each([
    [["stats", "nobody"], /no room is known/],
    [["session", "show", "98765", "1"], /no broadcast/],
    [["stats", "98765", "--gifts", "x"], /Allowed choices/],
    [["stats", "98765", "--gifts", "user", "--minutes"], /two questions/],
    [["stats", "98765", "--user", "1002"], /dylive user/],
    [["user", "1", "98765"], /nobody with the id/],
  ])("%j is refused in words", async (args, sentence) => {
    const { code, stderr, stdout } = await ran(args, env);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(sentence);
  });
});
