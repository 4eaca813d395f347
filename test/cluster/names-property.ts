import fc from "fast-check";
import { expect } from "vitest";
import type { Store } from "../../src/store/store.js";
import { ACTS, type Act, acted, NAMES, ROOMS } from "../platform/links/named.js";
import { ALIKE } from "./truth.js";

const act: fc.Arbitrary<Act> = fc.record({
  what: fc.oneof({ weight: 4, arbitrary: fc.constant("request" as const) }, { weight: 6, arbitrary: fc.constantFrom(...ACTS) }),
  room: fc.nat(ROOMS.length - 1),
  name: fc.nat(NAMES - 1),
  waitMs: fc.oneof(fc.constant(0), fc.constantFrom(100, 300, 700, 2500)),
});

/** A request comes upon the pause of a room that is being added: it is collected all the same. */
const PAUSED_WHILE_ADDED: Act[] = [
  { what: "add", room: 0, name: 1, waitMs: 100 },
  { what: "pause", room: 0, name: 0, waitMs: 0 },
  { what: "request", room: 0, name: 1, waitMs: 0 },
];

/**
 * Asks for, adds, pauses and removes rooms by random names of theirs, some at the same time, while events flow: every room's log is what the
 * simulator sent, and no room ever has two connections.
 * @param open opens an empty store for a run; one in memory by default
 * @returns chats that were sent in all runs
 */
export async function holdNames(numRuns: number, open?: () => Promise<Store>): Promise<number> {
  let chats = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 25 }), fc.constantFrom(1, 5, 20), async (acts, rateFactor) => {
      const seen = await acted(acts, rateFactor, open);
      chats += seen.chats;
      expect(seen).toMatchObject({ unlike: ROOMS.map(() => ALIKE), findings: [], notLive: [], errors: [] });
      expect(seen.connectionsAtOnce).toBeLessThanOrEqual(1);
      expect(seen.stopMs).toBeLessThan(4000);
    }),
    { numRuns, endOnFailure: true, includeErrorInReport: true, examples: [[PAUSED_WHILE_ADDED, 1]] },
  );
  return chats;
}
