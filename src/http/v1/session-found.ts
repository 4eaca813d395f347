import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { RoomKey } from "../../store/log.js";
import type { Session } from "../../store/sessions.js";
import type { ApiStore } from "../api-deps.js";
import { namedBroadcast } from "../streams/named-broadcast.js";
import { roomOf } from "../streams/named-room.js";
import { exactly, RoomParams } from "./fields.js";

/** The broadcast in an address. */
export const SessionParams = exactly({
  ...RoomParams.properties,
  session: Type.String({ minLength: 1, maxLength: 64, description: "room_id of the broadcast, or `latest`" }),
});

/**
 * Finds the broadcast in the address of a request.
 * @throws DyliveError not_found
 */
export async function sessionOf(
  { rooms, sessions }: Pick<ApiStore, "rooms" | "sessions">,
  request: FastifyRequest<{ Params: { room: string; session: string } }>,
): Promise<{ readonly room: RoomKey; readonly session: Session }> {
  const { room } = await roomOf(rooms, request);
  return { room, session: await namedBroadcast(sessions, room, request.params.session) };
}
