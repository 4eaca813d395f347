// Guards: Commands list and compare broadcasts of all rooms and find people without a server, and steer no terminal.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { programFor } from "../../src/cli/program.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chat, gift, userOf } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";

const MINUTE = 60_000;
const T0 = 29_333_333 * MINUTE;

/** A data folder with two rooms, of a broadcast each, and what commands on it write. */
async function stage() {
  const data = mkdtempSync(join(tmpdir(), "dylive-across-"));
  const store = openSqliteStore({ path: join(data, "dylive.sqlite") });
  for (const [name, sessionId, diamonds, at] of [
    ["11", "71", 100, 0],
    ["12", "72", 30, 50],
  ] as const) {
    const { room, append } = await claimed(store, name);
    const time = T0 + at * MINUTE;
    await store.rooms.ensure([
      { kind: "web_rid", value: name },
      { kind: "room_id", value: sessionId },
    ]);
    await store.rooms.setFacts(room, { anchor: { id: null, secUid: null, nickname: `主播${name}\u001b[31m`, avatar: null } });
    await store.sessions.open(room, sessionId, time, "夜场");
    await store.sessions.end(room, sessionId, time + 2 * MINUTE, "offline");
    const user = { ...userOf("501"), nickname: name === "11" ? "小鱼" : "改名了\u001b[2J" };
    await append(
      chat("1", { sessionId, time: time + MINUTE, user }),
      { ...gift("2", "k", 1, 1, true), sessionId, time, user, unitDiamonds: diamonds, diamonds },
      chat("3", { sessionId, time: time + MINUTE, user: { ...userOf("502"), nickname: "大鱼" } }),
    );
  }
  await store.close();
  const written: string[] = [];
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, "write").mockImplementation((text, ...rest) => {
      written.push(String(text));
      for (const one of rest) if (typeof one === "function") one();
      return true;
    });
  onTestFinished(() => {
    vi.restoreAllMocks();
    rmSync(data, { recursive: true, force: true });
  });
  return async (command: string, ...words: string[]) => {
    written.length = 0;
    await (await programFor(command)).parseAsync([command, ...words, "--data", data], { from: "user" });
    const text = written.join("");
    expect(text).not.toContain("\u001b");
    return text;
  };
}

it("commands list broadcasts of all rooms, compare them and find people, without a server", { tags: ["full"] }, async () => {
  const dylive = await stage();
  const list = await dylive("session", "list", "--by", "diamonds");
  expect(list).toMatch(
    /^room +anchor +session +.* diamonds +diamonds a minute .*\n +1 +主播11\ufffd\[31m +71 .* 100 +50 .*夜场\n +2 +主播12.* 72 .* 30 +15 .*\n$/,
  );
  const ids = async (...words: string[]) =>
    (await dylive("session", "list", "--json", ...words))
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => (JSON.parse(line) as { sessionId: string }).sessionId);
  expect([await ids(), await ids("--by", "diamonds", "--ascending"), await ids("--title", "主播12"), await ids("11")]).toEqual([
    ["72", "71"],
    ["72", "71"],
    ["72"],
    ["71"],
  ]);
  expect([await ids("--limit", "1"), await ids("--to", String(T0 + MINUTE))]).toEqual([["72"], ["71"]]);

  const totals = await dylive("session", "compare", "https://live.douyin.com/11", "12/72");
  expect(totals).toMatch(/^session +1\/71 +2\/72\ntitle +夜场 +夜场\n/);
  expect(totals).toMatch(/\ndiamonds a minute +50 +15\n/);
  expect(await dylive("session", "compare", "11", "12", "--minutes")).toMatch(/^minute +chats 1\/71 .*\n.*0 .* 100 .* 30 +–\n/);
  await expect(dylive("session", "compare", "11")).rejects.toThrow("it takes 2 to 4 broadcasts, not 1");

  const people = await dylive("search", "鱼", "--people");
  expect(people).toMatch(/\n大鱼 +502 +大鱼 +2 +2 +2 .*\n/);
  expect(people).toMatch(/\n改名了\ufffd\[2J +501 +小鱼 +2 +2 +2 +2 +130 /);
  expect(JSON.parse(await dylive("search", "小鱼", "--people", "--json", "--room", "11"))).toMatchObject({
    userId: "501",
    rooms: 1,
    diamonds: 100,
  });
  await expect(dylive("search", "鱼", "--people", "--types", "chat")).rejects.toThrow("--people looks for names");
  await expect(dylive("search", "--people")).rejects.toThrow("name whom to look for");
});
