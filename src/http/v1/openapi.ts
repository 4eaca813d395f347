import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import fastifySwagger from "@fastify/swagger";
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import { Type } from "typebox";
import { EVENT_TYPES, type EventType, UserSchema } from "../../events/event.js";
import { EVENT_SCHEMAS } from "../../events/schemas.js";
import { DyliveError } from "../../runtime/errors.js";
import { packageFile } from "../../runtime/packages.js";
import { SharedFiles, takes } from "../page.js";
import { asyncApi } from "./asyncapi.js";
import { addSchemas } from "./fields.js";

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

/** Policy of the documentation's pages: they load their own files and talk to this server. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Files below /docs/: Swagger UI's own files, and what tells it where the document is. */
const PAGE_FILES = "static/";
const PAGE_SCRIPT = "show.js";
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>dylive: API</title>
<link rel="stylesheet" href="${PAGE_FILES}swagger-ui.css">
<link rel="icon" type="image/png" href="${PAGE_FILES}favicon-32x32.png" sizes="32x32">
</head>
<body>
<div id="swagger-ui"></div>
<script src="${PAGE_FILES}swagger-ui-bundle.js"></script>
<script src="${PAGE_SCRIPT}"></script>
</body>
</html>
`;
// Swagger UI's other layout has a bar whose logo brings a style of its own, which the policy forbids.
const SHOW_DOCUMENT = `SwaggerUIBundle({
  dom_id: "#swagger-ui",
  url: new URL("../openapi.json", location.href).href,
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [SwaggerUIBundle.plugins.DownloadUrl],
  layout: "BaseLayout",
  deepLinking: true,
  validatorUrl: null,
  supportedSubmitMethods: ["get", "post", "put", "patch", "delete"],
  persistAuthorization: false,
});
`;

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

/**
 * Describes the routes that are registered after it: `/openapi.json`, and a page to browse it at `/docs` that needs no network. Only routes with
 * a tag are described.
 * @returns what makes the document once all routes are there, which holds the process for 40 to 60 ms of CPU time; else the first who asks for
 *   it does
 */
export async function describeRoutes(app: FastifyInstance): Promise<() => Promise<void>> {
  for (const schema of eventSchemas()) app.addSchema(schema);
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
  const json = new SharedDocument(() => JSON.stringify(app.swagger()));
  app.get("/openapi.json", { schema: { hide: true } }, (request, reply) => json.answer(request, reply, "application/json; charset=utf-8"));
  const live = new SharedDocument(() => JSON.stringify(asyncApi(componentsOf(app.swagger()))));
  app.get("/asyncapi.json", { schema: { hide: true } }, (request, reply) => live.answer(request, reply, "application/json; charset=utf-8"));
  pageFiles ??= new SharedFiles(packageFile("@fastify/swagger-ui/static"));
  const files = pageFiles;
  // The page names its files from where it is, behind a proxy's path too.
  app.get("/docs", { schema: { hide: true } }, (_request, reply) => reply.redirect("docs/"));
  app.get<{ Params: { "*": string } }>("/docs/*", { schema: { hide: true } }, (request, reply) => {
    reply.header("content-security-policy", POLICY);
    const path = request.params["*"];
    if (path === "") return reply.type("text/html; charset=utf-8").send(PAGE);
    if (path === PAGE_SCRIPT) return reply.type("text/javascript; charset=utf-8").send(SHOW_DOCUMENT);
    const file = path.startsWith(PAGE_FILES) ? path.slice(PAGE_FILES.length) : "";
    if (file.endsWith(".html") || !files.has(file)) throw new DyliveError("no_address", "nothing is served at it");
    return files.answer(request, reply, file);
  });
  return () => json.make();
}

function componentsOf(document: object): Parameters<typeof asyncApi>[0] {
  return (document as { readonly components: { readonly schemas: Parameters<typeof asyncApi>[0] } }).components.schemas;
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

/** A large document that never changes: its bytes are made once and shared by all who ask. */
class SharedDocument {
  readonly #write: () => string;
  #made: Promise<{ readonly plain: Buffer; readonly packed: Buffer; readonly tag: string }> | null = null;

  /** @param write called when it is first asked for, or made */
  constructor(write: () => string) {
    this.#write = write;
  }

  /** Makes it, so that nobody who asks waits for that. */
  async make(): Promise<void> {
    this.#made ??= this.#bytes();
    await this.#made;
  }

  /** Answers with it, compressed where the client takes that; 304 for one who has it. */
  async answer(request: FastifyRequest, reply: FastifyReply, mediaType: string): Promise<FastifyReply> {
    this.#made ??= this.#bytes();
    const { plain, packed, tag } = await this.#made;
    const isPacked = takes(request.headers["accept-encoding"] ?? "", "gzip");
    reply.header("cache-control", "no-cache").header("vary", "accept-encoding").header("etag", tag);
    if (request.headers["if-none-match"] === tag) return reply.code(304).send();
    if (isPacked) reply.header("content-encoding", "gzip");
    return reply.type(mediaType).send(isPacked ? packed : plain);
  }

  async #bytes() {
    const plain = Buffer.from(this.#write(), "utf8");
    const tag = `W/"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`;
    return { plain, packed: await promisify(gzip)(plain), tag };
  }
}

/** A JSON Schema as plain data. */
type Schema = Readonly<Record<string, unknown>>;

/** Files of the page, and schemas of the events: made for the first server of the process. */
let pageFiles: SharedFiles | null = null;
let schemas: readonly Schema[] | null = null;

function eventSchemas(): readonly Schema[] {
  schemas ??= makeEventSchemas();
  return schemas;
}

/** Schemas of all events with the names that `/openapi.json` gives them: each kind once, people once, and the union of all kinds. */
function makeEventSchemas(): readonly Schema[] {
  const kinds = EVENT_TYPES.map((type) => {
    return { ...plain(EVENT_SCHEMAS[type]), $id: nameOf(type) };
  });
  const mapping = Object.fromEntries(EVENT_TYPES.map((type) => [type, `#/components/schemas/${nameOf(type)}`]));
  const union = {
    $id: "LiveEvent",
    oneOf: EVENT_TYPES.map((type) => ({ $ref: nameOf(type) })),
    discriminator: { propertyName: "type", mapping },
  };
  return [{ ...plainText(UserSchema), $id: "User" }, ...kinds, union];
}

function nameOf(type: EventType): string {
  return `${type[0]?.toUpperCase()}${type.slice(1)}Event`;
}

/** Returns the schema with people by reference. */
function plain(schema: object): Schema {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) =>
    typeof value === "object" && value !== null && "$id" in value && value.$id === "User" ? { $ref: "User" } : value,
  ) as Schema;
}

function plainText(schema: object): Schema {
  return JSON.parse(JSON.stringify(schema)) as Schema;
}
