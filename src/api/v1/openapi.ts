import fastifySwagger from "@fastify/swagger";
import fastifySwaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance, FastifySchema } from "fastify";
import {
  ErrorSchema,
  EventListSchema,
  NewTokenSchema,
  RoomListSchema,
  RoomSchema,
  SessionListSchema,
  SessionSchema,
  TokenListSchema,
  TokenSchema,
} from "./answers.js";
import { ClusterSchema } from "./cluster-routes.js";
import { eventSchemas } from "./event-schemas.js";
import { HookListSchema, HookSchema, HookTryListSchema, HookTrySchema, NewHookSchema } from "./hook-answers.js";
import { AboutSchema, AccountListSchema, AccountSchema, FindingListSchema } from "./operator-answers.js";
import { RetentionSchema } from "./retention-routes.js";
import { FoundSchema } from "./search-answers.js";
import {
  GiftListSchema,
  MinuteListSchema,
  PersonListSchema,
  TotalsSchema,
  UserHistorySchema,
  WordListSchema,
} from "./statistics-answers.js";
import { TaskListSchema, TaskSchema } from "./task-answers.js";

/** The pages of the documentation load their own files and talk to this server. */
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

const ABOUT = `Real-time data of Douyin (抖音) live rooms, from this server. Ids are strings; times are ms UTC; what is unknown is null.
Errors of /v1 have one form: \`error.code\` is stable, \`error.hint\` says what to do.`;

/**
 * Describes the routes that are registered after it: `/openapi.json`, and a page to browse it at `/docs` that needs no network. Only routes with
 * a tag are described.
 */
export async function describeRoutes(app: FastifyInstance): Promise<void> {
  for (const schema of [
    ...eventSchemas(),
    RoomSchema,
    RoomListSchema,
    SessionSchema,
    SessionListSchema,
    EventListSchema,
    FoundSchema,
    RetentionSchema,
    TaskSchema,
    TaskListSchema,
    TotalsSchema,
    MinuteListSchema,
    GiftListSchema,
    PersonListSchema,
    WordListSchema,
    UserHistorySchema,
    TokenSchema,
    TokenListSchema,
    NewTokenSchema,
    HookSchema,
    HookListSchema,
    NewHookSchema,
    HookTrySchema,
    HookTryListSchema,
    AccountSchema,
    AccountListSchema,
    AboutSchema,
    FindingListSchema,
    ClusterSchema,
    ErrorSchema,
  ])
    app.addSchema(JSON.parse(JSON.stringify(schema)));
  await app.register(fastifySwagger, {
    hideUntagged: true,
    openapi: {
      openapi: "3.1.0",
      info: { title: "dylive", version: "1", description: ABOUT },
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer", description: "a token: dylive token create --name NAME" },
          query: { type: "apiKey", in: "query", name: "token", description: "the same token, for the document's family" },
        },
      },
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => (typeof json["$id"] === "string" ? json["$id"] : `schema${index}`),
    },
    transform: ({ schema, url, route }) => {
      const { scope, tokenInQuery = false } = route.config ?? {};
      return { schema: describeRoute(schema, url.startsWith("/douyin/") ? FAMILY_REFUSAL : { $ref: "Error" }, scope, tokenInQuery), url };
    },
  });
  app.get("/openapi.json", { schema: { hide: true } }, (_request, reply) => reply.header("cache-control", "no-cache").send(app.swagger()));
  await app.register(fastifySwaggerUi, {
    routePrefix: "/docs",
    staticCSP: POLICY,
    theme: { title: "dylive: API" },
    uiConfig: {
      // The other layout has a bar whose logo brings a style of its own, which the policy forbids.
      layout: "BaseLayout",
      validatorUrl: null,
      supportedSubmitMethods: ["get", "post", "put", "patch", "delete"],
      persistAuthorization: false,
    },
  });
}

/** A route as the document has it: with what every route with a token has in common, and fields that have a default not required. */
function describeRoute(schema: FastifySchema | undefined, error: object, scope: string | undefined, tokenInQuery: boolean): FastifySchema {
  if (schema === undefined) return {};
  const asked = { ...schema };
  for (const part of ["querystring", "body"] as const) if (asked[part] !== undefined) asked[part] = withoutDefaults(asked[part] as Fields);
  // Whatever the route produces, an error is JSON.
  const refusal = { description: "refused: why, and what to do", content: { "application/json": { schema: error } } };
  if (scope === undefined) return asked;
  const answers = schema.response ?? { 200: { type: "string", description: "a stream that goes on until one side ends it" } };
  return {
    ...asked,
    description: `Needs a token of scope ${scope}.${schema.description ? ` ${schema.description}` : ""}`,
    security: tokenInQuery ? [{ query: [] }, { bearer: [] }] : [{ bearer: [] }],
    response: { ...answers, default: refusal },
  };
}

interface Fields {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, object>>;
}

function withoutDefaults({ required = [], properties = {}, ...rest }: Fields): Fields {
  return { ...rest, properties, required: required.filter((name) => !("default" in (properties[name] ?? {}))) };
}

const FAMILY_REFUSAL = {
  type: "object",
  description: "refused: msg says why and what to do; code is the HTTP status",
  required: ["code", "data", "msg"],
  properties: { code: { type: "integer" }, data: { type: "array", maxItems: 0 }, msg: { type: "string" } },
};
