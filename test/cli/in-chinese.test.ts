import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, it, onTestFinished, vi } from "vitest";
import { startSimulator } from "../../simulator/index.js";
import { programFor } from "../../src/cli/program.js";
import { GIFTS_STATES } from "../../src/health/gifts-watch.js";
import { SESSION_STATES, type SessionEvidence } from "../../src/health/sessions.js";
import { ROOM_STATES } from "../../src/health/state.js";
import { inLanguage } from "../../src/i18n/words.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { told, toldOf } from "../../src/runtime/told.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { roomStatus } from "../health/status.js";
import { ENGLISH, reasonsOfRooms } from "../i18n/sentences.js";

/** End of a command whose line is wrong. */
class Exit extends Error {}

const data = mkdtempSync(join(tmpdir(), "dylive-zh-"));
afterAll(() => rmSync(data, { recursive: true, force: true }));
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Signals that a command listens to until its process ends, which here is the end of the command. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Runs a command and returns all that it said, its error too. */
async function said(...line: readonly string[]): Promise<string> {
  let all = "";
  const write = ((text: string | Uint8Array, ...rest: readonly unknown[]) => {
    all += String(text);
    const done = rest.at(-1);
    if (typeof done === "function") done(null);
    return true;
  }) as typeof process.stdout.write;
  const exit = vi.spyOn(process, "exit").mockImplementation(() => {
    throw new Exit();
  });
  const listening = SIGNALS.map((name) => process.listeners(name));
  const spies = [
    exit,
    // Node's own words, such as those about many listeners, which the tests of other files in this process may have left.
    vi.spyOn(process, "emitWarning").mockImplementation(() => {}),
    vi.spyOn(process.stdout, "write").mockImplementation(write),
    vi.spyOn(process.stderr, "write").mockImplementation(write),
  ];
  try {
    await (await programFor(line[0] ?? null, "zh")).parseAsync([...line, "--data", data], { from: "user" });
  } catch (error) {
    if (!(error instanceof DyliveError || error instanceof Exit)) throw error;
    if (error instanceof DyliveError)
      all += inLanguage("zh", told`dylive: ${toldOf(error.row.message)}: ${error.said}. ${toldOf(error.row.hint)}`);
  } finally {
    for (const spy of spies) spy.mockRestore();
    for (const [i, name] of SIGNALS.entries())
      for (const listener of process.listeners(name)) if (!listening[i]?.includes(listener)) process.off(name, listener);
  }
  return all;
}

it("says which word was probably meant, of the choices of an option too", async () => {
  expect(await said("export", "1", "--format", "cvs")).toContain("（是不是想写 csv？）");
  expect(await said("search", "x", "--typs", "chat")).toContain("（是不是想写 --types？）");
  expect(await said("notify", "add", "https://a.example", "--kind", "dingtak")).toContain("（是不是想写 dingtalk？）");
});

