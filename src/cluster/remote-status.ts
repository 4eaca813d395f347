import { quietStatus } from "../health/paused.js";
import type { RoomStatus } from "../health/state.js";
import type { RoomKey } from "../store/log.js";
import type { ViewedRoom } from "./wanted-rooms-view.js";

/** Time without a collector after which a room has failed, in ms: one whose collector is gone has another one within seconds. */
const TAKE_OVER_MS = 60_000;

/** Returns a room's status as its collector told it, and the truth where that collector is gone. Null when nobody has met the room. */
export function shownStatus({ row, report }: ViewedRoom, now: number): RoomStatus | null {
  const status = report?.status ?? null;
  if (status === null || row.owner !== null) return status;
  const { toldAt } = row;
  const since = toldAt === null ? status.evidence.since : Math.min(toldAt, now);
  const isLate = now - since > TAKE_OVER_MS;
  const reason = isLate
    ? "the process that collected it is gone, and no other has taken it; `dylive cluster` shows who collects"
    : "the process that collected it is gone; another takes it over";
  return { ...status, state: isLate ? "failed" : "connecting", evidence: { ...status.evidence, reason, since } };
}

/** Returns the status of a room that the store knows and that no process of the cluster has taken yet. */
export function unclaimedStatus(room: RoomKey, now: number): RoomStatus {
  return quietStatus(room, "resolving", "no process of the cluster collects it yet; `dylive cluster` shows who collects", now);
}
