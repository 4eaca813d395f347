// Guards: The doctor of a server says what its rooms received against what was stored.
import { expect, it } from "vitest";
import { collectionOf } from "../../src/app/admin.js";
import type { RoomStatus } from "../../src/health/state.js";
import { roomStatus } from "../health/status.js";

const NOW = 1_000_000;
const room = (key: number, storage: Partial<RoomStatus["evidence"]["storage"]>, reason = "r"): RoomStatus =>
  roomStatus({ room: key, evidence: { reason }, storage });

it("the doctor of a server says what its rooms received against what was stored", () => {
  expect(collectionOf([], NOW)).toMatchObject({ layer: "collection", state: "skipped" });
  const well = room(1, { received: 90, stored: 80, waiting: 2, waitingSince: NOW - 100 });
  expect(collectionOf([well], NOW)).toMatchObject({
    state: "ok",
    detail: "1 room: 90 messages received, 80 events stored of them, 2 wait",
  });
  const held = room(2, { received: 10, stored: 0, waiting: 10, waitingSince: NOW - 20_000 }, "the store takes nothing now");
  const found = collectionOf([well, held], NOW);
  expect(found).toMatchObject({ state: "fail", todo: expect.stringContaining("disk") });
  expect(found.detail).toBe(
    "2 rooms: 100 messages received, 80 events stored of them, 12 wait; not stored in time: room 2: the store takes nothing now",
  );
});
