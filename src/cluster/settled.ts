import type { RoomHealth } from "../health/room-health.js";
import { answersCaller, type RoomStatus } from "../health/state.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { RosterEntry } from "./roster.js";

/**
 * Waits for a room that nobody has met yet, at most `settleMs`. @returns its status, as its collector says
 * @throws DyliveError what keeps it from being met
 */
export async function settled(
  held: RosterEntry,
  settleMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ readonly status: RoomStatus; readonly health: RoomHealth }> {
  const { collector } = held;
  const { health } = collector;
  const end = clock.now() + settleMs;
  held.wantedAt = clock.now();
  if (collector.room === null && !answersCaller(health.state)) {
    // One whose room another collector has ends, and would never answer.
    const over = new AbortController();
    void collector.run().then(() => over.abort());
    await health.settled(settleMs, AbortSignal.any([signal, over.signal]));
  }
  if (held.twin !== null) return settled(held.twin, Math.max(0, end - clock.now()), clock, signal);
  const { ending } = collector;
  const status = ending?.why === "paused" ? collector.health.status(ending.room) : collector.status();
  if (status !== null) return { status, health };
  const { problem, reason } = health;
  throw new DyliveError(problem ?? "room_unknown", problem === null ? `no answer within ${settleMs} ms` : reason);
}
