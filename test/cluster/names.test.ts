// Guards: all names of a room lead to one connection and one log, which holds what was sent.
import { expect, it } from "vitest";
import { askedEachSecond, ROOMS } from "../platform/links/named.js";
import { holdNames } from "./names-property.js";
import { ALIKE } from "./truth.js";

it("whatever rooms are called and whatever is done with them, every log is what was sent, by one connection a room", {
  timeout: 180_000,
  tags: ["full"],
}, async () => {
  expect(await holdNames(5)).toBeGreaterThan(50);
});

it("rooms that are asked for by every name each second are stored as they are sent", { tags: ["full"] }, async () => {
  const seen = await askedEachSecond(6, 1);
  expect(seen).toMatchObject({ unlike: ROOMS.map(() => ALIKE), findings: [], notLive: [], errors: [] });
  expect(seen.connectionsAtOnce).toBe(1);
  expect(seen.chats).toBeGreaterThan(10);
});
