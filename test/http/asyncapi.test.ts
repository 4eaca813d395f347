// Guards: /asyncapi.json describes what streams, WebSockets and webhooks send and take.
import { createRequire } from "node:module";
import { Ajv } from "ajv";
import { expect, it } from "vitest";
import { encodeCursor } from "../../src/feed/cursor.js";
import { goneRoom } from "../../src/http/streams/selection.js";
import { systemClock } from "../../src/runtime/clock.js";
import { until } from "../until.js";
import { faked } from "../webhooks/delivering.js";
import { type ApiServer, serveApi } from "./api-server.js";
import { chat } from "./events.js";
import { SseParser } from "./streams/sse-client.js";
import { WsClient } from "./streams/ws-client.js";

interface Document {
  readonly channels: Readonly<Record<string, { readonly messages: Readonly<Record<string, object>> }>>;
}

async function documentOf({ call }: Pick<ApiServer, "call">) {
  const reply = await call("/asyncapi.json", { token: null });
  expect([reply.status, reply.headers.get("content-type")]).toEqual([200, "application/json; charset=utf-8"]);
  const document = reply.body as Document;
  const ajv = new Ajv({ strict: false, validateFormats: false }).addSchema(document, "asyncapi");
  /** What is wrong with a message by the document; null when nothing is. */
  const mistake = (channel: string, message: string, payload: unknown) => {
    if (document.channels[channel]?.messages[message] === undefined) return `${channel} has no message ${message}`;
    const validate = ajv.compile({ $ref: `asyncapi#/components/messages/${channel}_${message}/payload` });
    return validate(payload) ? null : `${ajv.errorsText(validate.errors)} in ${JSON.stringify(payload)}`;
  };
  return { document, mistake };
}

it("is a document of AsyncAPI 3.0 by the official schema, and each reference leads somewhere", { tags: ["full"] }, async () => {
  const { document } = await documentOf(await serveApi());
  const schema = createRequire(import.meta.url)("@asyncapi/specs/schemas/3.0.0-without-$id.json") as object;
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: false });
  expect([ajv.validate(schema, document), ajv.errorsText()]).toEqual([true, "No errors"]);
  expect(ajv.validate(schema, { ...document, operations: { send: { action: "emit" } } })).toBe(false);
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = ""]) => path);
  const broken = references.filter((path) => {
    let part: unknown = document;
    for (const key of path.split("/")) part = (part as Readonly<Record<string, unknown>> | undefined)?.[key];
    return part === undefined;
  });
  expect([references.length > 100, broken]).toEqual([true, []]);
});

it("describes what streams, the WebSocket and webhooks really send, and what is taken", { tags: ["full"] }, async () => {
  const server = await serveApi({ clock: systemClock });
  const { api, tell, manager, tokens, store } = server;
  const { mistake } = await documentOf(server);
  const room = await tell("98765", chat("1"), chat("2"), chat("3"));
  await store.log.remove(room, 1, 1, "retention");
  manager.say(room, "live", "7300000000000000019", { reason: "people are heard" });
  const wrong: unknown[] = [];
  const seen = new Set<string>();
  const look = (channel: string, message: string, payload: unknown) => {
    seen.add(`${channel} ${message}`);
    const found = mistake(channel, message, payload);
    if (found !== null) wrong.push(found);
  };
  const listen = async (channel: string, path: string, more: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(api.url + path, { headers: { authorization: `Bearer ${tokens.read}`, ...more } });
    const parser = new SseParser(({ event, data }) => look(channel, event === "chat" ? "event" : event, data));
    const decoder = new TextDecoder();
    for await (const part of response.body ?? []) parser.push(decoder.decode(part, { stream: true }));
  };
  const foreign = encodeCursor("another", 1);
  const listening = [
    listen("events", "/v1/events/stream?rooms=98765&after=0"),
    listen("events", "/v1/events/stream?rooms=98765", { "last-event-id": foreign }),
    listen("rooms", "/v1/rooms/stream"),
  ];
  const client = await WsClient.open(api.url, tokens.read);
  const commands = [
    { op: "subscribe", ref: "a", name: "n", rooms: ["98765"], after: 0, types: ["chat"] },
    { op: "ack", cursor: encodeCursor(store.log.id, 3) },
    { op: "ack", cursor: encodeCursor(store.log.id, 99) },
    { op: "ping", ref: "p" },
  ];
  for (const command of commands) look("socket", command.op, command);
  client.send(commands[0] ?? {});
  await until(() => client.events.length === 2);
  for (const command of commands.slice(1)) client.send(command);
  await until(() => client.typed("pong").length === 1);
  await until(() =>
    ["events event", "events hello", "events removed", "events cursor_reset", "rooms room", "rooms beat"].every((one) => seen.has(one)),
  );
  await api.close();
  await Promise.allSettled(listening);
  for (const message of client.told) look("socket", message.type, message);
  look("socket", "events", { type: "events", events: client.events, cursors: client.cursors });
  const { receiver, hook, chats, webhooks } = await faked();
  const { id } = await hook({});
  await chats("a", 3);
  await until(() => receiver.sent.length === 1);
  await webhooks.test(id, new AbortController().signal);
  for (const { body } of receiver.sent) look("webhook", "batch", JSON.parse(body));
  expect(wrong).toEqual([]);
  const answers = ["hello", "subscribed", "events", "removed", "acked", "error", "pong", "stopping"];
  for (const answer of answers) expect(seen).toContain(`socket ${answer}`);
  expect([seen.has("webhook batch"), receiver.sent.length, seen.has("events stopping")]).toEqual([true, 2, true]);
  const gone = goneRoom({ room, asked: "98765" }, "room");
  expect([mistake("events", "gone", gone), mistake("socket", "gone", { type: "gone", ...gone })]).toEqual([null, null]);
  expect(mistake("rooms", "gone", { id: String(room) })).toBeNull();
  // A wrong message is not let through.
  expect(mistake("socket", "acked", { type: "acked", cursor: "1" })).toMatch(/name/);
});
