import { type TSchema, Type } from "typebox";
import { Nullable } from "../v1/fields.js";

const Text = Type.String();
const Count = Nullable(Type.Integer());
const success = <T extends TSchema>(data: T, description = "the answer") =>
  Type.Object({ code: Type.Literal(200), data, msg: Type.Literal("success") }, { description });

const Event = Type.Object(
  {
    type: Type.String({ description: "the platform's method, such as WebcastChatMessage" }),
    nickname: Text,
    uid: Text,
    sec_uid: Text,
    short_id: Type.Optional(Text),
    msg_id: Type.Optional(Text),
    msg: Type.Optional(Text),
    tid: Type.Optional(Text),
    text: Type.Optional(Text),
    avatar: Type.Optional(Text),
    count: Type.Optional(Type.Integer()),
    total: Type.Optional(Count),
    gift: Type.Optional(Type.Object({ id: Text, name: Text, count: Type.Integer(), diamonds: Count, combo_total: Type.Integer() })),
  },
  { description: "an event; a chat has tid, text and avatar, the others short_id, msg_id and msg" },
);
const Person = Type.Object({ uid: Text, nickname: Text, avatar: Text, unique_id: Text, sec_uid: Text });
const Message = Type.Object({
  method: Text,
  msg_id: Text,
  payload: Type.Object({ room_id: Text, content: Text, user: Person }),
});

/** The answer of `/douyin/liveroom/chat`, in both forms. */
export const ChatAnswer = Type.Union(
  [
    success(Type.Array(Event)),
    Type.Object({
      code: Type.Literal(200),
      msg: Text,
      data: Type.Object({ messages: Type.Array(Message), cursor: Text, fetch_interval: Type.Integer(), now: Type.Integer() }),
    }),
  ],
  { description: "events in order; the second form with format=2" },
);

/** The answer of `/douyin/liveroom/info`. Unknown is null. */
export const InfoAnswer = success(
  Type.Object({
    data: Type.Object({
      room_id: Nullable(Type.String({ description: "of the broadcast" })),
      web_rid: Nullable(Text),
      title: Nullable(Text),
      status: Nullable(Type.Integer({ description: "the platform's: 2 live, 4 ended" })),
      alive: Nullable(Type.Boolean()),
      state: Type.String({ description: "what dylive knows of the room" }),
      owner: Nullable(Type.Object({ uid: Nullable(Text), sec_uid: Nullable(Text), nickname: Nullable(Text), avatar: Nullable(Text) })),
      start_time: Nullable(Type.Integer({ description: "when we first saw the broadcast, ms UTC" })),
      online: Count,
      total_viewers: Count,
      likes: Count,
      stats_time: Nullable(Type.Integer({ description: "of online and total_viewers, ms UTC" })),
    }),
  }),
);

/** The answer of `/douyin/liveroom/status`. */
export const StatusAnswer = success(
  Type.Object({
    data: Type.Array(
      Type.Object({
        alive: Nullable(Type.Boolean()),
        room_id: Nullable(
          Type.Number({
            description: "of the broadcast, a bare integer of up to 19 digits: read it without rounding. Null when none is known",
          }),
        ),
        id: Type.String({ description: "as it was asked for" }),
        state: Type.String({ description: "what dylive knows of the room, or why nothing" }),
      }),
    ),
    extra: Type.Object({ now: Type.Integer() }),
    status_code: Type.Literal(0),
  }),
);

/** The answer of `/douyin/liveroom/audience` and `/douyin/liveroom/ranklist`. */
export const RanksAnswer = success(
  Type.Object({
    data: Type.Object({
      ranks: Type.Array(Type.Object({ rank: Type.Integer(), score: Count, score_text: Nullable(Text), user: Person })),
      total: Count,
      time: Nullable(Type.Integer({ description: "when the platform said so, ms UTC; null: it has not said anything yet" })),
    }),
  }),
);
