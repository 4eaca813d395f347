import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { DyliveError } from "../../runtime/errors.js";
import type { AdminService } from "../admin-service.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { exactly } from "./fields.js";

const tags = ["server"];
const config = { scope: "admin" } as const;
const Examined = exactly({
  room: Type.Optional(
    Type.Union([Type.String({ minLength: 1, maxLength: 2_000 }), Type.Null()], {
      description: "a live room, to look at every step: a number, a link or a share text",
    }),
  ),
});

/** Registers the routes that describe this server and what ails it. */
export function aboutRoutes(app: FastifyInstance, { admin, calls }: ApiDeps): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  let examining = false;

  typed.get(
    "/about",
    { schema: { summary: "What this server is", tags, querystring: exactly({}), response: { 200: Type.Ref("About") } }, config },
    async () => known(admin).about(),
  );

  typed.post(
    "/doctor",
    {
      schema: {
        summary: "Look at every layer between here and the platform; may take some minutes",
        tags,
        body: Examined,
        response: { 200: Type.Ref("FindingList") },
      },
      config,
    },
    async (request, reply) => {
      const service = known(admin);
      // It starts a process and a browser.
      if (examining) throw new DyliveError("in_use", "the doctor is already running");
      examining = true;
      const call = calls.open(request.raw, reply.raw, tokenOf(request));
      try {
        return { findings: await service.examine(request.body.room ?? null, call.signal) };
      } catch (error) {
        throw call.reasonFor(error, "the doctor had not come to an end");
      } finally {
        examining = false;
      }
    },
  );
}

function known(admin: AdminService | null): AdminService {
  if (admin === null) throw new DyliveError("not_found", "this server shows no information about itself");
  return admin;
}
