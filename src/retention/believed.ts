import type { LiveEvent } from "../events/event.js";

/** Bound on the difference between clocks that are set right, in ms. */
const AHEAD_MS = 86_400_000;

/** Whether an event may have been received when it says, by the clock of this machine, ms UTC. */
export function isBelieved({ receivedAt }: Pick<LiveEvent, "receivedAt">, now: number): boolean {
  return receivedAt <= now + AHEAD_MS;
}
