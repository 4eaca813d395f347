import { type Static, Type } from "typebox";

// A 19-digit room_id, a web_rid or a custom id; at least one letter or digit, so that it cannot be a path's dots.
const ROOM = "(?=[A-Za-z0-9_.-]*[A-Za-z0-9])[A-Za-z0-9_.-]{1,128}";
const ROOM_WORDS = "a 19-digit room_id, a web_rid, or a custom id of 1 to 128 letters, digits, _ . -";

/**
 * Word that stands in place of a cursor: begins with the newest events, as a new position does, but none is looked up or kept. No cursor
 * looks like it.
 */
export const NEWEST = "newest";

/** The fields of a request for one room. Each description says what is accepted: errors show it. */
export const RoomQuerySchema = Type.Object({
  room_id: Type.String({ pattern: `^${ROOM}$`, description: ROOM_WORDS }),
});

/** The fields of a request for the status of rooms. */
export const StatusQuerySchema = Type.Object({
  room_id: Type.String({ pattern: `^${ROOM}(,${ROOM}){0,19}$`, description: `1 to 20 rooms separated by commas, each ${ROOM_WORDS}` }),
});

/** The fields of a request for events: those of existing clients, and those that dylive adds. */
export const ChatQuerySchema = Type.Object({
  room_id: RoomQuerySchema.properties.room_id,
  limit: Type.Integer({ minimum: 1, maximum: 2000, default: 500, description: "a whole number of events from 1 to 2000" }),
  wait: Type.Integer({ minimum: 0, maximum: 60, default: 0, description: "a whole number of seconds from 0 to 60" }),
  cursor: Type.Optional(
    Type.String({ pattern: "^[A-Za-z0-9_-]{1,512}$", description: "the X-Next-Cursor of an earlier answer, a whole number, or newest" }),
  ),
  types: Type.Optional(
    Type.String({
      pattern: "^[A-Za-z]\\w{0,79}(,[A-Za-z]\\w{0,79}){0,49}$",
      description: "1 to 50 method names separated by commas, such as WebcastChatMessage",
    }),
  ),
  client: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9_.-]{1,64}$", description: "a name of 1 to 64 letters, digits, _ . -" })),
  format: Type.Enum(["1", "2"], { default: "1", description: "1 or 2" }),
});

/** A checked request of the compatible interface (/douyin/…). */
export type ChatQuery = Static<typeof ChatQuerySchema>;
