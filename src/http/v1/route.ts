import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods, RouteHandlerMethod } from "fastify";
import { type Static, type TSchema, Type } from "typebox";
import type { Scope } from "../../store/sql/tokens.js";

/** What a schema describes, as our own code hands it on. */
export type ReadonlyDeep<T> = T extends object ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> } : T;

/** An object that has no other fields. */
export const exactly = <P extends Record<string, TSchema>>(properties: P) => Type.Object(properties, { additionalProperties: false });

/** Adds what routes refer to by `$id`; `/openapi.json` describes it under this name. */
export function addSchemas(app: FastifyInstance, ...schemas: readonly TSchema[]): void {
  for (const schema of schemas) app.addSchema(JSON.parse(JSON.stringify(schema)));
}

/** Parts of a route that those of one file mostly share. */
interface CommonParts {
  readonly tags: readonly string[];
  /** Scope that its token needs; admin by default. */
  readonly scope?: Scope;
  /** Whether tokens that are limited to rooms are refused. */
  readonly allRooms?: boolean;
}

/** A route of v1 without its method, address and handler. */
interface RouteParts<P extends TSchema, Q extends TSchema, B extends TSchema> extends Partial<CommonParts> {
  readonly summary: string;
  readonly description?: string;
  readonly params?: P;
  /** Fields of the address; a GET without it takes none. */
  readonly query?: Q;
  readonly body?: B;
  /** Schema of the answer with status 200, by its `$id`; or schemas by status, of which the first is the usual one. Absent: a stream. */
  readonly answer?: string | Readonly<Record<number, string | TSchema>>;
  readonly produces?: readonly string[];
  readonly tokenInQuery?: boolean;
  readonly bodyLimit?: number;
}

type Asked<P extends TSchema, Q extends TSchema, B extends TSchema> = FastifyRequest<{
  Params: Static<P>;
  Querystring: Static<Q>;
  Body: Static<B>;
}>;

/** Returns what registers routes of v1, whose handlers get checked requests and may return their answers. */
export function routesOf(app: FastifyInstance, common: CommonParts) {
  const register =
    (method: HTTPMethods) =>
    <P extends TSchema, Q extends TSchema, B extends TSchema>(
      url: string,
      parts: RouteParts<P, Q, B>,
      handler: (request: Asked<P, Q, B>, reply: FastifyReply) => unknown,
    ) => {
      const { scope, allRooms = false, tokenInQuery = false, query, bodyLimit, answer, ...words } = { ...common, ...parts };
      const answers = Object.entries(typeof answer === "string" ? { 200: answer } : (answer ?? {}));
      const response = answers.map(([status, schema]) => [status, typeof schema === "string" ? Type.Ref(schema) : schema]);
      const querystring = query ?? (method === "GET" ? exactly({}) : undefined);
      app.route({
        method,
        url,
        ...(bodyLimit !== undefined && { bodyLimit }),
        schema: {
          ...words,
          ...(querystring !== undefined && { querystring }),
          ...(answer !== undefined && { response: Object.fromEntries(response) }),
        },
        config: { ...(scope !== undefined && { scope }), allRooms, tokenInQuery },
        handler: ((request: Asked<P, Q, B>, reply: FastifyReply) =>
          handler(request, reply.code(Number(answers[0]?.[0] ?? 200)))) as RouteHandlerMethod,
      });
    };
  return { get: register("GET"), post: register("POST"), patch: register("PATCH"), delete: register("DELETE") };
}
