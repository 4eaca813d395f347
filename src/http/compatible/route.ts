import type { FastifyInstance, FastifyRequest } from "fastify";
import { type TSchema, Type } from "typebox";
import { failure, sendFailure } from "../failure.js";

/** Returns the schema of an answer in the interface's envelope. */
export const success = <T extends TSchema>(data: T, description = "the answer") =>
  Type.Object({ code: Type.Literal(200), data, msg: Type.Literal("success") }, { description });

/**
 * Returns a GET of the compatible interface without its handler, and refuses every other method there.
 * @param path what comes after `/douyin/`
 */
export function compatibleRoute<Q extends TSchema>(app: FastifyInstance, path: string, querystring: Q, answer: TSchema, summary: string) {
  const url = `/douyin/${path}`;
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
    schema: { summary, tags: ["compatible interface"], querystring, response: { 200: answer } },
    config: { scope: "read" as const, tokenInQuery: true },
    onRequest: async (_request: FastifyRequest, reply: { header(name: string, value: string): unknown }) => {
      reply.header("cache-control", "no-store");
    },
  };
}
