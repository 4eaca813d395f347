// Guards: one browser serves 200 rooms, and none of their messages is lost.
import { expect, it } from "vitest";
import { startSimulator } from "../../simulator/index.js";
import { GUEST, liveRooms, NEVER, openSession, viaSocket } from "../browser/rooms.js";
import { until } from "../until.js";
import { measured, residentMb } from "./measured.js";

const ROOMS = 200;
const FOR_MS = 60_000;

it(`${ROOMS} rooms are served by one browser, ten contexts of twenty`, async () => {
  const simulator = await startSimulator({ rooms: liveRooms(ROOMS) });
  const session = await openSession(simulator);
  try {
    const started = performance.now();
    const seats = await Promise.all(Array.from({ length: ROOMS }, () => session.take(GUEST, NEVER)));
    expect(await session.status()).toMatchObject({ contexts: 10, rooms: ROOMS, starts: 1 });
    const room = (index: number) => `${300_000_001 + index}`;
    const collected = await Promise.all(seats.map((identity, index) => viaSocket(simulator, identity, room(index))));
    const connected = () => collected.every((_, index) => simulator.truth(room(index)).connections.length > 0);
    await until(connected);
    const connectedMs = performance.now() - started;
    await new Promise((resolve) => setTimeout(resolve, FOR_MS));
    for (let index = 0; index < ROOMS; index++) simulator.rooms.end(room(index));
    await until(() => collected.every(({ messages }, index) => messages.size === simulator.truth(room(index)).sent.messages));
    expect(collected.filter(({ error }) => error !== null)).toEqual([]);
    expect(simulator.refusals()).toEqual([]);
    const messages = collected.reduce((sum, each) => sum + each.messages.size, 0);
    const memory = await residentMb((await session.processes()).map(({ id }) => id));
    measured(
      "rooms served by one browser",
      `${ROOMS} rooms in 10 contexts: all connected in ${(connectedMs / 1000).toFixed(1)} s, ${messages} messages, none lost, browser ${memory} MB`,
    );
    for (const each of collected) each.stop();
  } finally {
    await session.close();
    await simulator.close();
  }
});
