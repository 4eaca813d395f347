// Guards: Commands speak Chinese where the locale does, and repeat no password.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, it, onTestFinished, vi } from "vitest";
import { startSimulator } from "../../simulator/index.js";
import { programFor } from "../../src/cli/program.js";
import { inLanguage } from "../../src/i18n/words.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { msg, msgOf } from "../../src/runtime/msg.js";

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
      all += inLanguage("zh", msg`dylive: ${msgOf(error.row.message)}: ${error.said}. ${msgOf(error.row.hint)}`);
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
  ["hook", "add", "https://a.example/x"],
  ["hook", "list"],
  ["room", "show", "nosuch"],
  ["check"],
  ["erase-user", "nobody", "--yes"],
  ["import", join(data, "nosuch.har")],
  ["token", "create", "--name", "n", "--scope", "raed"],
  ["download", "https://www.douyin.com/", "--json"],
])("dylive %j says no English sentence where Chinese is spoken", async (...line) => {
  vi.stubEnv("DYLIVE_LANG", "zh");
  const all = await said(...line);
  expect(all).toMatch(/\p{Script=Han}/u);
  // Commands that are to be typed, and what stands in backticks, stay.
  const words = all.replaceAll(/`[^`]*`|dylive [a-z-]+( [a-z]+)*( [A-Z]+)?/g, "…").split("\n");
  expect(words.filter((one) => /[a-z]{2,} [a-z]{2,} [a-z]{2,}/.test(one))).toEqual([]);
});

it.each([
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

it("dylive room add tells in Chinese why the platform did not say what a room is", async () => {
  const simulator = await startSimulator();
  onTestFinished(() => simulator.close());
  vi.stubEnv("DYLIVE_UPSTREAM", simulator.url);
  vi.stubEnv("DYLIVE_LANG", "zh");
  simulator.rooms.captcha();
  expect(await said("room", "add", "100000002")).toMatch(/平台没有说明这个直播间的情况：直播间页面没有内容（验证码页）/);
});
