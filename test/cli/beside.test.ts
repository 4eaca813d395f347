// Guards: A command beside a server does and says what it does and says without one, and one process at a time has the data folder.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/app/config.js";
import { startLocal } from "../../src/app/local.js";
import { lockDataDir } from "../../src/store/lock.js";
import { openStore, storeAt } from "../../src/store/open.js";
import { chat } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { useDirectory } from "../store/directory.js";
import { type Printed, ranHere } from "./ran-here.js";

const directory = useDirectory();

/** Fills a data folder with a room of two events. */
async function filled(): Promise<string> {
  const data = directory("data");
  const store = await openStore(storeAt({ databaseUrl: null, data }));
  const { room, append } = await claimed(store);
  await store.rooms.setFacts(room, { title: "夜话", webRid: "100" });
  await store.sessions.open(room, "7400000000000000001", 1);
  await append(chat("a", { sessionId: "7400000000000000001" }), chat("b", { sessionId: null }));
  await store.close();
  return data;
}

/** Starts what answers in place of a server on a data folder. */
async function serving(data: string): Promise<() => Promise<void>> {
  const server = await startLocal(loadConfig({ data }, {}), 0, () => {});
  const owner = join(data, "server.pid");
  writeFileSync(owner, JSON.stringify({ ...JSON.parse(readFileSync(owner, "utf8")), socket: server.socket, store: "sqlite" }));
  return () => server.close();
}

/** Commands in their order; what one makes is named by the next as `ID`. */
const COMMANDS: readonly (readonly string[])[] = [
  ["token", "create", "--name", "overlay", "--rooms", "1"],
  ["token", "list"],
  ["trigger", "chat", "--room", "1", "--text", "hello"],
  ["hook", "add", "https://example.com/hook", "--rooms", "1"],
  ["hook", "list"],
  ["notify", "add", "https://ntfy.sh/dylive"],
  ["notify", "list"],
  ["room", "set", "1", "--record", "on"],
  ["room", "pause", "1"],
  ["room", "list", "--json"],
  ["room", "show", "1"],
  ["session", "list", "--json"],
  ["session", "show", "1"],
  ["session", "compare", "1", "1"],
  ["stats", "1"],
  ["stats", "1", "--minutes"],
  ["stats", "1", "--gifts", "gift"],
  ["highlights", "1"],
  ["user", "100"],
  ["search", "text a"],
  ["search", "观众", "--people"],
  ["export", "1", "--format", "csv", "-o", "-", "--pseudonyms"],
  ["check"],
  ["retention", "1", "--age", "30d"],
  ["author", "add", "MS4wLjABAAAAabcdefghijklmnopqrstuvwxyz0123456789-_ABCDEF"],
  ["author", "list"],
  ["gifts"],
  ["account", "list"],
  ["import", "test/captures/none.dyrec"],
  ["erase-user", "100", "--yes"],
  ["session", "delete", "1", "latest", "--yes"],
  ["room", "delete", "1", "--yes"],
];

/** What differs from run to run: ids, secrets and moments. */
const CHANGING = /dyl_[\w-]+|whsec_[\w+/=]+|"(?:id|time|receivedAt)":[^,}]+|[0-9a-f]{12,}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g;

async function allOf(data: string, commands: typeof COMMANDS): Promise<readonly Printed[]> {
  const printed: Printed[] = [];
  for (const command of commands) {
    const failed = (error: unknown) => ({ stdout: "", stderr: String(error) });
    const { stdout, stderr } = await ranHere([...command, "--data", data]).catch(failed);
    printed.push({ stdout: stdout.replace(CHANGING, "…"), stderr: stderr.replace(CHANGING, "…") });
  }
  return printed;
}

/** Runs commands alone and beside a server, each on a folder of its own. */
async function both(commands: readonly (readonly string[])[]): Promise<readonly (readonly Printed[])[]> {
  const alone = await allOf(await filled(), commands);
  const data = await filled();
  const stop = await serving(data);
  const beside = await allOf(data, commands);
  await stop();
  return [alone, beside];
}

it("some that change something say the same alone and beside a server", async () => {
  const [alone, beside] = await both(COMMANDS.slice(0, 3));
  expect(beside).toEqual(alone);
});

describe("commands, alone and beside a server", { tags: ["full"] }, () => {
  let [alone, beside]: (readonly Printed[])[] = [];
  beforeAll(async () => {
    [alone, beside] = await both(COMMANDS);
  }, 120_000);

  it.each(COMMANDS.map((command, at) => [command.join(" "), at] as const))("%s", (_name, at) => {
    expect(`${beside?.[at]?.stdout}${beside?.[at]?.stderr}`).not.toBe("");
    expect(beside?.[at]).toEqual(alone?.[at]);
  });
});

describe("a data folder", () => {
  let data = "";
  beforeAll(async () => {
    data = await filled();
  });

  it("is waited for while another command has it", async () => {
    const lock = await lockDataDir(data);
    const listing = ranHere(["token", "list", "--data", data]);
    setImmediate(() => lock.release());
    expect((await listing).stderr).toContain("none yet: dylive token create");
  });

  it("is not made by a command that reads", async () => {
    await expect(ranHere(["token", "list", "--data", directory("none")])).rejects.toMatchObject({ code: "bad_config" });
  });

  it("is had by the command itself where a server was killed", async () => {
    writeFileSync(join(data, "server.pid"), JSON.stringify({ pid: 1, socket: join(data, "server.sock"), store: "sqlite" }));
    expect((await ranHere(["token", "list", "--data", data])).stderr).toContain("none yet: dylive token create");
  });
});
