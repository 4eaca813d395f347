// Guards: each session's counts are of what it brought itself, and a message counts once however many sessions bring it.
import { expect, it } from "vitest";
import { Sightings, seenIn } from "../../src/health/sightings.js";

const AT = 1_777_726_780_000;
const TWO = ["guest", "guest:2"];

/** Messages `from` to `to`, each brought by the sessions that `by` names. */
function bring(to: Sightings, [from, until]: readonly [number, number], by: (id: number) => readonly number[], isOld = false, at = AT) {
  for (let id = from; id < until; id++) for (const one of by(id)) to.see({ id: `${id}`, type: "chat", by: one, at, isOld });
}

it("counts what each session brought, what it alone brought, and what several brought", () => {
  const sightings = new Sightings([...TWO, "browser"]);
  bring(sightings, [0, 100], (id) => (id < 60 ? [0] : id < 90 ? [0, 1, 1] : [1]));
  expect(sightings.types.chat).toEqual({
    received: 100,
    shared: 30,
    sessions: { guest: { received: 90, alone: 60 }, "guest:2": { received: 40, alone: 10 }, browser: { received: 0, alone: 0 } },
  });
  expect(sightings.types.gift).toMatchObject({ received: 0, shared: 0 });
});

it("counts nothing that the log had before, but another session that brings what is counted", () => {
  const sightings = new Sightings(TWO);
  bring(sightings, [0, 5], () => [0], true);
  bring(sightings, [5, 6], () => [0]);
  bring(sightings, [5, 6], () => [1], true);
  expect(sightings.types.chat).toMatchObject({ received: 1, shared: 1 });
});

it("goes on in another process and with other sessions, and starts over with a broadcast", () => {
  const one = new Sightings(TWO);
  expect(one.counts).toBeNull();
  bring(one, [0, 60], (id) => (id % 3 === 0 ? [0] : [0, 1]));
  const kept = JSON.parse(JSON.stringify(one.counts));
  const two = new Sightings(["browser", "guest:2"]);
  two.begin(kept);
  bring(two, [60, 90], (id) => (id % 3 === 0 ? [0] : [0, 1]));
  const sessions = { guest: { received: 60, alone: 20 }, "guest:2": { received: 60, alone: 0 }, browser: { received: 30, alone: 10 } };
  expect(seenIn(two.counts ?? kept).chat).toEqual({ received: 90, shared: 60, sessions });
  two.begin(null);
  expect(two.counts).toBeNull();
});
