import { type TObject, Type } from "typebox";
import { EXPRESSION_MAX_CHARS } from "../events/filter.js";
import { readInstant } from "../exports/instant.js";
import { PLATFORM_ZONE_MINUTES } from "../exports/plan.js";
import { readPaste, worksDoor } from "../platform/links/paste.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import { COMPARED_MAX } from "../statistics/comparison.js";
import type { Scope } from "../store/sql/tokens.js";
import { BROADCAST_ORDERS } from "../store/statistics.js";
import { type AskedApi, LATEST, type ToolAnswer, type ToolArguments } from "./asked-api.js";
import { includesScope } from "./tokens.js";
import { TextOf } from "./v1/fields.js";
import { exactly } from "./v1/route.js";

/** Parts of events and of their people that say how they came, or once more who they are. */
const LEFT_OUT_OF_EVENTS: ReadonlySet<string> = new Set([
  ...["method", "source", "revision", "receivedAt", "webRid", "segments"],
  ...["secUid", "webcastUid", "displayId", "shortId"],
]);
/** A tool. */
export interface Tool {
  readonly title: string;
  readonly about: string;
  readonly takes: TObject;
  /** Scope that it needs; `read` by default. */
  readonly scope?: Scope;
  /** Whether it changes what the server does. */
  readonly writes?: true;
  run(api: AskedApi, given: ToolArguments): Promise<ToolAnswer>;
  /** Name of its list that `limit` bounds; of several, the first that an answer has. */
  readonly lists?: readonly string[];
}

/** Says what a text is like, by examples that programs find too. */
const like = (description: string, ...examples: readonly string[]) => ({
  description: `${description} such as ${examples.join(", ")}`,
  examples,
});

const Room = Type.String({
  minLength: 1,
  maxLength: 200,
  // Dots alone would lead to another address.
  pattern: "[^.]",
  description: "the room's id here, or any of its names: its number, a custom id, a room_id; list_rooms has them",
});
const Session = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: "[^.]",
  description: "room_id of the broadcast, or `latest`, the default",
});
const Cursor = Type.Optional(TextOf(8_000, "the `next` of the result before, to go on"));
const limited = (most: number, usual: number) =>
  Type.Optional(
    Type.Integer({ minimum: 1, maximum: most, default: usual, description: `how many at most, from 1 to ${most}; ${usual} by default` }),
  );
const oneOf = <T extends string[]>(values: readonly [...T], usual: T[number], description: string) =>
  Type.Optional(Type.Enum<T>(values, { default: usual, description }));
const typed = (description: string, ...also: readonly string[]) =>
  Type.Optional(
    Type.Array(
      Type.String({
        pattern: also.length === 0 ? "^[a-z]{1,20}$" : "^[a-z]{1,20}$|^\\*$",
        ...like("an event type", "chat", "gift", ...also),
      }),
      { minItems: 1, maxItems: 50, description },
    ),
  );
const Person = Type.Optional(TextOf(64, "only of the person with this id"));
const Diamonds = Type.Optional(Type.Integer({ minimum: 0, description: "only gifts worth at least so many diamonds (10 are 1 CNY)" }));
const MOMENT_EXAMPLES = ["2026-11-25 20:00", "2026-11-25T12:00:00Z"];
const Moment = (description: string) =>
  Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 40,
      description: `${description}: ${MOMENT_EXAMPLES[0]} (China's time), ${MOMENT_EXAMPLES[1]}, or ms UTC`,
      examples: MOMENT_EXAMPLES,
    }),
  );
const Work = TextOf(4_000, "the work's id of 19 digits, its link or share text");
const ofSession = { room: Room, session: Type.Optional(Session) } as const;

