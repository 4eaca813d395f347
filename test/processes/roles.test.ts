// Guards: a collector and a server of one database serve a room that is asked for, and another collector takes over what stops.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { chat } from "../e2e/command.js";
import { until } from "../until.js";
import { type ClusterDatabase, clusterDatabase } from "./database.js";
import { TestCluster } from "./processes.js";

const ROOM = "100000002";
let database: ClusterDatabase;
let simulator: Simulator;
let cluster: TestCluster;

beforeAll(async () => {
  database = await clusterDatabase();
  simulator = await startSimulator({ rateFactor: 5 });
  cluster = new TestCluster({ url: database.url, platform: simulator.url });
});
afterAll(async () => {
  await cluster.close();
  await simulator.close();
  await database.remove();
});

const connections = () => simulator.truth(ROOM).connections.filter(({ closedAt }) => closedAt === null).length;

describe("a collector and a server of one database", () => {
  it("serve a room that is asked for, and others take over what stops", async () => {
    const collector = await cluster.start("collector", "collect");
    const server = await cluster.start("server", "serve");
    const token = await cluster.token();
    const asked = async (base: string, cursor: string) =>
      chat(base, { token, room_id: ROOM, cursor, limit: "500", wait: "5" }).then(({ status, body, headers }) => ({
        status,
        events: body.data,
        next: headers.get("x-next-cursor") ?? cursor,
      }));
    // Until a collector has taken the room, which a loaded machine is slow at, the server may say that it is not there yet.
    const first = await until(async () => {
      const answer = await asked(server.base, "0");
      expect([200, 503]).toContain(answer.status);
      return answer.status === 200 && answer.events.length > 0 && answer;
    });
    await until(() => connections() === 1);

    const text = async (path: string, base = collector.base) => {
      const response = await fetch(`${base}${path}`, { headers: { authorization: `Bearer ${token}` } });
      return { status: response.status, text: await response.text() };
    };
    expect((await text("/healthz")).status).toBe(200);
    const isLive = async (base: string) => /dylive_rooms\{state="live"\} 1/.test((await text("/metrics", base)).text);
    await until(() => isLive(collector.base));
    for (const path of ["/v1/rooms", "/douyin/liveroom/chat?room_id=1", "/", "/openapi.json"]) expect((await text(path)).status).toBe(404);
    const jobs = await database.rows<{ name: string }>("SELECT j.name FROM jobs j JOIN members m ON m.id = j.owner WHERE m.role = 'serve'");
    expect(jobs.map(({ name }) => name)).toEqual(expect.arrayContaining(["hooks", "retention", "derived"]));

    // Another collector comes, and the first one goes: the room moves, and readers go on where they were.
    const other = await cluster.start("other", "collect");
    expect(await collector.stop()).toBe(0);
    await until(() => isLive(other.base));
    const later = await until(async () => {
      const answer = await asked(server.base, first.next);
      expect(answer.status).toBe(200);
      return answer.events.length > 0 && answer;
    });
    const given = new Set(first.events.map(({ msg_id, tid }) => msg_id ?? tid));
    expect(later.events.filter(({ msg_id, tid }) => given.has(msg_id ?? tid))).toEqual([]);
    // The move took a moment, which is told.
    const gaps = await database.rows<{ body: string }>("SELECT body FROM events WHERE type = 'gap'");
    expect(gaps.map(({ body }) => JSON.parse(body))).toMatchObject([{ reason: "dylive was not collecting" }]);
    expect(await other.stop()).toBe(0);
    expect(await server.stop()).toBe(0);
    expect(await cluster.command("check")).toMatchObject({ code: 0 });
    expect(await database.rows("SELECT 1 FROM members")).toEqual([]);
  }, 300_000);
});
