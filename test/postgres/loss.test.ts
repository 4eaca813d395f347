// Guards: a PostgreSQL server that goes away and comes back loses and doubles no acknowledged event.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PostgresServer, startPostgres } from "../../bench/postgres/server.js";
import { check } from "../../src/store/check.js";
import { openPostgresStore, type PostgresStore } from "../../src/store/postgres/store.js";
import { FakeClock, fastClock } from "../clock.js";
import { chat } from "../contracts/events.js";
import { claimed, readAll } from "../contracts/harness.js";
import { until } from "../until.js";
import { runSql } from "./database.js";

let server: PostgresServer;
let store: PostgresStore;

beforeAll(async () => {
  server = await startPostgres();
  store = await openPostgresStore({ url: `${server.url}/postgres`, clock: fastClock(20) });
});
afterAll(async () => {
  await store.close();
  await server.remove();
});

describe("a server that goes away", () => {
  it("is told as such, and everything goes on when it is back, with each acknowledged event once", async () => {
    const { room, epoch } = await claimed(store);
    const stop = new AbortController();
    const wakes = store.log.wakes(stop.signal)[Symbol.asyncIterator]();
    const other = await openPostgresStore({ url: `${server.url}/postgres` });
    // It goes away in the middle of the appends, and comes back when it was missed: the last append begins while it is away.
    let gone: Promise<void> | undefined;
    let missed = () => {};
    const restarted = new Promise<void>((resolve) => {
      missed = resolve;
    }).then(() => server.start());
    const appending = (async () => {
      const refused: unknown[] = [];
      for (let n = 0; n < 60; n++) {
        if (n === 59) await gone;
        // As the pipeline does: the same batch until it is acknowledged.
        for (let tries = 0; ; tries++) {
          try {
            await other.log.append([{ room, epoch, events: [chat(`n${n}`)] }]);
            break;
          } catch (error) {
            refused.push(error);
            void gone?.then(missed);
            if (tries > 2000) throw error;
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        }
        if (n === 20) gone = server.stop("SIGQUIT");
      }
      return refused;
    })();
    const reading = (async () => {
      for (let seen = 0; seen < 60; ) {
        if ((await wakes.next()).done === true) return;
        seen += (await store.log.readRoom(room, seen, 100).catch(() => ({ events: [] }))).events.length;
      }
    })();
    const refused = await appending;
    await restarted;
    await reading;
    expect(refused.length).toBeGreaterThan(0);
    for (const error of refused) expect(error).toMatchObject({ code: "store_unreachable" });
    const { events } = await readAll(store.log, room);
    expect(events.map(({ id }) => id)).toEqual(Array.from({ length: 60 }, (_, n) => `n${n}`));
    expect(await check(store.log)).toEqual([]);
    stop.abort();
    await other.close();
  });

  it("wakes readers by looking, when notices are lost", async () => {
    const clock = new FakeClock();
    const reader = await openPostgresStore({ url: `${server.url}/postgres`, clock });
    const { room, epoch } = await claimed(reader, "polled");
    const stop = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const _ of reader.log.wakes(stop.signal))
        seen.push(...(await reader.log.readRoom(room, seen.length, 9)).events.map(({ id }) => id));
    })();
    await store.log.append([{ room, epoch, events: [chat("1")] }]);
    await until(() => seen.length === 1);
    // Whoever listens is cut off, and its clock stands still: it does not connect again.
    await runSql(`${server.url}/postgres`, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'");
    await store.log.append([{ room, epoch, events: [chat("2")] }]);
    for (let turn = 0; turn < 500 && seen.length < 2; turn++) await clock.advance(turn % 10 === 0 ? 1000 : 0);
    await until(() => seen.length === 2);
    stop.abort();
    await reading;
    await reader.close();
  });
});
