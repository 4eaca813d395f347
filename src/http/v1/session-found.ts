import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../../store/log.js";
import type { Session, Sessions } from "../../store/sessions.js";
import type { ApiStore } from "../api-deps.js";
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

/** Word for a room's newest broadcast, wherever one is named. */
const LATEST = "latest";

/** Finds the broadcast of a room that a client named by its room_id, or as `latest`, which is the default; null when there is none. */
export async function findBroadcast(
  sessions: Pick<Sessions, "get" | "list">,
  room: RoomKey,
  asked: string = LATEST,
): Promise<Session | null> {
  return asked === LATEST ? ((await sessions.list(room, 1))[0] ?? null) : sessions.get(room, asked);
}

/**
 * Finds a broadcast as {@link findBroadcast} does.
 * @throws DyliveError not_found
 */
export async function namedBroadcast(sessions: Pick<Sessions, "get" | "list">, room: RoomKey, asked: string): Promise<Session> {
  const session = await findBroadcast(sessions, room, asked);
  if (session !== null) return session;
  throw new DyliveError(
    "not_found",
    asked === LATEST ? "no broadcast of the room was collected yet" : `the room has no broadcast ${JSON.stringify(asked.slice(0, 40))}`,
  );
}

/**
 * Returns the room_id that a client named: the word itself, which may be of no broadcast here, or what `latest` stands for.
 * @throws DyliveError not_found when there is no latest
 */
export async function broadcastId(sessions: Pick<Sessions, "get" | "list">, room: RoomKey, asked: string): Promise<string> {
  return asked === LATEST ? (await namedBroadcast(sessions, room, asked)).sessionId : asked;
}
