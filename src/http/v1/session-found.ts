import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { RoomKey } from "../../store/log.js";
import type { Session } from "../../store/sessions.js";
import type { ApiStore } from "../api-deps.js";
import { namedBroadcast } from "../streams/named-broadcast.js";
import { exactly, RoomParams } from "./fields.js";
import type { Passes } from "./pass.js";

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
  { sessions }: Pick<ApiStore, "sessions">,
  passes: Passes,
  request: FastifyRequest<{ Params: { room: string; session: string } }>,
): Promise<{ readonly room: RoomKey; readonly session: Session }> {
  const { room } = await passes.room(request);
  return { room, session: await namedBroadcast(sessions, room, request.params.session) };
}
