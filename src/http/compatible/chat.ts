import type { FastifyReply, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { decodeCursor, encodeCursor, placeOf } from "../../feed/cursor.js";
import type { ReadEvents, RoomPlace } from "../../feed/read.js";
import type { RequestedRoom } from "../../health/state.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import type { ApiDeps } from "../api-deps.js";
import type { HttpCall } from "../calls.js";
import { poll } from "../poll.js";
import { clientPosition, movePosition } from "../tokens.js";
import { chatFilter, compatibleEvent, laterText } from "./event.js";
import { RoomQuerySchema, requestedRoom } from "./route.js";

/**
 * Word that stands in place of a cursor: begins with the newest events, as a new position does, but none is looked up or kept. No cursor
 * looks like it.
 */
const NEWEST = "newest";

/** The fields of a request for events: those of existing clients, and those that dylive adds. */
export const ChatQuerySchema = Type.Object({
  room_id: RoomQuerySchema.properties.room_id,
  limit: Type.Integer({ minimum: 1, maximum: 2000, default: 500, description: "a whole number of events from 1 to 2000" }),
  wait: Type.Integer({ minimum: 0, maximum: 60, default: 0, description: "a whole number of seconds from 0 to 60" }),
  cursor: Type.Optional(
    Type.String({
      pattern: "^[A-Za-z0-9_-]{1,512}$",
      description: "the X-Next-Cursor of an earlier answer, a whole number, or newest",
    }),
  ),
  types: Type.Optional(
    Type.String({
      pattern: "^[A-Za-z]\\w{0,79}(,[A-Za-z]\\w{0,79}){0,49}$",
      description: "1 to 50 method names (WebcastChatMessage …) separated by commas",
    }),
  ),
  client: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9_.-]{1,64}$", description: "a name of 1 to 64 letters, digits, _ . -" })),
  format: Type.Enum(["1", "2"], { default: "1", description: "1 or 2" }),
});

/** A checked request of the compatible interface (/douyin/…). */
type ChatQuery = Static<typeof ChatQuerySchema>;

/** Dependencies of the chat endpoint. */
type ChatDeps = Pick<ApiDeps, "store" | "rooms" | "clock" | "mutex" | "calls" | "live">;

/** Answers `GET /douyin/liveroom/chat` for a checked query and token. */
export class ChatHandler {
  readonly #deps: ChatDeps;

  constructor(deps: ChatDeps) {
    this.#deps = deps;
  }

  /** Returns the body and sets its headers on `reply`; null when the client is gone. */
  async answer(request: FastifyRequest, reply: FastifyReply, query: ChatQuery, token: TokenRow): Promise<string | null> {
    // A malformed field is refused before a room is collected for it.
    if (query.cursor !== undefined && query.cursor !== NEWEST) decodeCursor(query.cursor);
    const call = this.#deps.calls.open(request, reply);
    const asked = await this.#request(query.room_id, call, token);
    if (asked === null) return null;
    if (query.cursor !== undefined) return this.#text(reply, query, asked, await this.#byCursor(query, query.cursor, asked, call));
    return this.#byPosition(request, reply, query, asked, call, token);
  }

  /** Returns the room that is asked for; null when the client is gone. */
  async #request(text: string, call: HttpCall, token: TokenRow): Promise<RequestedRoom | null> {
    try {
      return await requestedRoom(this.#deps, call, token, text);
    } catch (error) {
      if (call.ended === "gone") return null;
      throw error;
    }
  }

  async #byCursor(query: ChatQuery, cursor: string, asked: RequestedRoom, call: HttpCall): Promise<ReadEvents> {
    const from = cursor === NEWEST ? null : await placeOf(cursor, this.#deps.store.log, asked.room);
    return this.#poll(query, asked, call, from);
  }

  async #byPosition(
    request: FastifyRequest,
    reply: FastifyReply,
    query: ChatQuery,
    asked: RequestedRoom,
    call: HttpCall,
    token: TokenRow,
  ): Promise<string> {
    const { store } = this.#deps;
    const { positions, log } = store;
    const { room } = asked;
    const reader = clientPosition(token, room, query.client ?? "");
    const release = await this.#deps.mutex.enter(reader, call);
    if (release === null) {
      // Where none is kept the reader begins at the newest, as its first call does.
      const pos = (await positions.get(reader)) ?? (await log.head());
      return this.#text(reply, query, asked, { rows: [], pos, more: true, removed: [] });
    }
    try {
      const stored = await positions.get(reader);
      // A position beyond the head is of a log that was restored from an older copy: the reader starts over.
      const from = stored !== null && stored <= (await log.head()) ? { next: await log.seqAt(room, stored), pos: stored } : null;
      const got = await this.#poll(query, asked, call, from);
      // Made before the position is promised to move: had it failed, the error's answer would move it.
      const text = this.#text(reply, query, asked, got);
      const save = async (whole: boolean) => {
        if (whole && got.pos !== stored) await movePosition(store, token, reader, got.pos);
      };
      // The turn ends when the position is on disk: the next call of this reader must not see the old one.
      const saved = call.handedOver
        .then(save)
        .catch((error) => request.log.error({ err: error }, "the position could not be saved; the answer will be given again"))
        .finally(release);
      this.#deps.calls.after(saved);
      return text;
    } catch (error) {
      release();
      throw error;
    }
  }

  async #poll(query: ChatQuery, asked: RequestedRoom, call: HttpCall, from: RoomPlace | null): Promise<ReadEvents> {
    const { store, live } = this.#deps;
    const filter = chatFilter(query.types?.split(",") ?? null, asked.onlySession);
    const { limit } = query;
    const reading = { log: store.log, room: asked.room, limit, filter, queue: live.queue };
    const got = await poll({ ...reading, live, call, waitMs: query.wait * 1000 }, from);
    if (call.ended === "deleted") throw new DyliveError("not_found", msg`${query.room_id} was deleted while this call waited`);
    return got;
  }

  #text(reply: FastifyReply, query: ChatQuery, { room, status }: RequestedRoom, got: Omit<ReadEvents, "next">): string {
    const { store, rooms, clock } = this.#deps;
    const cursor = encodeCursor(store.log.id, got.pos);
    reply.header("x-room-state", (rooms.status(room) ?? status).state).header("x-next-cursor", cursor);
    if (got.removed.length > 0) reply.header("x-removed", got.removed.map(({ from, to }) => `${from}-${to}`).join(", "));
    reply.type("application/json; charset=utf-8");
    const events = got.rows.map(({ event }) => event);
    return query.format === "2"
      ? laterText(events, cursor, clock.now())
      : JSON.stringify({ code: 200, data: events.map(compatibleEvent), msg: "success" });
  }
}
