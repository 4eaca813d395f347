import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { inject } from "light-my-request";
import { Type } from "typebox";
import type { Language } from "../i18n/words.js";
import { DyliveError } from "../runtime/errors.js";
import { told } from "../runtime/told.js";
import type { TokenRow } from "../store/sql/tokens.js";
import type { ApiDeps } from "./api-deps.js";
import { type Authenticator, tokenOf } from "./authentication.js";
import { languageAsked } from "./failure.js";
import { loadSdk, mcpServer } from "./mcp.js";
import type { AskApi } from "./mcp-tools.js";

/** Pages that may ask from a browser: this machine's own, such as an inspector's. Programs send no origin. */
const OWN_ORIGIN = /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;
const Message = Type.Object({}, { additionalProperties: true, description: "one message of JSON-RPC 2.0" });

/**
 * Registers `/mcp`: the Model Context Protocol over streamable HTTP, without sessions. Clients of 2026-07-28 and of 2025 are answered.
 * @param ask makes what asks the API as the client of a token
 */
export function mcpRoutes(
  app: FastifyInstance,
  { calls, logger, clock, live }: Pick<ApiDeps, "calls" | "logger" | "clock" | "live">,
  ask: (token: TokenRow, language: Language) => AskApi,
): void {
  const route = {
    url: "/mcp",
    config: { scope: "read" },
    handler: async (request: FastifyRequest, reply) => {
      const { origin } = request.headers;
      // A name that an attacker's page has led to this machine is no name of it.
      if (origin !== undefined && !(OWN_ORIGIN.test(origin) && URL.canParse(origin)))
        throw new DyliveError("forbidden", told`pages of ${JSON.stringify(origin.slice(0, 80))} may not ask here`);
      const token = tokenOf(request);
      const language = languageAsked(request);
      const call = calls.open(request.raw, reply.raw, token);
      // What else ends a call ends what its tool asks too, which is an answer.
      const gone = new AbortController();
      call.signal.addEventListener("abort", () => call.ended === "gone" && gone.abort(), { once: true });
      // A message takes some milliseconds: of many that one token sends at once, others have their turns in between.
      await live.time.turn(token.id);
      const client = { ask: ask(token, language), language, clock };
      const handler = loadSdk().createMcpHandler(() => mcpServer(client), {
        // There is nothing that changes: a stream of changes would only be held open.
        maxSubscriptions: 0,
        onerror: (error) => logger.debug({ err: error }, "a message of the Model Context Protocol was refused"),
      });
      const headers = new Headers();
      for (const [name, value] of Object.entries(request.headers)) if (typeof value === "string") headers.set(name, value);
      const asked = new Request("http://localhost/mcp", { method: request.method, headers, signal: gone.signal });
      const answer = await handler.fetch(asked, { ...(request.method === "POST" && { parsedBody: request.body }) });
      // A proxy between must not hold back the signs of life.
      reply.code(answer.status).header("cache-control", "no-store").header("x-accel-buffering", "no");
      for (const name of ["content-type", "allow"]) if (answer.headers.has(name)) reply.header(name, answer.headers.get(name));
      return reply.send(answer.body === null ? undefined : Readable.fromWeb(answer.body as ReadableStream));
    },
  } satisfies Partial<Parameters<FastifyInstance["route"]>[0]>;
  app.route({
    ...route,
    method: "POST",
    schema: {
      summary: "Ask by the Model Context Protocol: for programs of AI",
      description: "Streamable HTTP without sessions, of 2026-07-28 and of 2025; docs/mcp.md has the tools.",
      tags: ["mcp"],
      produces: ["application/json", "text/event-stream"],
      body: Message,
      response: {
        200: Type.Unknown({ description: "the answer, or a stream of events (SSE) with it" }),
        202: Type.Null({ description: "taken" }),
      },
    },
  });
  // Refused before a body is looked for, of which clients tell that it is JSON though there is none.
  app.route({ ...route, method: ["GET", "DELETE"], schema: { hide: true }, onRequest: route.handler });
}

/**
 * Makes what asks the API within its own process: requests that are part of one that was let in, or that bring a token.
 * @param answer handles a request as the server does
 */
export function askWithin(
  answer: Parameters<typeof inject>[0],
  letIn: (request: Parameters<Authenticator["isPart"]>[0], by: TokenRow | null) => void,
): (by: TokenRow | { readonly secret: string }, language: Language) => AskApi {
  return (by, language) =>
    async ({ method, url, body }, signal) => {
      signal.throwIfAborted();
      const headers = {
        "accept-language": language,
        ...("secret" in by && { authorization: `Bearer ${by.secret}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
      };
      const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
      const { statusCode, payload: text } = await inject(
        (request, response) => {
          letIn(request, "secret" in by ? null : by);
          answer(request, response);
        },
        { method, url, headers, signal, ...payload },
      );
      return { status: statusCode, text };
    };
}
