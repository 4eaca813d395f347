import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { LiveEvent } from "../../src/events/event.js";
import { createToken } from "../../src/http/tokens.js";
import { catchUp } from "../../src/statistics/reader.js";
import { openVocabulary } from "../../src/statistics/words.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { readAll } from "../contracts/harness.js";
import { everything } from "../contracts/statistics.js";
import { bodies, collected, made, older, units } from "../ingest/older.js";
import { until } from "../until.js";
import { type Run, ran, scratch, serving } from "./command.js";

const dir = scratch();
const fresh = scratch();
const env = { DYLIVE_DATA: dir.path, DYLIVE_PORT: "0" };
let token = "";
let before: readonly LiveEvent[] = [];
let room = 0;
let server: Run | null = null;
afterAll(async () => {
  server?.process.kill("SIGTERM");
  await server?.ended;
  dir.remove();
  fresh.remove();
});

beforeAll(async () => {
  const store = openSqliteStore({ path: join(dir.path, "dylive.sqlite") });
  const kept = await collected(store, older, join(dir.path, "raw"));
  before = await kept.events();
  room = kept.room;
  await catchUp(store, await openVocabulary());
  token = (await createToken(store.tokens, { name: "test", scope: "admin", now: 0 })).token;
  await store.close();
});

/** What is kept in the folder now. */
async function look() {
  const store = openSqliteStore({ path: join(dir.path, "dylive.sqlite") });
  const { events } = await readAll(store.log, room, 0, 20_000);
  const statistics = await everything(store, room, [made.roomId]);
  await store.close();
  return { events, statistics };
}

it("what an older decoder collected is decoded anew by a server: as if this version had collected it, seq and id kept", async () => {
  const wanted = await collected(openSqliteStore({ path: ":memory:" }), undefined, join(fresh.path, "raw"));
  const started = await serving(env);
  server = started.server;
  const url = started.base;
  const call = async (path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    return (await (await fetch(url + path, { ...init, headers })).json()) as Record<string, unknown>;
  };
  const { id } = await call(`/v1/rooms/98765/redecode`, { method: "POST", body: "{}" });
  const task = await until(async () => {
    const one = await call(`/v1/tasks/${id}`);
    return one["state"] === "running" ? null : one;
  });
  expect(task).toMatchObject({ state: "done", error: null, result: { sessions: [made.roomId], erased: 0, refused: 0, lostBytes: 0 } });
  const { events } = await look();
  expect(events.slice(0, before.length).map(({ seq, id }) => [seq, id])).toEqual(before.map(({ seq, id }) => [seq, id]));
  const whole = await wanted.events();
  expect(bodies(events)).toEqual(bodies(whole));
  expect(units(events)).toEqual(units(whole));
  expect(events.slice(0, before.length).filter(({ revision }) => revision === 1).length).toBeGreaterThan(50);
  const late = events.slice(before.length);
  expect(late.length).toBe((task["result"] as { appended: number }).appended);
  expect(late.every(({ time, revision }) => time < Math.max(...before.map((one) => one.time)) + 1 && revision === 0)).toBe(true);

  await until(async () => (await call("/v1/rooms/98765/sessions"))["sessions"] !== undefined && (await behind(call)) === 0);
  const vocabulary = await openVocabulary();
  const store = openSqliteStore({ path: ":memory:" });
  const again = await collected(store, undefined, join(fresh.path, "again"));
  await catchUp(store, vocabulary);
  const [now, then] = [(await look()).statistics, await everything(store, again.room, [made.roomId])];
  const [ours, theirs] = [now.sessions[0], then.sessions[0]];
  // Combos that the older decoder took for settled have no event that settles them; nothing else may differ.
  for (const key of ["units", "diamonds", "unpricedUnits", "likes", "firstAt"] as const)
    expect([key, ours?.totals[key]]).toEqual([key, theirs?.totals[key]]);
  expect({ ...ours?.totals.types, gift: 0 }).toEqual({ ...theirs?.totals.types, gift: 0 });
  expect([ours?.people, ours?.chatters, ours?.gifters]).toEqual([theirs?.people, theirs?.chatters, theirs?.gifters]);
  const gifts = (found: typeof now) =>
    found.parts.map(({ gifts: groups, people }) => [
      groups.map((group) =>
        group.map(({ userId, receiverId, giftId, units: count, diamonds }) => [userId, receiverId, giftId, count, diamonds]),
      ),
      people.map((order) =>
        order.map(({ userId, chats, likes, joins, units: count, diamonds }) => [userId, chats, likes, joins, count, diamonds]),
      ),
    ]);
  expect(gifts(now)).toEqual(gifts(then));
  server.process.kill("SIGTERM");
  expect(await server.ended).toBe(0);
  expect(await ran(["check"], env)).toMatchObject({ code: 0, stdout: "nothing is wrong\n" });

  const cli = await ran(["redecode", "98765", "--json"], env);
  expect([cli.code, cli.stderr]).toEqual([0, expect.stringMatching(/broadcasts, 800 messages\n$/)]);
  expect(JSON.parse(cli.stdout)).toMatchObject({ replaced: 0, regifted: 0, appended: 0 });
});

async function behind(call: (path: string) => Promise<Record<string, unknown>>): Promise<number> {
  const { sessions } = (await call("/v1/rooms/98765/sessions")) as { sessions: { totals: { behind: number } | null }[] };
  return sessions[0]?.totals?.behind ?? -1;
}
