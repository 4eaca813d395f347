import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { exportPieces } from "../../src/exports/export.js";
import type { ExportPlan } from "../../src/exports/plan.js";
import { openSidecar } from "../../src/exports/sidecars.js";
import { openPostgresStore } from "../../src/store/postgres/store.js";
import { FakeClock } from "../clock.js";
import { chat } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { useFolders } from "../store/directory.js";
import { dropDatabase, newDatabase } from "./database.js";

const newFolder = useFolders();
const SIGNAL = new AbortController().signal;

it("danmaku are written beside recordings from PostgreSQL, in the order of their time and once", async () => {
  const url = await newDatabase();
  const startMs = Date.UTC(2024, 10, 25, 12);
  const clock = new FakeClock(startMs + 3_600_000);
  const store = await openPostgresStore({ url });
  onTestFinished(async () => {
    await store.close();
    await dropDatabase(url);
  });
  const { room, append } = await claimed(store);
  const at = (seconds: number) => ({ time: startMs + seconds * 1000, receivedAt: startMs + seconds * 1000, room });
  // Ids of the platform tell the day, by which PostgreSQL keeps events.
  const say = (number: number, seconds: number) =>
    append(chat(`74401${String(number).padStart(14, "0")}`, { ...at(seconds), text: `第${number}句` }));
  const folder = join(newFolder(), "films");
  mkdirSync(folder);
  const film = (name: string, endS: number) => {
    writeFileSync(join(folder, name), "film");
    utimesSync(join(folder, name), startMs / 1000 + endS, startMs / 1000 + endS);
  };
  film("2024-11-25 12-00-00.flv", 600);
  film("2024-11-25 12-10-00.flv", 1200);
  for (const [number, seconds] of [5, 700, 20, 599, 600].entries()) await say(number, seconds);
  const exported = async function* (plan: ExportPlan, signal: AbortSignal) {
    for await (const { bytes } of exportPieces(store, plan, signal)) yield bytes;
  };
  const choice = {
    folder,
    room,
    formats: ["xml", "jsonl"] as const,
    namePattern: null,
    timeZone: "Z",
    offsetMs: 0,
    finishedAfterMs: 60_000,
  };
  const read = () =>
    ["12-00-00", "12-10-00"].map((time) =>
      [...readFileSync(join(folder, `2024-11-25 ${time}.xml`), "utf8").matchAll(/p="([\d.]+),/g)].map(([, place]) => Number(place)),
    );
  const { sidecar, close } = await openSidecar({ store, exported, clock, tell: () => {} }, choice);
  expect(await sidecar.look(SIGNAL)).toBe(true);
  expect(read()).toEqual([
    [5, 20, 599],
    [0, 100],
  ]);
  await expect(openSidecar({ store, exported, clock, tell: () => {} }, choice)).rejects.toMatchObject({ code: "in_use" });
  await say(9, 30);
  close();
  const next = await openSidecar({ store, exported, clock, tell: () => {} }, choice);
  expect(await next.sidecar.look(SIGNAL)).toBe(true);
  next.close();
  expect(read()[0]).toEqual([5, 20, 30, 599]);
  expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([`.dylive-sidecar-${room}.json`]);
});
