// Guards: a room that is asked for by all of its names is collected over one connection, and its chats are stored once.
import { expect, it } from "vitest";
import { holdNames } from "../cluster/names-property.js";
import { ALIKE } from "../cluster/truth.js";
import { askedEachSecond, ROOMS } from "../platform/links/named.js";
import { measured } from "./measured.js";

it("a hundred random ways to ask for, add, pause and remove rooms by all of their names, in full", async () => {
  const chats = await holdNames(100);
  expect(chats).toBeGreaterThan(1000);
  measured("100 random orders of requests by names of rooms", `${chats} chats sent, 0 lost, 0 twice, never two connections to a room`);
});

it.each([1, 2, 5, 20])(
  "rooms that are asked for by every name each second for two minutes are stored as they are sent, at rate %d",
  async (rate) => {
    const seen = await askedEachSecond(120, rate);
    expect(seen).toMatchObject({ unlike: ROOMS.map(() => ALIKE), findings: [], notLive: [], errors: [] });
    expect(seen.connectionsAtOnce).toBe(1);
    expect(seen.chats).toBeGreaterThan(200 * rate);
    measured(
      `Every name of three rooms asked for each second for two minutes, at rate ${rate}`,
      `${seen.chats} chats sent, 0 lost, 0 twice, one connection a room`,
    );
  },
);
