// Guards: a restored log gets a new id and takes nothing of a process that was overlooked.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { renewLog } from "../../src/store/postgres/admin.js";
import { openPostgresStore, type PostgresStore } from "../../src/store/postgres/store.js";
import { chat } from "../contracts/events.js";
import { readAll } from "../contracts/harness.js";
import { dropDatabase, newDatabase, runSql } from "./database.js";

let url: string;
const open: PostgresStore[] = [];

beforeEach(async () => {
  url = await newDatabase();
});
afterEach(async () => {
  await closeAll();
  await dropDatabase(url);
});

async function openStore(): Promise<PostgresStore> {
  const store = await openPostgresStore({ url });
  open.push(store);
  return store;
}
const closeAll = () => Promise.all(open.splice(0).map((store) => store.close()));

const WEB_RID = { kind: "web_rid", value: "1" } as const;

describe("a log that was restored", () => {
  it("has another id, and all that was in it", async () => {
    const store = await openStore();
    const room = await store.rooms.ensure([WEB_RID]);
    const epoch = await store.rooms.claim(room);
    await store.log.append([{ room, epoch, events: [{ ...chat("1"), room }] }]);
    await closeAll();

    const { name, before, after } = await renewLog(url);
    expect([before, name]).toEqual([store.log.id, expect.stringMatching(/^127\.0\.0\.1:\d+\/t_/)]);
    expect(after).toMatch(/^[\w-]{12}$/);
    const again = await openStore();
    expect(again.log.id).toBe(after);
    expect(after).not.toBe(before);
    expect((await readAll(again.log, room)).events).toHaveLength(1);
  });

  it("takes nothing of a process that was overlooked, also when what it had claimed is lost", async () => {
    const overlooked = await openStore();
    const room = await overlooked.rooms.ensure([WEB_RID]);
    for (let i = 0; i < 3; i++) await overlooked.rooms.claim(room);
    const epoch = await overlooked.rooms.claim(room);
    // As a standby that lacks the last three claims.
    await runSql(url, `UPDATE heads SET epoch = 1 WHERE room = ${room}`);

    await renewLog(url);
    const store = await openStore();
    for (let i = 0; i < 3; i++) await store.rooms.claim(room);
    expect(await overlooked.log.append([{ room, epoch, events: [{ ...chat("1"), room }] }])).toMatchObject([{ room, fenced: true }]);
  });

  it("gives no room and no process an id of the part that is lost", async () => {
    const before = await openStore();
    await before.rooms.ensure([WEB_RID]);
    await before.cluster.leases.join({ name: "a", role: "all", capacity: 1 });
    await closeAll();
    await runSql(
      url,
      "SELECT setval(pg_get_serial_sequence('rooms', 'room'), 1, false), setval(pg_get_serial_sequence('members', 'id'), 1, false)",
    );

    await renewLog(url);
    const store = await openStore();
    expect(await store.rooms.ensure([{ ...WEB_RID, value: "2" }])).toBeGreaterThan(1000);
    expect((await store.cluster.leases.join({ name: "b", role: "all", capacity: 1 })).id).toBeGreaterThan(1000);
    expect((await store.cluster.leases.members()).map(({ name }) => name)).toEqual(["b"]);
  });

  it("keeps its id while a process has it open, which is named", async () => {
    const store = await openStore();
    await store.cluster.leases.join({ name: "collector-1", role: "all", capacity: 1 });
    await expect(renewLog(url)).rejects.toMatchObject({ code: "in_use", detail: expect.stringContaining("collector-1") });
    expect((await openStore()).log.id).toBe(store.log.id);
  });

  it("is none in an empty database, which stays empty", async () => {
    const empty = await newDatabase("template0");
    await expect(renewLog(empty)).rejects.toMatchObject({ code: "bad_config", detail: expect.stringContaining("there is no store in") });
    expect(await runSql(empty, "SELECT count(*)::int AS n FROM pg_tables WHERE schemaname = 'public'")).toEqual([{ n: 0 }]);
    await dropDatabase(empty);
  });
});
