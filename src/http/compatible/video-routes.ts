import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { WorkRow } from "../../store/sql/works.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { assertAllRooms, serviceOf } from "../v1/work-routes.js";
import { compatibleRoute, success } from "./route.js";
import { detailOf } from "./work-detail.js";

/** Age up to which a work that is kept is given, in ms: its addresses live for hours. */
const MAX_AGE_MS = 600_000;

const DetailQuery = Type.Object({
  aweme_id: Type.String({ pattern: "^\\d{19}$", description: "the id of a video or a note: 19 digits" }),
});
const DetailAnswer = success(
  Type.Object(
    {
      status_code: Type.Optional(Type.Integer()),
      aweme_detail: Type.Optional(Type.Unsafe({ description: "the work, with the platform's names; null when it is not shown" })),
      _source: Type.Optional(
        Type.Literal("page", { description: "the page was told no such reply: this was built from the state in its HTML, which has less" }),
      ),
    },
    { additionalProperties: true, description: "what the platform's own page was told of the work, unchanged" },
  ),
);

/** Registers the routes of works of the compatible interface. */
export function videoRoutes(app: FastifyInstance, { calls, works }: ApiDeps): void {
  app.withTypeProvider<TypeBoxTypeProvider>().route({
    ...compatibleRoute(app, "video/detail", DetailQuery, DetailAnswer, "What a video or a note is"),
    handler: async (request, reply) => {
      const token = tokenOf(request);
      assertAllRooms(token);
      const call = calls.open(request.raw, reply.raw, token);
      try {
        const row = await serviceOf(works).read(request.query.aweme_id, MAX_AGE_MS, call.signal);
        return reply.type("application/json; charset=utf-8").send(`{"code":200,"data":${dataOf(row)},"msg":"success"}`);
      } catch (error) {
        throw call.reasonFor(error, "the work had not yet been read");
      }
    },
  });
}

/** Returns the page's own reply as it came: its numbers are larger than what JavaScript holds. */
function dataOf({ work, reply }: WorkRow): string {
  return reply !== null && isObject(reply) ? reply : JSON.stringify(detailOf(work));
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
