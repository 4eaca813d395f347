import { type NewEvent, USUAL_TYPES } from "../../src/events/event.js";
import { makeCorpus } from "../corpus-file.js";
import { load, originOf } from "../decode/cases.js";

/**
 * Events as a busy room has them and readers are shown them, from the simulator's corpus. Gifts have not been through the ledger, which changes
 * nothing of their length.
 */
export async function roomEvents(frames: number, seed: string): Promise<readonly NewEvent[]> {
  const { inflated, roomId } = makeCorpus(frames, seed);
  const decode = await load("dylive");
  return inflated
    .flatMap((frame) => decode(frame, originOf(roomId)))
    .map(({ event }) => event)
    .filter(({ type }) => USUAL_TYPES.includes(type));
}
