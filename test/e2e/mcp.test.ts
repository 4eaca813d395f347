// Guards: `dylive mcp` serves clients of both protocol versions over stdio, writes nothing but messages, and ends with its client.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as Client2025 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as Transport2025 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createToken } from "../../src/http/tokens.js";
import { packageVersion } from "../../src/runtime/packages.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { tellerOf } from "../contracts/harness.js";
import { serveApi } from "../http/api-server.js";
import { chat } from "../http/events.js";
import { MAIN, scratch } from "./command.js";

const ENV = { ...process.env, DYLIVE_LANG: "en" } as Record<string, string>;

const { path: data, remove } = scratch();
/** A token of room 22 alone. */
let tokenOf22: string;
beforeAll(async () => {
  const store = openSqliteStore({ path: join(data, "dylive.sqlite") });
  const tell = tellerOf(store);
  await tell("11", chat("first"));
  await tell("22", chat("elsewhere"));
  ({ token: tokenOf22 } = await createToken(store.tokens, { name: "mcp", scope: "read", now: Date.now(), rooms: ["22"] }));
  await store.close();
});
afterAll(remove);

const untrusted = ({ content }: Readonly<Record<string, unknown>>) =>
  JSON.parse((content as { text: string }[])[1]?.text ?? "null").untrusted;

describe("dylive mcp", () => {
  it("serves a client of 2026 what the data folder has", async () => {
    const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
    await client.connect(new StdioClientTransport({ command: process.execPath, args: [MAIN, "mcp", "--data", data], env: ENV }));
    onTestFinished(() => client.close());
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).not.toContain("add_room");
    const call = async (given: Record<string, unknown>) => untrusted(await client.callTool({ name: "read_events", arguments: given }));
    const { events, next } = await call({ room: "11" });
    expect(events).toMatchObject([{ seq: 1, text: "first" }]);
    expect((await call({ room: "11", cursor: next })).events).toEqual([]);
  });

  it("serves a client of 2025 what a running server tells, by the rooms and the scope of its token", async () => {
    const server = await serveApi();
    await server.tell("11", chat("of the server"));
    await server.tell("22", chat("hidden"));
    const client = new Client2025({ name: "test", version: "1" });
    const env = { ...ENV, DYLIVE_TOKEN: await server.token({ scope: "manage", rooms: ["11"] }) };
    await client.connect(new Transport2025({ command: process.execPath, args: [MAIN, "mcp", "--server", server.api.url], env }));
    onTestFinished(() => client.close());
    expect(untrusted(await client.callTool({ name: "list_rooms", arguments: {} })).rooms).toMatchObject([{ webRid: "11" }]);
    const read = async (given: object) => untrusted(await client.callTool({ name: "read_events", arguments: { room: "11", ...given } }));
    const { next } = await read({});
    const waiting = read({ cursor: next, wait: 30 });
    // Whether the wait has begun or not, the event is told once.
    await server.tell("11", chat("second"));
    const got = await waiting;
    expect(got.events).toMatchObject([{ text: "second" }]);
    expect((await read({ cursor: got.next })).events).toEqual([]);
    await server.api.close();
    const away = await client.callTool({ name: "list_rooms", arguments: {} });
    expect([away.isError, JSON.stringify(away.content)]).toEqual([true, expect.stringMatching(/no dylive server answers at http:/)]);
  });

  it("writes nothing but messages to stdout, whatever comes in, and ends with its client", async () => {
    const child = spawn(process.execPath, [MAIN, "mcp", "--data", data, "--token", tokenOf22], {
      env: ENV,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const lines: string[] = [];
    let told: () => void = () => {};
    createInterface(child.stdout).on("line", (line) => {
      lines.push(line);
      told();
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    const answered = async (id: number) => {
      while (!lines.some((line) => JSON.parse(line).id === id)) await new Promise<void>((resolve) => (told = resolve));
      return JSON.parse(lines.find((line) => JSON.parse(line).id === id) ?? "");
    };
    const send = (message: unknown) => child.stdin.write(`${typeof message === "string" ? message : JSON.stringify(message)}\n`);
    const call = (id: number, name: string, given: unknown) =>
      send({ jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: given } });
    const clientInfo = { name: "hand", version: "1" };
    send({ jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo } });
    expect((await answered(1)).result.serverInfo).toMatchObject({ name: "dylive", version: packageVersion() });
    send("no JSON at all");
    send({ jsonrpc: "2.0", method: "notifications/initialized" });
    call(2, "read_events", { room: "22", wait: 30, cursor: "1" });
    call(3, "list_rooms", {});
    expect(untrusted((await answered(3)).result).rooms).toMatchObject([{ webRid: "22" }]);
    call(4, "add_room", { room: "33" });
    expect((await answered(4)).result).toMatchObject({ isError: true });
    send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 2, reason: "enough" } });
    // What waits keeps nobody from ending.
    call(5, "read_events", { room: "22", wait: 30, cursor: "1" });
    call(6, "list_rooms", {});
    await answered(6);
    for (let id = 100; id < 140; id++) call(id, "read_events", { room: "22", wait: 30, cursor: "1" });
    expect((await answered(132)).result).toMatchObject({
      isError: true,
      content: [{ text: expect.stringMatching(/32 tools of this client/) }],
    });
    child.stdin.end();
    const [code] = await once(child, "close");
    expect(said).toMatch(/^a line on stdin is no JSON and was passed over.*\n$/);
    expect([code, lines.some((line) => [2, 5, 100].includes(JSON.parse(line).id))]).toEqual([0, false]);
  });
});
