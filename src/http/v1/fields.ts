import { Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { EXPRESSION_MAX_CHARS } from "../../events/filter.js";
import { encodePlace } from "../../feed/cursor.js";
import { exactly } from "./route.js";

/** A text of one character to so many. */
export const TextOf = (most: number, description: string) => Type.String({ minLength: 1, maxLength: most, description });

/** Most rows of a page. */
export const LimitOf = (most: number, usual: number) =>
  Type.Integer({ minimum: 1, maximum: most, default: usual, description: `a whole number from 1 to ${most}` });

/** A moment. */
export const Time = Type.Integer({ description: "ms UTC" });

/** Cursor at which an answer's list goes on. */
export const Next = Nullable(Type.String({ description: "the cursor of the next page; null on the last" }));

/** The anchor of a room, as far as they are known. */
export const Anchor = Nullable(
  Type.Object({
    id: Nullable(Type.String()),
    secUid: Nullable(Type.String()),
    nickname: Nullable(Type.String()),
    avatar: Nullable(Type.String()),
  }),
);

const SeenMessages = Type.Object({
  received: Type.Integer({ description: "different messages that came: at least so many there were" }),
  shared: Type.Integer({ description: "those of them that two sessions or more brought" }),
  sessions: Type.Record(
    Type.String(),
    Type.Object({ received: Type.Integer(), alone: Type.Integer({ description: "those that no other session brought" }) }),
    { description: "by session" },
  ),
});
/** Messages that the sessions of a room brought, by type. */
export const SeenTypes = Type.Object(
  {
    chat: SeenMessages,
    gift: SeenMessages,
    join: SeenMessages,
    like: SeenMessages,
    follow: SeenMessages,
  },
  { description: "messages of the broadcast by the sessions that brought them; what the platform sends to none of them is in no figure" },
);

/** The room in an address. */
export const RoomParams = exactly({
  room: TextOf(200, "the room's id here, or any of its names (kind:value, or the value alone) that is known here"),
});

/** Field that names the rooms of a list over many. */
export const AmongRooms = Type.Optional(
  TextOf(8_000, "up to 200 rooms with commas between, each by its id here or one of its names; all that the token may see by default"),
);

/** Fields by which a page of a list is asked for. */
export const PageFields = {
  limit: LimitOf(1_000, 100),
  cursor: Type.Optional(TextOf(1_024, "the `next` of the page before; without it the list begins")),
};

/**
 * Returns a page of a list of which one row more than `limit` was read.
 * @param placeOf the parts of a cursor that names a row
 */
export function keysetPage<T>(
  rows: readonly T[],
  limit: number,
  kind: string,
  placeOf: (row: T) => Parameters<typeof encodePlace>[1],
): { readonly items: readonly T[]; readonly next: string | null } {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { items: rows.slice(0, limit), next: last === undefined ? null : encodePlace(kind, placeOf(last)) };
}

/** Conditions on the events of a room, all of which must hold; the types are a list with commas. */
export const EventFields = {
  session: Type.Optional(TextOf(64, "only events of the broadcast with this room_id; `latest` is the newest")),
  user: Type.Optional(TextOf(64, "only events of the user with this id")),
  minDiamonds: Type.Optional(Type.Integer({ minimum: 0, description: "only gifts worth at least so many diamonds" })),
  filter: Type.Optional(TextOf(EXPRESSION_MAX_CHARS, "a filter expression, see docs/filters.md")),
};
/** Types of events that a client asks for. */
export const TypesField = (description: string) =>
  Type.Optional(Type.String({ pattern: "^(\\*|[a-z]{1,20}(,[a-z]{1,20}){0,49})$", description }));
