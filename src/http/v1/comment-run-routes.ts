import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { addSchemas, exactly } from "./fields.js";
import { assertAllRooms, serviceOf, WorkParams } from "./work-routes.js";

const CommentRunStatusSchema = Type.Object(
  {
    run: Type.Ref("CommentRun"),
    running: Type.Boolean({
      description: "whether a process is at it now; one whose process died is told as stopped, and a new one goes on",
    }),
  },
  { $id: "CommentRunStatus", description: "the last run that collects the comments of a work, as far as it is" },
);

const tags = ["works"];
const AskedRun = exactly({
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1_000_000, description: "the run ends after so many comments that are new; 100,000 by default" }),
  ),
  replies: Type.Boolean({ default: true, description: "whether replies are collected beside those that are shown without a click" }),
});

/** Registers the routes of the runs that collect comments: start one, look, stop. Those of comments come before: they describe a run. */
export function commentRunRoutes(app: FastifyInstance, { commentRuns, logger }: ApiDeps): void {
  addSchemas(app, CommentRunStatusSchema);
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const Status = Type.Ref("CommentRunStatus");

  typed.post(
    "/works/:work/comments",
    {
      schema: {
        summary: "Collect the comments of a work and keep them; a run under way goes on as it is",
        description:
          "A run that lasts for minutes to hours: GET /v1/works/{work}/comments/run says how far it is. It goes on with what is kept. See docs/works.md.",
        tags,
        params: WorkParams,
        body: AskedRun,
        response: { 202: Status },
      },
      config: { scope: "manage" },
    },
    async (request, reply) => {
      const token = tokenOf(request);
      assertAllRooms(token);
      const { work } = request.params;
      const status = await serviceOf(commentRuns).start(work, request.body);
      logger.info({ work, by: token.id }, "collecting the comments of a work was asked for");
      return reply.status(202).send(status);
    },
  );

  typed.get(
    "/works/:work/comments/run",
    {
      schema: {
        summary: "How far the last run is that collects the comments of a work",
        tags,
        params: WorkParams,
        response: { 200: Status },
      },
      config: { scope: "read" },
    },
    async (request) => {
      assertAllRooms(tokenOf(request));
      return serviceOf(commentRuns).get(request.params.work);
    },
  );

  typed.delete(
    "/works/:work/comments/run",
    {
      schema: {
        summary: "Stop collecting the comments of a work; what is kept stays, and a new run goes on",
        tags,
        params: WorkParams,
        response: { 200: Status },
      },
      config: { scope: "manage" },
    },
    async (request) => {
      assertAllRooms(tokenOf(request));
      return serviceOf(commentRuns).stop(request.params.work);
    },
  );
}
