// Guards: a reader that hops between two servers gets every event once, in order.
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Api, startApi } from "../../src/http/server.js";
import { createToken } from "../../src/http/tokens.js";
import { systemClock } from "../../src/runtime/clock.js";
import { openPostgresStore, type PostgresStore } from "../../src/store/postgres/store.js";
import { chat } from "../contracts/events.js";
import { type Claimed, claimed } from "../contracts/harness.js";
import { FakeManager } from "../http/fake-manager.js";
import { until } from "../until.js";
import { dropDatabase, newDatabase } from "./database.js";

const logger = pino({ level: "silent" });
let url: string;
let stores: PostgresStore[];
let nodes: Api[];
let token: string;
let room: Claimed;

beforeAll(async () => {
  url = await newDatabase();
});
afterAll(() => dropDatabase(url));
beforeEach(async () => {
  stores = await Promise.all([openPostgresStore({ url }), openPostgresStore({ url })]);
  nodes = await Promise.all(
    stores.map((store) => startApi({ host: "127.0.0.1", port: 0, store, rooms: new FakeManager(store), clock: systemClock, logger })),
  );
  const [store] = stores;
  if (store === undefined) throw new Error("no store");
  token = (await createToken(store.tokens, { name: "t", scope: "read", now: Date.now() })).token;
  room = await claimed(store, String(Date.now()));
});
afterEach(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  await Promise.all(stores.map((store) => store.close()));
});

/** An id as the platform makes them: the document has numbers only. */
const idOf = (n: number) => (7_000_000_000_000_000_000n + BigInt(n)).toString();

/** What a client of the document is given; the name of the room is what it asks for. */
async function ask(node: number, more = ""): Promise<readonly string[]> {
  const name = (await stores[0]?.rooms.aliases(room.room))?.[0]?.value;
  const answer = await fetch(`${nodes[node]?.url}/douyin/liveroom/chat?room_id=${name}&token=${token}${more}`);
  const body = (await answer.json()) as { code: number; data: readonly { tid: string }[] };
  expect(body.code).toBe(200);
  return body.data.map(({ tid }) => tid);
}

describe("two servers of one store", () => {
  it("give a reader that hops between them every event once, in order", async () => {
    await ask(0);
    const all = Array.from({ length: 150 }, (_, n) => idOf(n));
    const written = (async () => {
      for (let at = 0; at < all.length; at += 5) {
        await room.append(...all.slice(at, at + 5).map((id) => chat(id)));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    const got: string[] = [];
    for (let call = 0; got.length < all.length && call < 2000; call++)
      got.push(...(await ask((call * 7 + (call >> 2)) % 2, "&limit=30&wait=1")));
    await written;
    expect(got).toEqual(all);
  });

  it("end a call that waits at the one for a newer one at the other, and lose nothing by it", async () => {
    await ask(0);
    let ended = false;
    const older = ask(0, "&wait=30").finally(() => {
      ended = true;
    });
    await until(async () => (await nodesWaiting()) === 1);
    const newer = ask(1, "&wait=30");
    await until(() => ended); // long before it would have by itself
    expect(await older).toEqual([]);
    await room.append(chat(idOf(1)));
    expect(await newer).toEqual([idOf(1)]);
  });
});

/** Calls that wait at both. */
async function nodesWaiting(): Promise<number> {
  const texts = await Promise.all(
    nodes.map(async ({ url: at }) => (await fetch(`${at}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text()),
  );
  return texts.reduce((sum, text) => sum + Number(/dylive_readers\{kind="poll"\} (\d+)/.exec(text)?.[1] ?? 0), 0);
}