// One after the other: what one keeps others show.
it.each([
  ["room", "list"],
  ["token", "create", "--name", "n", "--scope", "read"],
  ["token", "list"],
  ["token", "revoke", "nosuch"],
  ["account", "list"],
  ["author", "list"],
  ["hook", "list"],
  ["hook", "add", "https://a.example/x"],
  ["hook", "list"],
  ["hook", "show", "nosuch"],
  ["notify", "list"],
  ["gifts"],
  ["gifts", "nosuch"],
  ["room", "show", "nosuch"],
  ["session", "list", "nosuch"],
  ["stats", "nosuch"],
  ["retention", "nosuch"],
  ["search", "nosuch"],
  ["check"],
  ["backup", join(data, "b.sqlite")],
  ["erase-user", "nobody", "--yes"],
  ["cluster"],
  ["login", "--forget"],
  ["decode", join(data, "nosuch.bin")],
  ["import", join(data, "nosuch.har")],
  ["token", "create", "--name", "n", "--scope", "raed"],
  ["export", "nosuch", "--format", "csv"],
  ["download", "https://www.douyin.com/", "--json"],
])("dylive %j says no English sentence where Chinese is spoken", async (...line) => {
  vi.stubEnv("DYLIVE_LANG", "zh");
  const all = await said(...line);
  expect(all).toMatch(/\p{Script=Han}/u);
  // Commands that are to be typed, and what stands in backticks, stay.
  const words = all.replaceAll(/`[^`]*`|dylive [a-z-]+( [a-z]+)*( [A-Z]+)?/g, "…").split("\n");
  expect(words.filter((one) => /[a-z]{2,} [a-z]{2,} [a-z]{2,}/.test(one))).toEqual([]);
});

it("dylive hook list says in Chinese how each is", async () => {
  vi.stubEnv("DYLIVE_LANG", "zh");
  const states = async () => (await said("hook", "list")).split("\n").map((line) => line.split("  ").slice(0, 2));
  const [[id = ""] = []] = await states();
  expect((await states())[0]).toEqual([id, "正常"]);
  await said("hook", "pause", id);
  expect((await states())[0]).toEqual([id, "已暂停（按要求）"]);
});

it("dylive room show says in Chinese every reason that a room, or a session of it, can have", async () => {
  vi.stubEnv("DYLIVE_LANG", "zh");
  const reasons = reasonsOfRooms().map(({ text }) => text);
  expect(reasons.length).toBeGreaterThan(60);
  const store = openSqliteStore({ path: join(data, "dylive.sqlite") });
  const session = (reason: string, i: number): SessionEvidence => ({
    ...{ session: `guest:${i}`, state: SESSION_STATES[i % SESSION_STATES.length] ?? "idle", since: 1, reason, retryAt: null },
    ...{ lastReceivedAt: null, received: 0, outages: { count: 0, totalMs: 0 }, account: null, lost: { since: 1, reason } },
    ...{ gifts: GIFTS_STATES[i % GIFTS_STATES.length] ?? "unknown", giftsSeen: { since: null, diamondsWitnessed: 0, diamondsMissing: 0 } },
  });
  for (const [i, state] of ROOM_STATES.entries()) {
    const room = await store.rooms.ensure([{ kind: "web_rid", value: `70${i}` }]);
    const login = { account: null, login: "logged_in" } as const;
    const evidence = { reason: reasons[i] ?? "", sessions: reasons.map(session), login };
    await store.rooms.tell(room, JSON.stringify(roomStatus({ room, state, evidence })), 1);
  }
  await store.close();
  expect(await said("retention", "700")).toMatch(/events +永久 +不限/);
  const folder = mkdtempSync(join(data, "recordings-"));
  expect(await said("sidecar", folder, "--room", "700", "--once")).toContain(`${folder} 里没有这个直播间时间内的录像`);
  const words = [await said("room", "list"), await said("room", "show", "700")]
    .join("")
    .replaceAll(/`[^`]*`/g, "…")
    .split("\n");
  expect(words.filter((line) => line.startsWith("会话 "))).toHaveLength(reasons.length);
  expect(words).toContain("login：你自己浏览器里登录的账号");
  expect(words.filter((line) => ENGLISH.test(line))).toEqual([]);
  // Words of one state each are in no sentence of three.
  const states = new RegExp(`(?<![\\w.:/])(${[...ROOM_STATES, ...SESSION_STATES, ...GIFTS_STATES].join("|")})(?![\\w.:/])`);
  expect(words.filter((line) => states.test(line))).toEqual([]);
});

it("says of a link that is not downloaded what to do, as of one that is not read", async () => {
  vi.stubEnv("DYLIVE_LANG", "zh");
  const link = "https://www.douyin.com/";
  const [, told = ""] = /^dylive[:：] ?(.+)$/m.exec(await said("work", link)) ?? [];
  expect(told).not.toBe("");
  expect((await said("download", link)).replaceAll(/\s/g, "")).toContain(told.replaceAll(/\s/g, ""));
});

it.each([
  ["download", "https://u:secret@www.douyin.com/video/1"],
  ["download", "u:secret@www.douyin.com/video/1", "--json"],
  ["work", "u:secret@www.douyin.com/video/7712542267313477934", "--json"],
  ["works", "u:secret@www.douyin.com/video/7712542267313477934"],
  ["room", "add", "u:secret@live.douyin.com/1"],
  ["room", "show", "u:secret@live.douyin.com/1"],
])("dylive %j repeats no password", async (...line) => {
  const all = await said(...line);
  expect(all).toContain("@");
  expect(all).not.toContain("secret");
});

it.each([
  [["room", "add", "100000002"], /平台没有说明它现在的状态：直播间页面没有内容（验证码页）/],
  [["room", "add", "https://live.douyin.com/999999999"], /：直播间页面回答 HTTP 404/],
] as const)("dylive %j tells in Chinese why the platform did not say what a room is", async (line, says) => {
  const simulator = await startSimulator();
  onTestFinished(() => simulator.close());
  vi.stubEnv("DYLIVE_UPSTREAM", simulator.url);
  vi.stubEnv("DYLIVE_LANG", "zh");
  if (line[2] === "100000002") simulator.rooms.captcha();
  expect(await said(...line)).toMatch(says);
});
