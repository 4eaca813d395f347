import type { FastifyInstance, FastifyRequest } from "fastify";
import { type TSchema, Type } from "typebox";
import type { RequestedRoom } from "../../health/state.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import type { ApiDeps } from "../api-deps.js";
import { assertMaySee } from "../authentication.js";
import type { HttpCall } from "../calls.js";
import { failure, sendFailure } from "../failure.js";

/** Returns the schema of an answer in the interface's envelope. */
export const success = <T extends TSchema>(data: T, description = "the answer") =>
  Type.Object({ code: Type.Literal(200), data, msg: Type.Literal("success") }, { description });

/**
 * Returns a GET of the compatible interface without its handler, and refuses every other method there.
 * @param path what comes after `/douyin/`
 */
export function compatibleRoute<Q extends TSchema>(app: FastifyInstance, path: string, querystring: Q, answer: TSchema, summary: string) {
  const url = `/douyin/${path}`;
  app.route({
    method: ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
    url,
    schema: { hide: true },
    // Refused before the body is read.
    onRequest: async (request, reply) =>
      sendFailure(request, reply.header("allow", "GET"), failure("bad_request", `${request.method} is not offered here, use GET`, 405)),
    handler: (_request, reply) => reply,
  });
  return {
    method: "GET" as const,
    url,
    schema: { summary, tags: ["compatible interface"], querystring, response: { 200: answer } },
    config: { scope: "read" as const, tokenInQuery: true },
    onRequest: async (_request: FastifyRequest, reply: { header(name: string, value: string): unknown }) => {
      reply.header("cache-control", "no-store");
    },
  };
}

// A 19-digit room_id, a web_rid or a custom id; at least one letter or digit, so that it cannot be a path's dots.
const ROOM = "(?=[A-Za-z0-9_.-]*[A-Za-z0-9])[A-Za-z0-9_.-]{1,128}";
const ROOM_WORDS = "a 19-digit room_id, a web_rid, or a custom id of 1 to 128 letters, digits, _ . -";

/** The fields of a request for one room. Each description says what is accepted: errors show it. */
export const RoomQuerySchema = Type.Object({
  room_id: Type.String({ pattern: `^${ROOM}$`, description: ROOM_WORDS }),
});

/** The fields of a request for the status of rooms. */
export const StatusQuerySchema = Type.Object({
  room_id: Type.String({ pattern: `^${ROOM}(,${ROOM}){0,19}$`, description: `1 to 20 rooms separated by commas, each ${ROOM_WORDS}` }),
});

/** Longest wait of a first call for a room until the room's state is known, in ms. */
const SETTLE_MS = 5_000;

/**
 * Returns the room that is asked for, on behalf of a call.
 * @throws DyliveError as `RoomOperations.request` does; forbidden when the token is limited to other rooms than the one it turns out to be
 */
export async function requestedRoom(
  { rooms, store }: Pick<ApiDeps, "rooms" | "store">,
  call: HttpCall,
  token: TokenRow,
  text: string,
): Promise<RequestedRoom> {
  const asked = await rooms.request(text, SETTLE_MS, call.signal);
  await assertMaySee(store.rooms, token, asked.room);
  return asked;
}