/** Tools, by their names. */
export const TOOLS: Readonly<Record<string, Tool>> = {
  list_rooms: {
    title: "List rooms",
    about: "Lists the live rooms that are known here, with their ids, their anchors and whether they are live now.",
    takes: exactly({
      name: Type.Optional(TextOf(200, "only rooms with this name or number")),
      watch: Type.Optional(Type.Enum(["on", "paused", "off"], { description: "on (on the watch list), paused or off" })),
      limit: limited(200, 50),
      cursor: Cursor,
    }),
    run: async (api, given) => {
      const { rooms, next } = await api.get("/rooms", given);
      return { rooms: list(rooms).map(briefRoom), next };
    },
    lists: ["rooms"],
  },
  room_status: {
    title: "Room status",
    about: "Tells how a room is doing, and by what evidence: live or not and why, viewers, gaps, whether gifts come.",
    takes: exactly({ room: Room }),
    run: (api, given) => api.get("/rooms/:room", given),
  },
  read_events: {
    title: "Read events",
    about:
      "Reads events of a room: chats, gifts, follows, likes, joins. Without a cursor the newest; with the `next` of the result before, those after it, each exactly once. With `wait` it waits for the next one: follow a room by calling it again and again.",
    takes: exactly({
      room: Room,
      cursor: Type.Optional(
        Type.String({
          pattern: "^[A-Za-z0-9_-]{1,1024}$",
          description: "the `next` of the result before, or a seq; 0 begins with the oldest",
        }),
      ),
      before: Type.Optional(
        Type.String({
          pattern: "^[A-Za-z0-9_-]{1,1024}$",
          description: "the `previous` of a result, to read older events; not with cursor or wait",
        }),
      ),
      types: typed(
        "only events of these types, such as chat, gift, follow, join, like; * is all, by default all but unknown, rank and stats",
        "*",
      ),
      session: Type.Optional(TextOf(64, "only the broadcast with this room_id; `latest` is the newest")),
      user: Person,
      minDiamonds: Diamonds,
      filter: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: EXPRESSION_MAX_CHARS,
          ...like("a CEL expression", 'text.contains("hello")', "diamonds >= 100"),
        }),
      ),
      limit: limited(500, 100),
      wait: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 30, default: 0, description: "seconds to wait for an event where there is none, 0 to 30" }),
      ),
    }),
    run: async (api, given) => {
      const { events, ...rest } = await api.get("/rooms/:room/events", given, { cursor: "after" });
      return { events: briefEvents(events), ...rest };
    },
    lists: ["events"],
  },
  search: {
    title: "Search events",
    about:
      "Searches the events of all rooms, newest first, by text, person, type, time and worth. One of text, user, types and minDiamonds must be given.",
    takes: exactly({
      text: Type.Optional(TextOf(400, "part of a chat or notice, two characters or more")),
      rooms: Type.Optional(Type.Array(Room, { minItems: 1, maxItems: 50, description: "only these rooms" })),
      user: Person,
      types: typed("only events of these types, such as chat, gift, follow, join, like"),
      from: Moment("only events at or after this time"),
      to: Moment("only events before this time"),
      minDiamonds: Diamonds,
      limit: limited(200, 50),
      cursor: Cursor,
    }),
    run: async (api, given) => {
      const { events, ...rest } = await api.get("/search", withMoments(given), { text: "q", rooms: "room" });
      return { events: briefEvents(events, true), ...rest };
    },
    lists: ["events"],
  },
  session_summary: {
    title: "Summary of a broadcast",
    about: "Sums up a broadcast: totals, who gave and who chatted most, its gifts and words, and the gaps in which nothing was received.",
    takes: exactly(ofSession),
    run: async (api, given) => {
      const { minutes, gaps, ...rest } = await api.get("/rooms/:room/summary", given);
      if (rest["session"] === null)
        throw new DyliveError("not_found", msg`the room has no broadcast ${JSON.stringify(String(given["session"] ?? LATEST))}`);
      const counted = minutes as { readonly minutes: readonly unknown[] } | null;
      // Each of its lists is the first page of a tool's, whose cursors are that tool's to give.
      const lists = Object.entries(rest).map(([name, part]) => [name, withoutNext(part)]);
      return { ...Object.fromEntries(lists), minutesWithEvents: counted?.minutes.length ?? 0, gaps: briefEvents(gaps).slice(-GAPS) };
    },
  },
  top_people: {
    title: "People of a broadcast",
    about: "Lists the people of a broadcast, those who gave, chatted or liked most first.",
    takes: exactly({
      ...ofSession,
      by: oneOf(["diamonds", "units", "chats", "likes", "events"], "diamonds", "diamonds, units, chats, likes or events"),
      limit: limited(200, 20),
      cursor: Cursor,
    }),
    run: (api, given) => api.get("/rooms/:room/sessions/:session/top", given),
    lists: ["people"],
  },
  gifts: {
    title: "Gifts of a broadcast",
    about: "Sums up the gifts of a broadcast, those worth most first.",
    takes: exactly({
      ...ofSession,
      by: oneOf(
        ["gift", "user", "receiver", "line"],
        "gift",
        "what they are summed by: gift, user, receiver, or line (who gave which gift to whom)",
      ),
      user: Person,
      limit: limited(200, 20),
      cursor: Cursor,
    }),
    run: (api, given) => api.get("/rooms/:room/sessions/:session/gifts", given),
    lists: ["gifts"],
  },
  words: {
    title: "Words of a broadcast",
    about: "Lists the words or emoji of a broadcast's chat, the most frequent first.",
    takes: exactly({
      ...ofSession,
      kind: oneOf(["word", "emoji"], "word", "word or emoji"),
      limit: limited(500, 50),
      cursor: Cursor,
    }),
    run: (api, given) => api.get("/rooms/:room/sessions/:session/words", given),
    lists: ["words"],
  },
  highlights: {
    title: "Highlights of a broadcast",
    about: "Finds the times of a broadcast that stand out by chats, gifts or joins. `firstSeq` less one is the cursor to read them from.",
    takes: exactly({ ...ofSession, limit: limited(100, 10) }),
    run: (api, given) => api.get("/rooms/:room/sessions/:session/highlights", given),
    lists: ["highlights"],
  },
  compare_sessions: {
    title: "Compare broadcasts",
    about:
      "Compares two to four broadcasts, named as ROOM/SESSION: their totals, and minute by minute since each began. Without `sessions` it lists broadcasts with their totals, of all rooms, newest first or by a figure.",
    takes: exactly({
      sessions: Type.Optional(
        Type.Array(Type.String({ minLength: 3, maxLength: 300, description: "a broadcast, ROOM/SESSION or ROOM/latest" }), {
          minItems: 2,
          maxItems: COMPARED_MAX,
          description: "the broadcasts; only limit and cursor go with them, which are of minutes",
        }),
      ),
      rooms: Type.Optional(Type.Array(Room, { minItems: 1, maxItems: 50, description: "only broadcasts of these rooms" })),
      text: Type.Optional(TextOf(100, "only those with this in their title or anchor's name")),
      from: Moment("only those that began at or after this time"),
      to: Moment("only those that began before this time"),
      by: Type.Optional(
        Type.Enum([...BROADCAST_ORDERS], { description: `figure of which the most comes first: ${BROADCAST_ORDERS.join(", ")}` }),
      ),
      limit: limited(200, 20),
      cursor: Cursor,
    }),
    run: (api, given) =>
      given["sessions"] === undefined ? api.get("/sessions", withMoments(given), { rooms: "room", text: "q" }) : api.get("/compare", given),
    lists: ["minutes", "sessions"],
  },
  read_work: {
    title: "Read a work",
    about:
      "Reads a work (video, note, live photo) of the platform: text, author, figures. With a token that only reads, one that is kept here already.",
    takes: exactly({
      work: Work,
      maxAgeSeconds: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 31_536_000,
          description: "age up to which what is kept will do; else it is read anew, in some seconds",
        }),
      ),
    }),
    run: async (api, { work, ...given }) =>
      includesScope(await api.scope(), "manage")
        ? api.post("/works", { link: work, ...given })
        : api.get("/works/:work", { work: workId(work) }),
  },
  read_comments: {
    title: "Read comments",
    about:
      "Reads the comments of a work that are kept here: top comments in the platform's order, the replies of one with `parent`, or found by text.",
    takes: exactly({
      work: Work,
      parent: Type.Optional(TextOf(64, "the replies of the top comment with this id")),
      text: Type.Optional(TextOf(100, "only with this in their text, newest first")),
      user: Type.Optional(TextOf(200, "only of the person with this id or sec_uid")),
      from: Moment("only those written at or after this time"),
      to: Moment("only those written before this time"),
      limit: limited(200, 50),
      cursor: Cursor,
    }),
    run: (api, { work, ...given }) => api.get("/works/:work/comments", { work: workId(work), ...withMoments(given) }, { text: "q" }),
    lists: ["comments"],
  },
  doctor: {
    title: "Examine the server",
    about: "Looks at every layer between here and the platform and says what is broken and what to do. It may take some minutes.",
    takes: exactly({
      room: Type.Optional(TextOf(2_000, "a live room, to look at every step")),
    }),
    scope: "admin",
    run: (api, given) => api.post("/doctor", given),
  },
  add_room: {
    title: "Watch a room",
    about: "Puts a room on the watch list: it is collected from now on, until it is removed.",
    takes: exactly({
      room: TextOf(2_000, "a link, share text, number, custom id or room_id of the room"),
    }),
    scope: "manage",
    writes: true,
    run: (api, given) => api.post("/rooms", given),
  },
};

