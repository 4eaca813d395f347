import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { type Static, Type } from "typebox";
import { nameOfList } from "../../works/list-run-service.js";
import { WorkListRunSchema } from "../../works/model/work-list.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { addSchemas, exactly } from "./fields.js";
import { byReference, runAnswer, serviceOf, WorkLink, WorkPageQuery, workPage } from "./work-routes.js";

const ListRunStatusSchema = Type.Object(
  {
    run: Type.Ref("WorkListRun"),
    running: Type.Boolean({ description: "whether a process is at it now; one whose process died is shown as stopped" }),
  },
  { $id: "ListRunStatus", description: "the last run through the works of an author or a mix, as far as it is" },
);

const limit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 10_000, description: "the run ends after so many works; 10,000 by default" }),
);
const stopAfterKnown = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: 1_000,
    description:
      "an author's list ends after so many works in a row, pinned ones apart, that are kept and older than the last run that ended by end, known or wall; never by default",
  }),
);
const AskedLink = exactly({
  link: WorkLink("a link of an author or a mix, a short link, the app's share text, or a sec_uid"),
  limit,
  stopAfterKnown,
});
const AskedAuthor = exactly({ limit, stopAfterKnown });
const AskedMix = exactly({ limit });

const AuthorParams = exactly({
  author: Type.String({
    pattern: "^MS4wLjABAAAA[A-Za-z0-9_-]{20,160}$",
    description: "the author's sec_uid: MS4wLjABAAAA and 20 to 160 letters, digits, - or _",
  }),
});
const MixParams = exactly({
  mix: Type.String({ pattern: "^\\d{10,32}$", description: "the platform's id of the mix (合集), 10 to 32 digits" }),
});

/** The two kinds of lists: an author's works, and those of a mix, which begins with its oldest and is always read to its end. */
const LISTS = [
  { path: "/authors/:author/works", of: "an author", params: AuthorParams, body: AskedAuthor },
  { path: "/mixes/:mix/works", of: "a mix", params: MixParams, body: AskedMix },
] as const;

const tags = ["works"];

/** Registers the routes of lists: start a run, look, stop, and the works that are kept of one. Those of works come before. */
export function listRunRoutes(app: FastifyInstance, { store, calls, works, listRuns, logger }: ApiDeps): void {
  app.addSchema(byReference(WorkListRunSchema));
  addSchemas(app, ListRunStatusSchema);
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const Status = Type.Ref("ListRunStatus");

  typed.post(
    "/works/lists",
    {
      schema: {
        summary: "List the works of the author or mix that a link means, and keep them",
        description:
          "As POST /v1/authors/{author}/works and POST /v1/mixes/{mix}/works, by a link: `run` says which it is. See docs/works.md.",
        tags,
        body: AskedLink,
        response: { 202: Status },
      },
      config: { scope: "manage", allRooms: true },
    },
    async (request, reply) => {
      const token = tokenOf(request);
      const call = calls.open(request.raw, reply.raw, token);
      const { link, ...bounds } = request.body;
      const of = nameOfList(await serviceOf(works).findList(link, call.signal));
      const status = await serviceOf(listRuns).start(of, bounds);
      logger.info({ list: of, by: token.id }, "listing the works of an author or a mix was asked for");
      return await reply.status(202).send(runAnswer(request, status));
    },
  );

  for (const { path, of, params, body } of LISTS) {
    typed.get(
      path,
      {
        schema: {
          summary: `Works of ${of} that are kept`,
          tags,
          params,
          querystring: WorkPageQuery,
          response: { 200: Type.Ref("WorkList") },
        },
        config: { scope: "read", allRooms: true },
      },
      async (request) => {
        return workPage(store.works, request, {
          ...request.query,
          ...(request.params as Partial<Static<typeof AuthorParams & typeof MixParams>>),
        });
      },
    );

    typed.post(
      path,
      {
        schema: {
          summary: `List the works of ${of} from their page, and keep them; the same run under way goes on as it is`,
          description: `It answers at once: GET /v1${path.replace(/:(\w+)/, "{$1}")}/run says how far it is, and by what it ended: guests are mostly shown the first works alone. See docs/works.md.`,
          tags,
          params,
          body,
          response: { 202: Status },
        },
        config: { scope: "manage", allRooms: true },
      },
      async (request, reply) => {
        const token = tokenOf(request);
        const list = idIn(request.params);
        const status = await serviceOf(listRuns).start(list, request.body);
        logger.info({ list, by: token.id }, "listing the works of an author or a mix was asked for");
        return reply.status(202).send(runAnswer(request, status));
      },
    );

    typed.get(
      `${path}/run`,
      {
        schema: { summary: `How far the last run is that lists the works of ${of}`, tags, params, response: { 200: Status } },
        config: { scope: "read", allRooms: true },
      },
      async (request) => {
        return runAnswer(request, await serviceOf(listRuns).get(idIn(request.params)));
      },
    );

    typed.delete(
      `${path}/run`,
      {
        schema: { summary: `Stop listing the works of ${of}; what is kept stays`, tags, params, response: { 200: Status } },
        config: { scope: "manage", allRooms: true },
      },
      async (request) => {
        return runAnswer(request, await serviceOf(listRuns).stop(idIn(request.params)));
      },
    );
  }
}

function idIn(params: Static<typeof AuthorParams> | Static<typeof MixParams>): string {
  return "author" in params ? params.author : params.mix;
}
