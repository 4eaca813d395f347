import { Type } from "typebox";

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
