import { type TObject, type TSchema, Type } from "typebox";
import { COMMANDS } from "../../src/http/streams/ws-command.js";

type Schemas = Readonly<Record<string, TSchema>>;

const LOCAL = "#/components/schemas/";
const ref = (name: string) => Type.Unsafe<unknown>({ $ref: `${LOCAL}${name}` });
const Seq = Type.Integer({ minimum: 0 });
const Key = Type.Integer({ minimum: 0, description: "the room's key" });
const Cursor = Type.String({ description: "a place in the log, as after= takes it" });
const Log = Type.String({ description: "id of the log; seqs of another mean nothing here" });
const Followed = {
  room: Key,
  asked: Type.String({ description: "the name that was asked for" }),
  sessionId: Type.Optional(Type.String({ description: "only events of this broadcast" })),
  oldest: Type.Integer({ description: "the oldest seq that is kept" }),
  head: Seq,
};
const Rooms = Type.Union([Type.Array(Type.Object(Followed)), Type.Null({ description: "all rooms" })]);
const Removed = { room: Key, from: Seq, to: Seq };
const Gone = { asked: Followed.asked, reason: Type.String() };
const Ended = { reason: Type.String({ description: "why the stream ends" }), queuedBytes: Type.Optional(Type.Integer()) };
const Ref = { ref: Type.Optional(Type.String({ description: "that of the command" })) };

/** Messages of a stream of Server-Sent Events, by the name in `event:`, beside the events themselves. */
const SSE: Readonly<Record<string, TObject>> = {
  hello: Type.Object({
    log: Log,
    rooms: Rooms,
    cursor: Cursor,
  }),
  removed: Type.Object(Removed, { description: "these seqs, both ends included, are no longer kept" }),
  gone: Type.Object(
    { room: Type.Optional(Key), ...Gone },
    {
      description:
        "a room was deleted: the others go on; without others it ends. Without room: it was gone before the client came back (Last-Event-ID, resumed)",
    },
  ),
  cursor_reset: Type.Object({ reason: Type.String(), oldest: Cursor, newest: Cursor }, { description: "Last-Event-ID is not of this log" }),
};
/** Last messages of a stream, by the name in `event:`; those of a WebSocket have it as `type`. */
const ENDS = ["slow", "stopping", "revoked", "failed"];

/** Messages of the WebSocket from the server, by `type`. */
const ANSWERS: Readonly<Record<string, Readonly<Record<string, TSchema>>>> = {
  hello: { log: Log, heartbeatMs: Type.Integer(), messageBytes: Type.Integer() },
  subscribed: { ...Ref, cursor: Cursor, rooms: Rooms },
  events: {
    events: Type.Array(ref("LiveEvent"), { description: "in the order of the log" }),
    cursors: Type.Array(Cursor, { description: "the cursor after each of them" }),
  },
  acked: { ...Ref, name: Type.String(), cursor: Cursor },
  pong: { ...Ref, time: Type.Integer({ description: "ms UTC" }) },
  position: { cursor: Type.String({ description: "how far the client has come, past events that are not shown too" }) },
  removed: { ...Removed, cursor: Cursor },
  gone: { ...Ref, room: Type.Optional(Key), ...Gone },
  error: {
    ...{ ...Ref, code: Type.String(), message: Type.String(), hint: Type.String(), retryable: Type.Boolean() },
    ...{ oldest: Type.Optional(Cursor), newest: Type.Optional(Cursor) },
  },
  ...Object.fromEntries(ENDS.map((name) => [name, Ended])),
};

const Batch = Type.Object(
  {
    hook: Type.String({ description: "id of the webhook" }),
    log: Log,
    room: Key,
    from: Type.Integer({ description: "first seq of the range" }),
    to: Type.Integer({ description: "last seq of the range" }),
    removed: Type.Optional(
      Type.Array(Type.Array(Type.Integer(), { minItems: 2, maxItems: 2 }), { description: "ranges that are no longer kept" }),
    ),
    test: Type.Optional(Type.Boolean({ description: "sent to try the webhook" })),
    events: Type.Array(ref("LiveEvent")),
  },
  { description: "events of one room, from one contiguous range of its log" },
);
const Signed = Type.Object({
  "webhook-id": Type.String({ description: "the same each time that this message is sent" }),
  "webhook-timestamp": Type.String({ description: "seconds UTC" }),
  "webhook-signature": Type.String({ description: "v1, and the base64 of the HMAC, as Standard Webhooks has it; two during a rotation" }),
});

/**
 * Writes the AsyncAPI document of what the server sends by itself: streams, the WebSocket, webhooks.
 * @param schemas those of `/openapi.json`, whose events and rooms these messages are
 */
