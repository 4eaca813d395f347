// Guards: the status of a room without news is published again within half a minute, for a database that has forgotten it.
import { expect, it } from "vitest";
import { StatusPublisher } from "../../src/cluster/status-publisher.js";
import type { Collector } from "../../src/collector/collector.js";
import { readReport } from "../../src/collector/report.js";
import { RoomHealth } from "../../src/health/room-health.js";
import { FakeClock } from "../clock.js";
import { FakeWantedRooms } from "./fake-wanted-rooms.js";

const KEY = "web_rid:100000002";

it("publishes the status of a room without news every half a minute, also after the database was away", async () => {
  const clock = new FakeClock();
  const wantedRooms = new FakeWantedRooms(clock);
  await wantedRooms.ask({ kind: "web_rid", value: "100000002" });
  const health = new RoomHealth(clock);
  health.to("waiting", "the account is not live");
  const collector = { room: 1, health, status: () => null } as unknown as Collector;
  const errors: unknown[] = [];
  const collected = () => new Map([[KEY, { collector, over: false }]]);
  const publisher = new StatusPublisher({ member: 1, wantedRooms, clock, collected, onError: (error) => errors.push(error) });
  publisher.start();
  const state = async () => readReport((await wantedRooms.all())[0]?.told ?? null)?.state ?? null;
  const toldAt = async () => (await wantedRooms.all())[0]?.toldAt;
  await clock.advance(1000);
  expect(await state()).toBe("waiting");
  const first = await toldAt();
  await clock.advance(28_000);
  expect(await toldAt()).toBe(first);
  wantedRooms.lose();
  wantedRooms.failure = new Error("away");
  await clock.advance(15_000);
  wantedRooms.failure = null;
  await clock.advance(1000);
  publisher.stop();
  expect([await state(), errors]).toEqual(["waiting", [new Error("away")]]);
});
