import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { SCOPES, type TokenRow } from "../../store/sql/tokens.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { createToken, revokeToken, TOKEN_LIMITS } from "../tokens.js";
import { TextOf, Time } from "./fields.js";
import { addSchemas, exactly, routesOf } from "./route.js";

/** A token as v1 shows it. */
export type ShownToken = Omit<TokenRow, "hash">;

/** A token, without the token itself. */
const TokenSchema = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    scope: Type.Enum([...SCOPES]),
    rooms: Type.Array(Type.String(), { description: "the only rooms it may see; all when empty" }),
    perMinute: Nullable(Type.Integer({ description: "requests that it may make in a minute" })),
    createdAt: Time,
    expiresAt: Nullable(Time),
    revokedAt: Nullable(Time),
    lastUsedAt: Nullable(Type.Integer(), "ms UTC, give or take a minute"),
  },
  { $id: "Token", description: "a token, without the token itself" },
);
const TokenListSchema = Type.Object({ tokens: Type.Array(Type.Ref("Token")) }, { $id: "TokenList", description: "all tokens" });
const NewTokenSchema = Type.Object(
  { token: Type.String({ description: "the token: it is shown this once" }), about: Type.Ref("Token") },
  { $id: "NewToken", description: "a new token" },
);
const NewToken = exactly({
  name: TextOf(64, "what it is for: 1 to 64 printable characters"),
  scope: Type.Enum(["read", "manage", "admin"], {
    default: "read",
    description: "read, manage or admin; each includes the ones before it",
  }),
  rooms: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
    maxItems: TOKEN_LIMITS.rooms,
    default: [],
    description: "the only rooms it may see, each by one of its names or as room:ID; all when empty",
  }),
  perMinute: Type.Optional(
    Nullable(Type.Integer({ minimum: 1, maximum: TOKEN_LIMITS.perMinute }), "requests that it may make in a minute"),
  ),
  expiresAt: Type.Optional(Nullable(Type.Integer(), "when it stops being valid, ms UTC")),
});
const TokenParams = exactly({ token: TextOf(64, "the token's public id") });

/** Registers the routes of tokens: make, list, revoke, for admins; and what the one that asks may do, for all. */
export function tokenRoutes(app: FastifyInstance, { store, clock, logger }: ApiDeps): void {
  const { tokens } = store;
  addSchemas(app, TokenSchema, TokenListSchema, NewTokenSchema);
  const routes = routesOf(app, { tags: ["tokens"], scope: "admin" });

  routes.get("/token", { summary: "The token that asks: what it may do", answer: "Token", scope: "read" }, async (request) =>
    tokenAnswer(tokenOf(request)),
  );

  routes.get("/tokens", { summary: "List tokens, oldest first", answer: "TokenList" }, async () => ({
    tokens: (await tokens.list()).map(tokenAnswer),
  }));

  routes.post(
    "/tokens",
    { summary: "Make a token; it is shown this once", body: NewToken, answer: { 201: "NewToken" } },
    async (request, reply) => {
      const { token, row } = await createToken(tokens, { ...request.body, now: clock.now() }, store.rooms);
      logger.info({ token: row.id, by: tokenOf(request).id }, "a token was made");
      return reply.header("cache-control", "no-store").send({ token, about: tokenAnswer(row) });
    },
  );

  routes.delete(
    "/tokens/:token",
    { summary: "Revoke a token, and forget how far its clients have come", params: TokenParams, answer: "Token" },
    async (request) => {
      const { token: id } = request.params;
      const revoked = await revokeToken(store, id, clock.now());
      const row = (await tokens.list()).find((one) => one.id === id);
      if (!revoked || row === undefined)
        throw new DyliveError("not_found", msg`no valid token has the id ${JSON.stringify(id)}; see \`dylive token list\``);
      logger.info({ token: id, by: tokenOf(request).id }, "a token was revoked");
      return tokenAnswer(row);
    },
  );
}

/** Returns a token as v1 shows it. */
function tokenAnswer({ hash: _hash, ...row }: TokenRow): ShownToken {
  return row;
}
