import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { TokenRow, Tokens } from "../log/tokens.js";
import { authenticate } from "./auth.js";
import { failure, sendFailure } from "./failure.js";
import type { Secrets } from "./secrets.js";
import { SeedChat, type SeedChatParts } from "./seed-chat.js";
import { SeedQuerySchema, seedQueryError } from "./seed-query.js";

/** What the family's routes work with. */
export interface SeedParts extends SeedChatParts {
  readonly store: SeedChatParts["store"] & { readonly tokens: Tokens };
  readonly secrets: Secrets;
}

/** The document's family of addresses. */
export function seedRoutes(app: FastifyInstance, parts: SeedParts): void {
  const chat = new SeedChat(parts);
  const tokens = new WeakMap<FastifyRequest, TokenRow>();
  const url = "/douyin/liveroom/chat";

  app.withTypeProvider<TypeBoxTypeProvider>().route({
    method: "GET",
    url,
    schema: { querystring: SeedQuerySchema },
    schemaErrorFormatter: seedQueryError,
    // Before the fields are looked at: who has no token learns nothing else.
    onRequest: async (request, reply) => {
      reply.header("cache-control", "no-store");
      tokens.set(request, await authenticate(parts.store.tokens, parts.secrets.of(request.raw), "read"));
    },
    handler: async (request, reply) => {
      const token = tokens.get(request);
      if (token === undefined) throw new Error("a request passed without a token");
      const text = await chat.answer(request, reply, request.query, token);
      if (text !== null) return text;
      reply.hijack();
      return undefined;
    },
  });
  app.route({
    method: ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
    url,
    // Refused before the body is read.
    onRequest: async (request, reply) =>
      sendFailure(reply.header("allow", "GET"), failure("bad_request", `${request.method} is not offered here, use GET`, 405)),
    handler: (_request, reply) => reply,
  });
}
