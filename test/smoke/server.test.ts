// Guards: the built server starts, is polled, streams, calls webhooks, is exported while it runs, and stops on SIGTERM.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { DyliveClient } from "../../src/client.js";
import { chat, type Run, ran, scratch, serving } from "../e2e/command.js";
import { until } from "../until.js";
import { Receiver } from "../webhooks/receiver.js";

const ROOM = "100000002";

const dir = scratch();
const env = { DYLIVE_DATA: dir.path, DYLIVE_PORT: "0" };
let simulator: Simulator;
let server: Run;
let base: string;
let token: string;
beforeAll(async () => {
  simulator = await startSimulator({ rateFactor: 3 });
  ({ server, base } = await serving(env, ["--upstream", simulator.url]));
  token = readFileSync(join(dir.path, "admin-token"), "utf8").trim();
});
afterAll(async () => {
  server.process.kill("SIGKILL"); // nothing where the last test has stopped it
  await simulator.close();
  dir.remove();
});

it("prints the address with the first token, and polls of the compatible interface bring each event once", async () => {
  expect(server.stderr()).toContain(`${base}/#token=${token}`);
  expect((await fetch(`${base}/healthz`)).status).toBe(200);
  expect((await chat(base, { token: "wrong", room_id: ROOM })).status).toBe(401);
  const ids: string[] = [];
  const kinds = new Set<string>();
  await until(async () => {
    const { status, text, body } = await chat(base, { token, room_id: ROOM, wait: "2" });
    expect(status, text).toBe(200);
    for (const { type, msg_id, tid } of body.data) {
      kinds.add(type);
      ids.push(msg_id ?? tid ?? "");
    }
    return kinds.size === 5;
  });
  expect(new Set(ids).size).toBe(ids.length);
});

it.each(["sse", "websocket"] as const)("streams the room by %s, in the order of its log", async (by) => {
  const client = new DyliveClient({ url: base, token, WebSocket });
  const seqs: number[] = [];
  for await (const event of client.follow(ROOM, { after: "0", by, types: ["chat", "gift", "join", "like", "follow"] })) {
    seqs.push(event.seq);
    if (seqs.length === 20) break;
  }
  expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b));
});

it("sends gifts to a webhook that a command made, and an export of another process sees what is stored", async () => {
  const receiver = await Receiver.start();
  const added = await ran(["hook", "add", receiver.url, "--allow-private", "--types", "gift"], env);
  expect(added).toMatchObject({ code: 0, stdout: expect.stringMatching(/^whsec_/) });
  await until(() => receiver.arrivals.length > 0);
  const out = (format: string) => join(dir.path, `room.${format}`);
  for (const format of ["xlsx", "jsonl"])
    expect(await ran(["export", ROOM, "--format", format, "--out", out(format)], env)).toMatchObject({ code: 0 });
  expect(readFileSync(out("xlsx")).toString("latin1")).toMatch(/^PK/);
  const events = readFileSync(out("jsonl"), "utf8").trim().split("\n");
  expect(events.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual(events.map((_, at) => at + 1));
  expect(await ran(["doctor", "--json", "--upstream", simulator.url], env)).toMatchObject({ stdout: expect.stringContaining('"server"') });
});

it("stops on SIGTERM with 0, and leaves a store in which nothing is wrong", async () => {
  server.process.kill("SIGTERM");
  expect(await server.ended).toBe(0);
  expect(await ran(["check"], env)).toMatchObject({ code: 0, stdout: "nothing is wrong\n" });
});
