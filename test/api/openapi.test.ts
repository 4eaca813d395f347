import { Ajv2020 } from "ajv/dist/2020.js";
import openapiTS, { astToString } from "openapi-typescript";
import { Value } from "typebox/value";
import { beforeAll, describe, expect, it } from "vitest";
import { EVENT_TYPES, KINDS, type NewEvent } from "../../src/events/event.js";
import { stats } from "./events.js";
import { type Managed, manage, type Reply } from "./managed.js";

interface Operation {
  readonly summary?: string;
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Readonly<Record<string, object>> }>>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
type Init = NonNullable<Parameters<Managed["call"]>[1]>;
/** A request, and the status that it is to have. */
type Sample = readonly [path: string, status: number, init?: Init];

const SESSION = "7300000000000000019";
/** Requests to every operation of the document: a route that is described must be shown here. */
const SAMPLES: Readonly<Record<string, readonly Sample[]>> = {
  "GET /healthz": [["/healthz", 200]],
  "GET /readyz": [["/readyz", 200]],
  "GET /metrics": [["/metrics", 200]],
  "GET /douyin/liveroom/chat": [
    ["/douyin/liveroom/chat?room_id=98765", 200],
    ["/douyin/liveroom/chat?room_id=98765&format=2&cursor=0&limit=2000", 200],
    ["/douyin/liveroom/chat?room_id=98765&cursor=0&limit=2000&types=WebcastRoomUserSeqMessage,WebcastChatMessage", 200],
    ["/douyin/liveroom/chat?room_id=98765&limit=x", 400],
    ["/douyin/liveroom/chat?room_id=98765&cursor=999999", 409],
  ],
  "GET /douyin/liveroom/info": [
    ["/douyin/liveroom/info?room_id=98765", 200],
    ["/douyin/liveroom/info?room_id=nobody", 404],
  ],
  "GET /douyin/liveroom/audience": [["/douyin/liveroom/audience?room_id=98765", 200]],
  "GET /douyin/liveroom/ranklist": [["/douyin/liveroom/ranklist?room_id=98765", 200]],
  "GET /douyin/liveroom/status": [["/douyin/liveroom/status?room_id=98765,6843198199583378191,nobody,captcha", 200]],
  "GET /v1/rooms": [
    ["/v1/rooms", 200],
    ["/v1/rooms?limit=1", 200],
    ["/v1/rooms?cursor=x", 400],
  ],
  "POST /v1/rooms": [
    ["/v1/rooms", 201, { json: { room: "4242" } }],
    ["/v1/rooms", 201, { json: { room: "4243", watch: false } }],
    ["/v1/rooms", 400, { json: { room: "a/b" } }],
    ["/v1/rooms", 503, { json: { room: "captcha" } }],
  ],
  "GET /v1/rooms/{room}": [
    ["/v1/rooms/1", 200],
    ["/v1/rooms/web_rid:98765", 200],
    ["/v1/rooms/404", 404],
  ],
  "POST /v1/rooms/{room}/pause": [["/v1/rooms/4242/pause", 200]],
  "POST /v1/rooms/{room}/resume": [["/v1/rooms/4242/resume", 200]],
  "DELETE /v1/rooms/{room}": [["/v1/rooms/4242", 200]],
  "GET /v1/rooms/{room}/sessions": [["/v1/rooms/98765/sessions", 200]],
  "GET /v1/rooms/{room}/sessions/{session}": [
    [`/v1/rooms/98765/sessions/${SESSION}`, 200],
    ["/v1/rooms/98765/sessions/1", 404],
  ],
  "GET /v1/rooms/{room}/events": [
    ["/v1/rooms/98765/events?types=*&limit=2000", 200],
    ["/v1/rooms/98765/events?before=3", 200],
    ["/v1/rooms/98765/events?after=999999", 409],
    ["/v1/rooms/98765/events?filter=x", 400],
  ],
  "GET /v1/tokens": [["/v1/tokens", 200]],
  "POST /v1/tokens": [
    ["/v1/tokens", 201, { json: { name: "a", rooms: ["98765"], perMinute: 5 } }],
    ["/v1/tokens", 400, { json: { name: "" } }],
  ],
  "DELETE /v1/tokens/{token}": [["/v1/tokens/none", 404]],
  "GET /v1/events/stream": [["/v1/events/stream?rooms=none", 404]],
  "GET /v1/rooms/stream": [],
};

let managed: Managed;
let document: Document;
const ajv = new Ajv2020({ strict: false, validateFormats: false });

