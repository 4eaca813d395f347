// Guards: a wrong field is refused with its name, its place and what would be right.
import { Type } from "typebox";
import { Value } from "typebox/value";
import { describe, expect, it } from "vitest";
import { parseCommand } from "../../src/http/streams/ws-command.js";
import { mistakeOf } from "../../src/runtime/mistake.js";
import { msgOf } from "../../src/runtime/msg.js";
import { type ApiServer, type Reply, serveApi } from "./api-server.js";
import { SAMPLES, seeded } from "./samples.js";

interface Field {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Field[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Field>>;
}
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Field }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Field }>> };
}

/** Values of which any field refuses some. */
const WRONG = [null, true, -7.5, 2e15, "", "(no", "x".repeat(5_000), ["(no", -7.5], { no: 1 }];
const WRONG_TEXTS = ["", "(no", "-7.5", "2e15"];

function alternatives(field: Field): readonly Field[] {
  return field.anyOf?.flatMap(alternatives) ?? [field];
}

/** Complaints of a refusal that shows the schema's own words, or keeps back what would be right. */
function complaints(name: string, field: Field, message: string): readonly string[] {
  const found: string[] = [];
  if (/allowed values|must match|pattern|anyOf|undefined|constant|\^|\\|\(\?|\[object/.test(message.replace(/^.*there are: /, "")))
    found.push("the schema's words");
  for (const one of alternatives(field)) {
    if (!message.includes(`${name} must be `)) continue;
    for (const value of one.enum ?? []) if (!message.includes(String(value))) found.push(`no word of ${value}`);
    for (const bound of [one.minimum, one.maximum]) if (bound !== undefined && !message.includes(String(bound))) found.push(`no ${bound}`);
  }
  return found.map((why) => `${name}: ${why}: ${message}`);
}

function messageOf(reply: Reply): string {
  return String(reply.at("error", "message") ?? reply.at("msg"));
}

async function operations(server: ApiServer): Promise<[string, Operation][]> {
  const { paths } = (await server.call("/openapi.json")).body as { paths: Record<string, Record<string, Operation>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [`${method.toUpperCase()} ${path}`, operation]),
  );
}

describe("a field that does not fit", () => {
  it("of any route's address is refused in plain words", { tags: ["full"] }, async () => {
    const server = await seeded();
    const found: string[] = [];
    const silent: string[] = [];
    for (const [key, { parameters = [] }] of await operations(server)) {
      const [method = "", template = ""] = key.split(" ");
      const [sample = template] = SAMPLES[key]?.[0] ?? [];
      for (const { name, in: place, schema } of parameters) {
        if (place === "header" || name === "token") continue;
        let refusals = 0;
        for (const text of WRONG_TEXTS) {
          if (Value.Check(schema as object, text) || Value.Check(schema as object, Number(text))) continue;
          if (place === "path" && text === "") continue;
          const url = new URL(sample, server.api.url);
          if (place === "query") url.searchParams.set(name, text);
          else
            url.pathname = template
              .split("/")
              .map((part, at) => (part === `{${name}}` ? encodeURIComponent(text) : (url.pathname.split("/")[at] ?? "")))
              .join("/");
          const reply = await server.call(url.pathname + url.search, { method });
          if (reply.status !== 400 || !messageOf(reply).includes(`${name} must be `)) continue;
          refusals++;
          found.push(...complaints(name, schema, messageOf(reply)).map((why) => `${key}: ${why}`));
        }
        const bounded = alternatives(schema).some(({ enum: values, pattern, minimum }) => values ?? pattern ?? minimum !== undefined);
        if (bounded && refusals === 0) silent.push(`${key}: ${name}`);
      }
    }
    expect(found).toEqual([]);
    expect(silent).toEqual([]);
  });

  it("of any route's body is refused in plain words", { tags: ["full"] }, async () => {
    const server = await seeded();
    const found: string[] = [];
    let refusals = 0;
    for (const [key, { requestBody }] of await operations(server)) {
      const schema = requestBody?.content["application/json"]?.schema ?? {};
      const [path = "", , init] = SAMPLES[key]?.[0] ?? [];
      for (const body of alternatives(schema))
        for (const [name, field] of Object.entries(body.properties ?? {}))
          for (const wrong of WRONG) {
            if (Value.Check(field as object, wrong)) continue;
            const json = { ...((init?.json ?? {}) as object), [name]: wrong };
            const reply = await server.call(path, { ...init, method: key.split(" ")[0] ?? "", json });
            expect([key, name, wrong, reply.status]).toEqual([key, name, wrong, 400]);
            refusals++;
            found.push(...complaints(name, field, messageOf(reply)).map((why) => `${key}: ${why}`));
          }
    }
    expect(found).toEqual([]);
    expect(refusals).toBeGreaterThan(100);
  });

  it.each([
    ["status?room_id=,", "This is not a room: room_id must be 1 to 20 rooms separated by commas, each a 19-digit room_id"],

    ["chat?room_id=1&types=", "types must be 1 to 50 method names (WebcastChatMessage …) separated by commas"],
    ["chat?room_id=1&cursor=", "cursor must be the X-Next-Cursor of an earlier answer, a whole number, or newest"],
    ["chat?room_id=1&client=%20", "client must be a name of 1 to 64 letters, digits, _ . -"],
    ["chat?room_id=1&limit=0", "The request is not valid: limit must be a whole number of events from 1 to 2000."],

    ["chat?room_id=1&wait=61", "wait must be a whole number of seconds from 0 to 60"],
  ])("of /douyin/liveroom/%s", async (path, words) => {
    const { call } = await serveApi();
    const reply = await call(`/douyin/liveroom/${path}`);
    expect([reply.status, reply.at("code"), reply.at("msg")]).toEqual([400, 400, expect.stringContaining(words)]);
  });

  it.each([
    [{ op: "subscribe", rooms: ["1", true] }, "subscribe: rooms[1] must be text of 1 to 200 characters or a whole number from 0 on"],
    [{ op: "subscribe", rooms: ["1"], name: "a b" }, "subscribe: name must be 1 to 64 letters, digits, _ . -"],
    [{ op: "subscribe", rooms: [] }, "subscribe: rooms must be a list of 1 to 5000 items"],
    [{ op: "ack", cursor: "1", no: 1 }, 'ack: there is no field "no" here; there are: op, ref, cursor'],
  ])("of a command %j", (command, words) => {
    expect(() => parseCommand(JSON.stringify(command))).toThrow(words);
  });

  it("is named by its place, never by a name that only the sender knows", () => {
    const words = (schema: Parameters<typeof mistakeOf>[0], value: unknown) =>
      mistakeOf(schema, Value.Errors(schema, value), msgOf("the body")).words.toString();
    const inner = Type.Object({ age: Type.Integer({ minimum: 3 }) }, { additionalProperties: false });
    const schema = Type.Object({ limits: Type.Optional(Type.Union([inner, Type.Null()])) });
    expect(words(schema, { limits: { age: 1 } })).toBe("limits.age must be a whole number from 3 on");
    expect(words(schema, { limits: { age: 3, "\u001b[31m": 1 } })).toBe('there is no field "\\u001b[31m" in limits; there are: age');
    expect(words(schema, { limits: 4 })).toBe("limits must be an object {age} or null");
    expect(words(schema, [])).toBe("the body must be an object {limits}");
    const open = Type.Object({ names: Type.Record(Type.String(), Type.String()) });
    expect(words(open, { names: { "(?=evil)": 1 } })).toBe("names must be an object");
  });
});

it.each([
  ["text/plain;charset=UTF-8", '{"room":"1"}'],
  ["application/x-www-form-urlencoded", "room=1"],
])("a body that is sent as %s is answered with the content type that it needs", async (type, body) => {
  const { call } = await serveApi();
  const refused = await call("/v1/rooms", { method: "POST", body, headers: { "content-type": type } });
  expect(refused.status).toBe(415);
  expect(refused.at("error", "message")).toContain("content-type: application/json");
});
