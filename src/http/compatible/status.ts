import { DyliveError } from "../../runtime/errors.js";
import type { Call } from "../calls.js";
import type { ApiParts } from "../parts.js";
import { isAlive, requestedRoom, sessionOf } from "./facts.js";

const ROOM_ID_DIGITS = 19;

interface Status {
  /** Null: nobody can tell at the moment. */
  readonly alive: boolean | null;
  /** Of the broadcast, digits; null when none is known. */
  readonly roomId: string | null;
  readonly id: string;
  readonly state: string;
}

/** Answers `GET /douyin/liveroom/status` for several rooms. One that cannot be told does not fail the others. */
export async function seedStatus(parts: ApiParts, call: Call, asked: readonly string[]): Promise<string> {
  const statuses = await Promise.all(asked.map((id) => statusOf(parts, call, id)));
  if (call.ended !== null) throw new DyliveError("stopping", "the states of the rooms were not yet known");
  // The room_id is a bare integer of 19 digits, which no JavaScript number holds: its digits are put into the text as they are.
  const items = statuses.map(
    ({ alive, roomId, id, state }) => `{"alive":${alive},"room_id":${roomId},"id":${JSON.stringify(id)},"state":${JSON.stringify(state)}}`,
  );
  return `{"code":200,"data":{"data":[${items.join(",")}],"extra":{"now":${parts.clock.now()}},"status_code":0},"msg":"success"}`;
}

async function statusOf(parts: ApiParts, call: Call, id: string): Promise<Status> {
  try {
    const room = await requestedRoom(parts, call, id);
    const state = (parts.rooms.status(room.room) ?? room.status).state;
    const known = state !== "resolving" && state !== "blocked" && state !== "failed" && state !== "paused";
    return { alive: known ? isAlive(room) : null, roomId: digits(sessionOf(room)), id, state };
  } catch (error) {
    if (!(error instanceof DyliveError) || error.code === "internal") throw error;
    // Only a number of 19 digits is a broadcast's; a shorter one is a room's.
    return {
      alive: error.code === "no_account" ? false : null,
      roomId: id.length === ROOM_ID_DIGITS ? digits(id) : null,
      id,
      state: error.code,
    };
  }
}

/** An integer as JSON has it: without leading zeros. */
function digits(text: string | null): string | null {
  return text !== null && /^\d{1,19}$/.test(text) ? text.replace(/^0+(?=\d)/, "") : null;
}