/** Newest gaps of a summary. */
const GAPS = 20;

function briefRoom(room: unknown): ToolAnswer {
  const { id, webRid, title, anchor, watch, status } = room as Record<string, ToolAnswer | null>;
  const { state, sessionId, broadcast, evidence } = (status ?? {}) as Record<string, ToolAnswer>;
  return {
    id,
    webRid,
    title,
    anchor: anchor?.["nickname"],
    watch,
    state,
    reason: evidence?.["reason"],
    sessionId,
    online: broadcast?.["online"],
  };
}

/** Leaves out of events how they came. @param ofRooms whether they are of several rooms, which they then tell */
function briefEvents(events: unknown, ofRooms = false): readonly ToolAnswer[] {
  // Test events differ from real ones by their source.
  const isShown = (key: string, value: unknown) =>
    (!LEFT_OUT_OF_EVENTS.has(key) && (ofRooms || key !== "room")) || (key === "source" && value === "test");
  const brief = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(brief);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).flatMap(([key, one]) => (isShown(key, one) ? [[key, brief(one)]] : [])));
  };
  return list(events).map((event) => brief(event) as ToolAnswer);
}

function withoutNext(part: unknown): unknown {
  if (typeof part !== "object" || part === null) return part;
  const { next: _next, ...rest } = part as ToolAnswer;
  return rest;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Returns the fields with their dates as ms UTC. @throws DyliveError bad_request */
function withMoments(given: ToolArguments): ToolArguments {
  const read = (name: string) =>
    given[name] === undefined ? {} : { [name]: readInstant(name, String(given[name]), PLATFORM_ZONE_MINUTES) };
  return { ...given, ...read("from"), ...read("to") };
}

/** Returns the id of a work that was pasted. @throws DyliveError bad_work, forbidden for a short link, which would have to be followed */
function workId(pasted: unknown): string {
  const work = readPaste(String(pasted), worksDoor(["work"], Number.MAX_SAFE_INTEGER));
  if (work.kind === "short_link")
    throw new DyliveError("forbidden", "a short link is followed by read_work with a token of scope manage alone: give the work's id");
  return work.id;
}