async function seeded(): Promise<Managed> {
  const made = await manage();
  const { store, manager, tell } = made;
  const events = EVENT_TYPES.map((type, n) => ({
    ...(Value.Create(KINDS[type]) as NewEvent),
    id: `73000000000000001${String(n).padStart(2, "0")}`,
    sessionId: SESSION,
    source: "websocket" as const,
  }));
  const ranks = [{ rank: 1, score: null, scoreText: "1.2万", user: Value.Create(KINDS.chat).user }];
  const room = await tell("98765", ...events, stats({ ranks, sessionId: SESSION }));
  await store.sessions.open(room, SESSION, 5, "标题");
  await store.rooms.setFacts(room, { title: "标题", anchor: { id: "42", secUid: null, nickname: "薛莲", avatar: null } });
  manager.say(room, "live", SESSION, { counts: { WebcastChatMessage: 1 }, masked: false, likesSeen: 0.2 });
  return made;
}

function operations(): [string, Operation][] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [`${method.toUpperCase()} ${path}`, operation]),
  );
}

/** What is wrong with an answer by the document; null when nothing is. */
function mistake(key: string, operation: Operation, reply: Reply): string | null {
  const [method = "", path = ""] = key.split(" ");
  const status = String(reply.status) in operation.responses ? String(reply.status) : "default";
  const media = (reply.headers.get("content-type") ?? "").split(";")[0] ?? "";
  if (operation.responses[status]?.content?.[media] === undefined) return `${media} with status ${reply.status} is not described`;
  if (media !== "application/json") return null;
  const escaped = [path, method.toLowerCase(), "responses", status, "content", media, "schema"].map((part) =>
    part.replaceAll("~", "~0").replaceAll("/", "~1").replaceAll("{", "%7B").replaceAll("}", "%7D"),
  );
  const validate = ajv.compile({ $ref: `openapi#/paths/${escaped.join("/")}` });
  return validate(reply.body) ? null : `${ajv.errorsText(validate.errors)} in ${reply.text.slice(0, 500)}`;
}

beforeAll(async () => {
  const made = await manage();
  const reply = await made.call("/openapi.json", { token: null });
  expect([reply.status, reply.headers.get("content-type")]).toEqual([200, "application/json; charset=utf-8"]);
  document = reply.body as Document;
  ajv.addSchema(document, "openapi");
});

describe("the OpenAPI document", () => {
  it("is of version 3.1, and every route has a sample here", () => {
    expect(document.openapi).toBe("3.1.0");
    expect(
      operations()
        .map(([key]) => key)
        .sort(),
    ).toEqual(Object.keys(SAMPLES).sort());
    for (const [key, { summary, responses }] of operations()) {
      expect([key, summary]).toEqual([key, expect.stringMatching(/./)]);
      for (const { description } of Object.values(responses)) expect([key, description]).not.toEqual([key, "Default Response"]);
    }
  });

  it("describes what is really answered", async () => {
    managed = await seeded();
    for (const [key, operation] of operations()) {
      for (const [path, status, init] of SAMPLES[key] ?? []) {
        const reply = await managed.call(path, { ...init, method: key.split(" ")[0] ?? "GET" });
        expect([key, path, reply.status, mistake(key, operation, reply)]).toEqual([key, path, status, null]);
      }
    }
    const all = await managed.call("/v1/rooms/98765/events?types=*&limit=2000&after=0");
    const types = new Set((all.at("events") as { type: string }[]).map(({ type }) => type));
    expect([...types].sort()).toEqual([...EVENT_TYPES].sort());
  });

  it("says of every route whether it needs a token, and the refusals are as described", async () => {
    managed = await seeded();
    const open = ["GET /healthz", "GET /readyz"];
    for (const [key, operation] of operations()) {
      const [path] = SAMPLES[key]?.[0] ?? [key.split(" ")[1] ?? ""];
      const method = key.split(" ")[0] ?? "GET";
      const without = await managed.call(path, { method, token: null });
      const wrong = await managed.call(path, { method, token: "dyl_wrong" });
      expect([key, operation.security !== undefined]).toEqual([key, !open.includes(key)]);
      if (open.includes(key)) continue;
      expect([key, without.status, wrong.status, mistake(key, operation, without)]).toEqual([key, 401, 401, null]);
      const needs = /scope (\w+)/.exec((operation as { description?: string }).description ?? "")?.[1];
      const less = { read: undefined, manage: managed.tokens.read, admin: managed.tokens.manage }[needs ?? ""];
      if (less !== undefined) expect([key, (await managed.call(path, { method, token: less })).status]).toEqual([key, 403]);
    }
  });

  it("is kept in docs/gen, with the types of a client; after a change: vitest run --project unit test/api/openapi.test.ts -u", async () => {
    const text = `${JSON.stringify(document, null, 1)}\n`;
    await expect(text).toMatchFileSnapshot("../../docs/gen/openapi.json");
    const types = astToString(await openapiTS(JSON.stringify(document)));
    await expect(`// Generated from /openapi.json by test/api/openapi.test.ts. Do not edit.\n${types}`).toMatchFileSnapshot(
      "gen/openapi.ts",
    );
  });
});
