// Guards: the program on PostgreSQL loses nothing that it gave out when it is killed or its database is away.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PostgresServer, startPostgres } from "../../bench/postgres/server.js";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { chat, dylive, type Run, ran, scratch } from "../e2e/command.js";
import { loadRoom } from "../e2e/load-room.js";
import { until } from "../until.js";
import { Receiver, verify } from "../webhooks/receiver.js";

const ROOM = "200000001";
/** Programs start slowly beside other work: only what hangs is cut. */
const HANGS_MS = 240_000;
const dir = scratch();
let server: PostgresServer;
let simulator: Simulator;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  server = await startPostgres();
  simulator = await startSimulator({
    rooms: [loadRoom(ROOM, 60)],
  });
  env = { DYLIVE_DATA: dir.path, DYLIVE_PORT: "0", DATABASE_URL: `${server.url}/postgres`, DYLIVE_UPSTREAM: simulator.url };
});
afterAll(async () => {
  await simulator.close();
  await server.remove();
  dir.remove();
});

async function serve(): Promise<{ run: Run; base: string }> {
  const run = dylive(["serve"], env);
  return { run, base: (await run.printed(/listens on (http:\S+)/))[1] ?? "" };
}

/** Reads a room on from a cursor, and keeps every message's id. */
function reader(token: string) {
  const got: string[] = [];
  let cursor = "0";
  const poll = async (base: string) => {
    const answer = await chat(base, { token, room_id: ROOM, cursor, limit: "500", wait: "1" });
    if (answer.status !== 200) return answer.status;
    cursor = answer.headers.get("x-next-cursor") ?? cursor;
    for (const event of answer.body.data) got.push(event.msg_id ?? event.tid ?? "");
    return answer.status;
  };
  return { got, poll };
}

const health = async (base: string) => (await (await fetch(`${base}/healthz`)).json()) as { status: string; database?: string };

/** `dylive …` on this database: how it ended, and what it said. Its address is never told. */
async function says(...args: readonly string[]): Promise<{ code: number | string; stdout: string; stderr: string }> {
  const said = await ran(args, env);
  expect(`${said.stdout}${said.stderr}`).not.toContain("postgres://");
  return said;
}

describe("dylive with a DATABASE_URL", () => {
  let token = "";
  let running: { run: Run; base: string };
  const read = { seen: 0 };

  it(
    "finds an empty database, and makes the store in it",
    async () => {
      const doctor = await says("doctor", "--json"); // it changes nothing
      const check = await says("check");
      const { findings } = JSON.parse(doctor.stdout) as { findings: { layer: string; detail: string }[] };
      expect(findings.find(({ layer }) => layer === "store")?.detail).toMatch(/PostgreSQL 17.* at .*\/postgres, empty.*fsync = off/);
      expect(check).toMatchObject({ code: 2, stderr: expect.stringContaining("there is no store in") });
      token = (await says("token", "create", "--name", "t", "--scope", "admin")).stdout.trim();
    },
    HANGS_MS,
  );

  it(
    "serves, delivers, and loses nothing that it gave out when it is killed",
    async () => {
      const receiver = await Receiver.start();
      const added = await says("hook", "add", receiver.url, "--allow-private", "--types", "chat,gift");
      const [first, other] = [reader(token), reader(token)];
      const before = await serve();
      await until(async () => (await first.poll(before.base)) === 200 && first.got.length > 50);
      expect(await health(before.base)).toMatchObject({ status: "ok", database: "ok" });
      const stream = await fetch(`${before.base}/v1/events/stream?rooms=${ROOM}&after=0`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const chunk = await stream.body?.getReader().read();
      expect([stream.status, new TextDecoder().decode(chunk?.value)]).toEqual([200, expect.stringMatching(/^(id|event|retry|:)/)]);
      const arrival = await until(() => receiver.arrivals[0]);
      verify(added.stdout.trim(), arrival);
      before.run.process.kill("SIGKILL");
      await before.run.ended;

      running = await serve();
      const count = first.got.length;
      await until(async () => (await first.poll(running.base)) === 200 && first.got.length > count + 50);
      await until(async () => (await other.poll(running.base)) === 200 && other.got.length >= first.got.length);
      expect(other.got.slice(0, first.got.length)).toEqual(first.got);
      expect(new Set(other.got).size).toBe(other.got.length);
      read.seen = other.got.length;
    },
    HANGS_MS,
  );

  it(
    "goes on when the database was away, and finds everything in its place",
    async () => {
      const { run, base } = running;
      const { got, poll } = reader(token);
      await server.stop("SIGQUIT");
      await until(async () => (await health(base)).database === "away");
      expect(await says("room", "list")).toMatchObject({ code: 1, stderr: expect.stringMatching(/The database cannot be reached/) });
      await server.start();
      await until(async () => (await health(base)).database === "ok");
      await until(async () => (await poll(base)) === 200 && got.length > read.seen + 50);
      expect(new Set(got).size).toBe(got.length);
      expect(run.stderr()).toMatch(/the database cannot be reached and is looked for.*\n(.*\n)*.*the database is back after/);
      run.process.kill("SIGTERM");
      expect(await run.ended).toBe(0);
      expect(run.stderr()).not.toMatch(/Warning/);
      expect(await says("check")).toMatchObject({ code: 0, stdout: "nothing is wrong\n" });
    },
    HANGS_MS,
  );
});
