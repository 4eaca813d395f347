import { type Static, Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { HIGHLIGHT_KINDS } from "../../statistics/highlights.js";
import { amountOf, shownGifts } from "../../statistics/summary.js";
import { type GiftSum, HIDDEN_RECEIVER, type Minute, type PersonFigures, type PersonSession } from "../../store/statistics.js";
import { Anchor, Next, Time } from "./fields.js";

const MINUTE_MS = 60_000;
/** A number of events, people or units. */
export const Count = Type.Integer({ minimum: 0 });
/** A sum of diamonds. */
export const Amount = Type.Union([Count, Type.String({ pattern: "^[0-9]+$" })], {
  description: "diamonds (10 are 1 CNY), exactly: decimal digits where a number could not hold them",
});
const Behind = Type.Integer({ minimum: 0, description: "events, of whatever rooms, that these figures have still to look at" });
const Messages = Type.Record(Type.String(), Count, { description: "events by type" });

const given = {
  combos: Type.Integer({ minimum: 0, description: "acts of giving" }),
  settled: Type.Integer({ minimum: 0, description: "how many of them have ended" }),
  units: Type.Integer({ minimum: 0, description: "units given: the sum of delta" }),
  diamonds: Amount,
  unpricedUnits: Type.Integer({ minimum: 0, description: "units whose price is unknown: part of units, of no diamonds" }),
};
const witness = {
  diamondsWitnessed: Type.Integer({ minimum: 0, description: "diamonds by which scores of the platform's ranks rose" }),
  diamondsReceived: Type.Integer({ minimum: 0, description: "how many of these the gifts explain that reached us" }),
  share: Nullable(Type.Number(), "the one by the other, 0 to 1; null where no score rose"),
};
const Who = Type.Object({ id: Nullable(Type.String()), nickname: Nullable(Type.String()) });

/** Sums of the events of a broadcast. */
const TotalsSchema = Type.Object(
  {
    messages: Messages,
    events: Count,
    people: Type.Integer({ minimum: 0, description: "different people; those whose identity is hidden are not among them" }),
    chatters: Count,
    gifters: Count,
    gifts: Type.Object(given),
    diamondsPerMinute: Nullable(
      Type.Number(),
      "diamonds of its gifts by minutes of its length so far, of which it has one at least; null while its length is unknown",
    ),
    witness: Type.Object(witness, {
      description: "what the platform's ranks say was given, at least: rises of scores since they were first seen. No part of gifts",
    }),
    likes: Type.Object({ seen: Count, total: Nullable(Count) }, { description: "seen reached us; total is the platform's own count" }),
    follows: Count,
    followers: Nullable(Count),
    viewers: Nullable(Count, "people who had been in the room, as the platform counts"),
    peak: Type.Object({ online: Nullable(Count), minute: Nullable(Time), eventsInMinute: Count }),
    hidden: Type.Object(
      { events: Count, chats: Count, units: Count, diamonds: Amount },
      { description: "of people whose identity is hidden or unknown: many people or one" },
    ),
    gaps: Type.Object(
      { count: Count, totalMs: Count, unmeasured: Count },
      { description: "intervals in which we know we received nothing; unmeasured of them, of unknown length, are not in totalMs" },
    ),
    covered: Nullable(Type.Number(), "share of its time, 0 to 1, in which we know of no gap; null while a gap is unmeasured"),
    likesSeen: Nullable(Type.Number(), "share of the likes that reached us, 0 to 1"),
    partial: Type.Boolean({ description: "some of its events may have been removed before they were counted" }),
    firstEventAt: Nullable(Time),
    lastEventAt: Nullable(Time),
    behind: Behind,
  },
  { $id: "Totals", description: "what the events of a broadcast add up to" },
);

/** Minutes of a broadcast. */
const MinuteListSchema = Type.Object(
  {
    minutes: Type.Array(
      Type.Object({
        time: Type.Integer({ description: "its beginning, ms UTC, by the platform's time of the events" }),
        firstSeq: Type.Integer({ description: "seq of its event that was stored first: read the room's events from there" }),
        messages: Messages,
        units: Count,
        diamonds: Amount,
        unpricedUnits: Count,
        likes: Count,
        online: Nullable(Count, "people in the room, by the last count of this minute"),
        onlineMax: Nullable(Count),
        follows: Count,
        followers: Nullable(Count),
        gaps: Count,
      }),
      { description: "minutes that have events, in order of time" },
    ),
    next: Next,
    behind: Behind,
  },
  { $id: "MinuteList", description: "a broadcast minute by minute" },
);

/** Gifts of a broadcast. */
const GiftListSchema = Type.Object(
  {
    gifts: Type.Array(
      Type.Object({
        gift: Nullable(Type.Object({ id: Type.String(), name: Nullable(Type.String()) })),
        user: Nullable(Who, "null in a line: people whose identity is hidden, many or one"),
        receiver: Nullable(Who, "null: the anchor, or unknown; id null: guests whose identity is hidden"),
        ...given,
      }),
      { description: "worth most first; what they are not summed by is null" },
    ),
    next: Next,
    behind: Behind,
  },
  { $id: "GiftList", description: "gifts of a broadcast, summed" },
);

const did = {
  events: Count,
  chats: Count,
  likes: Count,
  joins: Count,
  follows: Count,
  shares: Count,
  ...given,
  firstAt: Time,
  lastAt: Time,
};

/** People of a broadcast. */
const PersonListSchema = Type.Object(
  { people: Type.Array(Type.Object({ id: Type.String(), nickname: Nullable(Type.String()), ...did })), next: Next, behind: Behind },
  { $id: "PersonList", description: "people of a broadcast, those with the most first" },
);

/** People whom the ranks of a broadcast name. */
const WitnessListSchema = Type.Object(
  { people: Type.Array(Type.Object({ id: Type.String(), nickname: Nullable(Type.String()), ...witness })), behind: Behind },
  { $id: "WitnessList", description: "what the platform's ranks say of people: those of whose diamonds the most did not reach us first" },
);

/** Words of a broadcast. */
const WordListSchema = Type.Object(
  { words: Type.Array(Type.Object({ text: Type.String(), count: Count })), next: Next, behind: Behind },
  { $id: "WordList", description: "words or emoji of the chat, the most frequent first" },
);

/** Times of a broadcast that stand out. */
const HighlightListSchema = Type.Object(
  {
    highlights: Type.Array(
      Type.Object({
        at: Type.Integer({
          description:
            "time to jump to, ms UTC: of the first event of the burst, or the beginning of the minute where its events are no longer kept, or too many to look at",
        }),
        exact: Type.Boolean({ description: "whether `at` is of an event" }),
        from: Time,
        to: Time,
        firstSeq: Type.Integer({ description: "seq of its event that was stored first: read the room's events from there" }),
        score: Type.Number({ description: "the greatest of its peaks' scores, by which the most striking are chosen" }),
        peaks: Type.Array(
          Type.Object({
            kind: Type.Enum([...HIGHLIGHT_KINDS], { description: "chat, gift or join" }),
            minute: Time,
            value: Type.Integer({ minimum: 0, description: "chats, joins, or diamonds of gifts in this minute" }),
            usual: Type.Integer({ minimum: 0, description: "median of the minutes within half an hour of it" }),
            score: Type.Number({ description: "by how many spreads the value lies above that" }),
          }),
          { description: "what stands out, the most striking first" },
        ),
        words: Type.Array(Type.Object({ text: Type.String(), count: Count }), {
          description: "words and emoji of its chats that are rarer in the rest of the broadcast, with the number of chats that have them",
        }),
        gifts: Type.Array(Type.Object({ id: Type.String(), name: Nullable(Type.String()), units: Count, diamonds: Count }), {
          description: "its gifts, those worth most first",
        }),
      }),
      { description: "in order of time" },
    ),
    behind: Behind,
  },
  { $id: "HighlightList", description: "times of a broadcast that stand out against the half hours around them" },
);

/** A person in a room. */
const UserHistorySchema = Type.Object(
  {
    id: Type.String(),
    nickname: Nullable(Type.String()),
    total: Type.Object(did, { description: "over all broadcasts of the room" }),
    sessions: Type.Array(
      Type.Object({
        session: Nullable(Type.String({ description: "room_id of the broadcast; null: of none" })),
        nickname: Nullable(Type.String()),
        ...did,
      }),
      { description: "what they did in each broadcast, newest first" },
    ),
    next: Next,
  },
  { $id: "UserHistory", description: "a person in the broadcasts of a room" },
);

/** A person in all rooms. */
const PersonRoomsSchema = Type.Object(
  {
    id: Type.String(),
    nickname: Nullable(Type.String({ description: "in the room where they were last" })),
    rooms: Type.Array(
      Type.Object({
        room: Type.String({ description: "the room's key here" }),
        anchor: Anchor,
        nickname: Nullable(Type.String({ description: "in the room, at last" })),
        sessions: Type.Integer({ minimum: 0, description: "broadcasts in which they were seen" }),
        ...did,
      }),
      { description: "what they did in each room, over all of its broadcasts; the one they were last seen in first" },
    ),
    next: Next,
  },
  { $id: "PersonRooms", description: "a person across rooms" },
);

/** People who were found by their names. */
const FoundPeopleSchema = Type.Object(
  {
    people: Type.Array(
      Type.Object({
        id: Type.String(),
        nickname: Nullable(Type.String({ description: "in the broadcast where they were last" })),
        foundAs: Nullable(Type.String(), "the name that was looked for, which may be an older one; null: found by the id"),
        rooms: Type.Integer({ minimum: 1, description: "rooms in which they were seen" }),
        sessions: Type.Integer({ minimum: 1, description: "broadcasts in which they were seen" }),
        lastRoom: Type.String({ description: "key of the room in which they were last" }),
        ...did,
      }),
      { description: "those of the broadcasts that were counted last first; may be fewer than asked for while there is a next page" },
    ),
    next: Next,
    behind: Type.Integer({
      minimum: 0,
      description: "events, of whatever rooms, that were not counted yet: people who are only in them are not found",
    }),
  },
  { $id: "FoundPeople", description: "a page of people who were found" },
);

const Levels = Type.Array(Type.Object({ level: Count, people: Count }));
const Share = Nullable(Type.Number(), "0 to 1; null where they gave nothing");

/** A portrait of a broadcast's people. */
const AudienceSchema = Type.Object(
  {
    people: Nullable(
      Count,
      "different people; those whose identity is hidden are in none of these figures; null where nothing was counted yet",
    ),
    newcomers: Nullable(Count, "how many of them were in no broadcast of the room that was counted before; null where none was"),
    gifters: Nullable(Count),
    firstGifters: Nullable(
      Count,
      "how many of these gave nothing in any broadcast of the room that was counted before; null where none was",
    ),
    levels: Type.Unsafe<Static<typeof Levels>>({
      ...Levels,
      description: "consumption grades (财富等级), lowest first, of those whose grade is known",
    }),
    clubLevels: Type.Unsafe<Static<typeof Levels>>({
      ...Levels,
      description: "levels in the room's fans club, lowest first, of the members",
    }),
    diamonds: Nullable(Amount),
    topShare: Type.Object({ one: Share, ten: Share, hundred: Share }, { description: "share of the diamonds by those who gave most" }),
    behind: Behind,
  },
  { $id: "Audience", description: "a portrait of the people of a broadcast" },
);

const Part = (name: string) => Nullable(Type.Ref(name));

/** Summary of a room's broadcast. */
const RoomSummarySchema = Type.Object(
  {
    session: Part("Session"),
    minutes: Part("MinuteList"),
    gaps: Nullable(Type.Array(Type.Ref("LiveEvent"), { description: "its newest gap events, oldest first" })),
    gifters: Part("PersonList"),
    chatters: Part("PersonList"),
    gifts: Part("GiftList"),
    words: Part("WordList"),
  },
  { $id: "RoomSummary", description: "a broadcast at a glance; all is null where the room has no such broadcast" },
);

/** Schemas that the routes of statistics refer to. */
export const STATISTICS_SCHEMAS = [
  TotalsSchema,
  MinuteListSchema,
  GiftListSchema,
  PersonListSchema,
  WitnessListSchema,
  WordListSchema,
  HighlightListSchema,
  UserHistorySchema,
  PersonRoomsSchema,
  FoundPeopleSchema,
  AudienceSchema,
  RoomSummarySchema,
];

/** Returns a minute as v1 shows it. */
export function minuteAnswer({ minute, firstSeq, totals }: Minute) {
  return {
    time: minute * MINUTE_MS,
    firstSeq,
    messages: totals.types,
    units: totals.units,
    diamonds: amountOf(totals.diamonds),
    unpricedUnits: totals.unpricedUnits,
    likes: totals.likes,
    online: totals.online?.value ?? null,
    onlineMax: totals.onlineMax,
    follows: totals.types.follow ?? 0,
    followers: totals.followers?.value ?? null,
    gaps: totals.gaps,
  };
}

/** Returns a sum of gifts as v1 shows it. */
export function giftAnswer(sum: GiftSum) {
  const { giftId, giftName, userId, userName, receiverId, receiverName } = sum;
  return {
    gift: giftId === null ? null : { id: giftId, name: giftName },
    user: userId === null ? null : { id: userId, nickname: userName },
    receiver: receiverId === null ? null : { id: receiverId === HIDDEN_RECEIVER ? null : receiverId, nickname: receiverName },
    ...shownGifts(sum),
  };
}

/** Returns a person as v1 shows them. */
export function personAnswer(person: PersonFigures) {
  return { id: person.userId, nickname: person.name, ...doneBy(person) };
}

/** Returns a person in one broadcast as v1 shows them. */
export function personSessionAnswer(person: PersonSession) {
  return { session: person.sessionId === "" ? null : person.sessionId, nickname: person.name, ...doneBy(person) };
}

/** Returns what a person did. */
export function doneBy({
  events,
  chats,
  likes,
  joins,
  follows,
  shares,
  firstAt,
  lastAt,
  ...person
}: Omit<PersonFigures, "name" | "nameSeq" | "level" | "club">) {
  return { events, chats, likes, joins, follows, shares, ...shownGifts(person), firstAt, lastAt };
}
