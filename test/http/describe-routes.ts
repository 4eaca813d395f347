import fastifySwagger from "@fastify/swagger";
import type { FastifyInstance, FastifySchema } from "fastify";
import { Type } from "typebox";
import { addSchemas } from "../../src/http/v1/route.js";
import { asyncApi } from "./asyncapi-document.js";

/** The one form of errors. */
const ErrorSchema = Type.Object(
  {
    error: Type.Object(
      {
        code: Type.String({ description: "stable" }),
        message: Type.String({ description: "what is wrong" }),
        hint: Type.String({ description: "what to do" }),
        requestId: Type.String({ description: "names the request in the server's log" }),
        oldest: Type.Optional(Type.String({ description: "cursor_reset: everything kept comes after this cursor" })),
        newest: Type.Optional(Type.String({ description: "cursor_reset: only what is new comes after this cursor" })),
        field: Type.Optional(Type.String({ description: "bad_request: the field that is wrong, such as types or channel.secret" })),
        position: Type.Optional(Type.Integer({ description: "place of a mistake in the filter, in characters from 0" })),
        retryAfterS: Type.Optional(Type.Integer({ description: "rate_limited: seconds to wait" })),
      },
      { description: "details may be added" },
    ),
  },
  { $id: "Error", description: "refused: error.code says why, error.hint what to do" },
);

const ABOUT = `Real-time data of Douyin (抖音) live rooms, from this server. Ids are strings; times are ms UTC; what is unknown is null.
Errors of /v1 have one form: \`error.code\` is stable, \`error.hint\` says what to do.`;

/** The groups of routes, in the order of the pages. */
const TAGS = [
  { name: "rooms", description: "the rooms that are collected, and how" },
  { name: "sessions", description: "a room's broadcasts" },
  { name: "events", description: "what happened in a room: by pages, found by words, as files" },
  { name: "live", description: "what happens, as it happens: SSE; WebSocket is in docs/streams.md" },
  { name: "statistics", description: "who gave, wrote and liked how much" },
  { name: "gifts", description: "the platform's gifts and their prices" },
  { name: "works", description: "videos, notes and live photos that were read" },
  { name: "sidecars", description: "danmaku beside the recordings of other programs" },
  { name: "hooks", description: "webhooks: where events are sent" },
  { name: "tokens", description: "who may ask" },
  { name: "accounts", description: "Douyin accounts of the operator's own, as whom rooms are watched" },
  { name: "retention", description: "how long what is kept" },
  { name: "tasks", description: "long work: erasing a person, decoding again" },
  { name: "Open Platform", description: "broadcasts of games with a licence" },
  { name: "server", description: "this server, and what ails it" },
  { name: "health", description: "for load balancers and Prometheus" },
  { name: "mcp", description: "the Model Context Protocol, for programs of AI" },
  { name: "compatible interface", description: "/douyin/…: an interface that existing clients read unchanged" },
];

/** Documents of an API: of its routes, and of what it sends by itself. */
export interface ApiDocuments {
  readonly openapi: object;
  readonly asyncapi: object;
}

/**
 * Describes the routes that are registered after it, but for those without a tag.
 * @returns what makes the documents once all routes are there
 */
export async function describeRoutes(app: FastifyInstance): Promise<() => ApiDocuments> {
  addSchemas(app, ErrorSchema);
  await app.register(fastifySwagger, {
    hideUntagged: true,
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "dylive",
        version: "1",
        description: ABOUT,
        contact: { name: "whoever runs this server" },
        license: { name: "MIT", identifier: "MIT" },
      },
      // Wherever the document was fetched from.
      servers: [{ url: "/", description: "this server" }],
      tags: TAGS,
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer", description: "a token: dylive token create --name NAME" },
          query: { type: "apiKey", in: "query", name: "token", description: "the same token, for the compatible interface (/douyin/…)" },
        },
      },
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => (typeof json["$id"] === "string" ? json["$id"] : `schema${index}`),
    },
    transform: ({ schema, url, route }) => {
      if (schema === undefined) return { schema: {}, url };
      const { scope, tokenInQuery = false } = route.config ?? {};
      const described = describeRoute(schema, url.startsWith("/douyin/") ? COMPATIBLE_REFUSAL : { $ref: "Error" }, scope, tokenInQuery);
      return { schema: { ...described, operationId: operationId(String(route.method), url) }, url };
    },
  });
  return () => {
    const openapi = app.swagger() as { readonly components: { readonly schemas: Parameters<typeof asyncApi>[0] } };
    return { openapi, asyncapi: asyncApi(openapi.components.schemas) };
  };
}

/**
 * Returns the name that generators of clients give a route: `GET /v1/rooms/:room/events` is `getRoomsByRoomEvents`. Unique as addresses
 * are.
 */
function operationId(method: string, url: string): string {
  const parts = url.split("/").filter((part) => part !== "" && part !== "v1" && part !== "douyin");
  const words = parts.map((part) => (part.startsWith(":") ? `by-${part.slice(1)}` : part)).flatMap((part) => part.split(/[^A-Za-z0-9]+/));
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

/** Returns a route as the document has it: with what every route has in common, and fields that have a default not required. */
function describeRoute(schema: FastifySchema, error: object, scope: string | undefined, tokenInQuery: boolean): FastifySchema {
  const asked = { ...schema };
  for (const part of ["querystring", "body"] as const) if (asked[part] !== undefined) asked[part] = withoutDefaults(asked[part] as Fields);
  // Whatever the route produces, an error is JSON.
  const refusal = { description: "refused: why, and what to do", content: { "application/json": { schema: error } } };
  const failed = { ...refusal, description: "failed: why, and what to do" };
  const answers = schema.response ?? { 200: { type: "string", description: "a stream that goes on until one side ends it" } };
  const needs = scope === undefined ? "Needs no token." : `Needs a token of scope ${scope}.`;
  return {
    ...asked,
    description: `${needs}${schema.description ? ` ${schema.description}` : ""}`,
    security: scope === undefined ? [] : tokenInQuery ? [{ query: [] }, { bearer: [] }] : [{ bearer: [] }],
    response: { ...answers, "4xx": refusal, "5xx": failed },
  };
}

interface Fields {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, object>>;
}

function withoutDefaults({ required = [], properties = {}, ...rest }: Fields): Fields {
  return { ...rest, properties, required: required.filter((name) => !("default" in (properties[name] ?? {}))) };
}

const COMPATIBLE_REFUSAL = {
  type: "object",
  description: "refused: msg says why and what to do; code is the HTTP status",
  required: ["code", "data", "msg"],
  properties: { code: { type: "integer" }, data: { type: "array", items: {}, maxItems: 0 }, msg: { type: "string" } },
};