export function asyncApi(schemas: Schemas): object {
  const own: Record<string, TSchema> = { WebhookBatch: Batch };
  const messages: Record<string, object> = {};
  const channel = (name: string, found: Readonly<Record<string, readonly [payload: TSchema, more?: object]>>, more: object) => {
    const given = Object.entries(found).map(([message, [payload, about]]) => {
      const id = `${name}_${message}`;
      messages[id] = { name: message, contentType: "application/json", payload, ...about };
      return [message, { $ref: `#/components/messages/${id}` }];
    });
    return { ...more, messages: Object.fromEntries(given) };
  };
  const named = (prefix: string, found: Schemas) =>
    Object.fromEntries(
      Object.entries(found).map(([name, schema]) => {
        own[`${prefix}_${name}`] = schema;
        return [name, [ref(`${prefix}_${name}`)] as const];
      }),
    );
  const answers = Object.fromEntries(
    Object.entries(ANSWERS).map(([type, fields]) => [type, Type.Object({ type: Type.Literal(type), ...fields })]),
  );
  const ends = named("End", Object.fromEntries(ENDS.map((name) => [name, Type.Object(Ended)])));
  const event = { title: "an event; event: is its type" };
  const channels = {
    events: channel(
      "events",
      { event: [ref("LiveEvent"), event], ...named("Sse", SSE), ...ends },
      {
        address: "/v1/events/stream",
        servers: [{ $ref: "#/servers/http" }],
        description: "Events of rooms as they come (Server-Sent Events). /openapi.json has its query.",
      },
    ),
    rooms: channel(
      "rooms",
      {
        room: [ref("Room")],
        gone: [Type.Object({ id: Type.String({ description: "key of a room that was deleted, or that the token may no longer read" }) })],
        beat: [
          Type.Object(
            { time: Type.Integer({ description: "the server's clock, ms UTC" }) },
            { description: "the rooms can be read and the connection lives: at first, and every 15 s" },
          ),
        ],
        session_gone: [Type.Object({ id: Type.String(), session: Type.String({ description: "a broadcast of it that was deleted" }) })],
        ...ends,
      },
      {
        address: "/v1/rooms/stream",
        servers: [{ $ref: "#/servers/http" }],
        description: "States of the rooms, at most once a second (Server-Sent Events).",
      },
    ),
    socket: channel(
      "socket",
      {
        ...named("Answer", answers),
        ...named("Command", COMMANDS),
      },
      { address: "/v1/ws", servers: [{ $ref: "#/servers/ws" }], description: "Events of rooms, changed at will (WebSocket)." },
    ),
    webhook: channel(
      "webhook",
      { batch: [ref("WebhookBatch"), { headers: Signed }] },
      { address: null, description: "What a webhook is sent, by POST to the address that it was made with." },
    ),
  };
  const operation = (action: "send" | "receive", of: keyof typeof channels, only: (message: string) => boolean = () => true) => ({
    action,
    channel: { $ref: `#/channels/${of}` },
    messages: Object.keys(channels[of].messages)
      .filter(only)
      .map((message) => ({ $ref: `#/channels/${of}/messages/${message}` })),
  });
  const security = [{ $ref: "#/components/securitySchemes/bearer" }, { $ref: "#/components/securitySchemes/query" }];
  const host = { host: "{host}", variables: { host: { default: "127.0.0.1:8787", description: "where dylive listens" } } };
  return {
    asyncapi: "3.0.0",
    info: {
      ...{ title: "dylive", version: "1", license: { name: "MIT" } },
      description: "What this server sends by itself. Its other routes are in /openapi.json, whose schemas these are.",
    },
    defaultContentType: "application/json",
    servers: { http: { ...host, protocol: "http", security }, ws: { ...host, protocol: "ws", security } },
    channels,
    operations: {
      sendEvents: operation("send", "events"),
      sendRooms: operation("send", "rooms"),
      sendSocket: operation("send", "socket", (message) => !(message in COMMANDS)),
      receiveCommands: operation("receive", "socket", (message) => message in COMMANDS),
      sendWebhook: operation("send", "webhook"),
    },
    components: {
      schemas: needed([messages, own], { ...schemas, ...own }),
      messages,
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "a token: dylive token create --name NAME" },
        query: { type: "httpApiKey", in: "query", name: "token", description: "the same token" },
      },
    },
  };
}

/** Returns the schemas that these refer to, and those that they refer to in turn. */
function needed(by: object, all: Schemas): Schemas {
  const found: Record<string, TSchema> = {};
  const look = (part: unknown): void => {
    for (const [, name = ""] of (JSON.stringify(part) ?? "").matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      const schema = all[name];
      if (schema === undefined || name in found) continue;
      // OpenAPI's has a table beside the name, which says what the schemas themselves say.
      const { discriminator, ...rest } = schema as TSchema & { readonly discriminator?: { readonly propertyName: string } };
      found[name] = discriminator === undefined ? schema : ({ ...rest, discriminator: discriminator.propertyName } as TSchema);
      look(rest);
    }
  };
  look(by);
  return found;
}
