import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { TSchema } from "typebox";
import type { TokenRow } from "../../store/tokens.js";
import { assertMayAsk } from "../access.js";
import { failure, sendFailure } from "../failure.js";
import type { ApiParts } from "../parts.js";
import { SeedChat } from "./chat.js";
import { seedInfo } from "./info.js";
import { RoomQuerySchema, SeedQuerySchema, StatusQuerySchema, seedQueryError } from "./query.js";
import { seedAudience, seedRankList } from "./ranks.js";
import { ChatAnswer, InfoAnswer, RanksAnswer, StatusAnswer } from "./schemas.js";
import { seedStatus } from "./status.js";

/** The document's family of addresses. */
export function seedRoutes(app: FastifyInstance, parts: ApiParts): void {
  const chat = new SeedChat(parts);
  const tokens = new WeakMap<FastifyRequest, TokenRow>();
  const tokenOf = (request: FastifyRequest): TokenRow => {
    const token = tokens.get(request);
    if (token === undefined) throw new Error("a request passed without a token");
    return token;
  };
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const route = <Q extends TSchema>(name: string, querystring: Q, answer: TSchema, summary: string) => {
    const url = `/douyin/liveroom/${name}`;
    app.route({
      method: ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
      url,
      schema: { hide: true },
      // Refused before the body is read.
      onRequest: async (request, reply) =>
        sendFailure(request, reply.header("allow", "GET"), failure("bad_request", `${request.method} is not offered here, use GET`, 405)),
      handler: (_request, reply) => reply,
    });
    return {
      method: "GET" as const,
      url,
      schema: { summary, tags: ["the document's family"], querystring, response: { 200: answer } },
      schemaErrorFormatter: seedQueryError(querystring),
      config: { scope: "read" as const, tokenInQuery: true },
      // Before the fields are looked at: who has no token learns nothing else.
      onRequest: async (request: FastifyRequest, reply: { header(name: string, value: string): unknown }) => {
        reply.header("cache-control", "no-store");
        tokens.set(request, await parts.gate.enter(request.raw, "read", "query"));
      },
    };
  };
  const { rooms } = parts.store;

  typed.route({
    ...route("chat", SeedQuerySchema, ChatAnswer, "New events of a room since this token's last call"),
    handler: async (request, reply) => {
      const token = tokenOf(request);
      await assertMayAsk(rooms, token, request.query.room_id);
      const text = await chat.answer(request, reply, request.query, token);
      if (text !== null) return text;
      reply.hijack();
      return undefined;
    },
  });
  const facts = (name: string, answer: TSchema, summary: string, give: typeof seedInfo) =>
    typed.route({
      ...route(name, RoomQuerySchema, answer, summary),
      handler: async (request, reply) => {
        await assertMayAsk(rooms, tokenOf(request), request.query.room_id);
        const text = await give(parts, parts.calls.open(request.raw, reply.raw, tokenOf(request)), request.query.room_id);
        return reply.type("application/json; charset=utf-8").send(text);
      },
    });
  facts("info", InfoAnswer, "What is known of a room", seedInfo);
  facts("audience", RanksAnswer, "Viewers of a room, ranked by contribution", seedAudience);
  facts("ranklist", RanksAnswer, "The contributors of a room", seedRankList);
  typed.route({
    ...route("status", StatusQuerySchema, StatusAnswer, "Whether rooms are live"),
    handler: async (request, reply) => {
      const asked = [...new Set(request.query.room_id.split(","))];
      for (const text of asked) await assertMayAsk(rooms, tokenOf(request), text);
      const text = await seedStatus(parts, parts.calls.open(request.raw, reply.raw, tokenOf(request)), asked);
      return reply.type("application/json; charset=utf-8").send(text);
    },
  });
}
