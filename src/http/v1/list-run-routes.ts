import type { FastifyInstance } from "fastify";
import { type Static, Type } from "typebox";
import { nameOfList } from "../../works/list-run-service.js";
import { WorkListRunSchema } from "../../works/model/work-list.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { addSchemas, exactly, routesOf } from "./route.js";
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

/** Registers the routes of lists: start a run, look, stop, and the works that are kept of one. Those of works come before. */
export function listRunRoutes(app: FastifyInstance, { store, calls, works, listRuns, logger }: ApiDeps): void {
  app.addSchema(byReference(WorkListRunSchema));
  addSchemas(app, ListRunStatusSchema);
  const routes = routesOf(app, { tags: ["works"], scope: "manage", allRooms: true });

  routes.post(
    "/works/lists",
    {
      summary: "List the works of the author or mix that a link means, and keep them",
      description:
        "As POST /v1/authors/{author}/works and POST /v1/mixes/{mix}/works, by a link: `run` says which it is. See docs/works.md.",
      body: AskedLink,
      answer: { 202: "ListRunStatus" },
    },
    async (request, reply) => {
      const token = tokenOf(request);
      const call = calls.open(request, reply);
      const { link, ...bounds } = request.body;
      const of = nameOfList(await serviceOf(works).findList(link, call.signal));
      const status = await serviceOf(listRuns).start(of, bounds);
      logger.info({ list: of, by: token.id }, "listing the works of an author or a mix was asked for");
      return runAnswer(request, status);
    },
  );

  for (const { path, of, params, body } of LISTS) {
    routes.get(
      path,
      { summary: `Works of ${of} that are kept`, params, query: WorkPageQuery, answer: "WorkList", scope: "read" },
      async (request) => {
        return workPage(store.works, request, {
          ...request.query,
          ...(request.params as Partial<Static<typeof AuthorParams & typeof MixParams>>),
        });
      },
    );

    routes.post(
      path,
      {
        summary: `List the works of ${of} from their page, and keep them; the same run under way goes on as it is`,
        description: `It answers at once: GET /v1${path.replace(/:(\w+)/, "{$1}")}/run says how far it is, and by what it ended: guests are mostly shown the first works alone. See docs/works.md.`,
        params,
        body,
        answer: { 202: "ListRunStatus" },
      },
      async (request) => {
        const token = tokenOf(request);
        const list = idIn(request.params);
        const status = await serviceOf(listRuns).start(list, request.body);
        logger.info({ list, by: token.id }, "listing the works of an author or a mix was asked for");
        return runAnswer(request, status);
      },
    );

    routes.get(
      `${path}/run`,
      { summary: `How far the last run is that lists the works of ${of}`, params, answer: "ListRunStatus", scope: "read" },
      async (request) => runAnswer(request, await serviceOf(listRuns).get(idIn(request.params))),
    );

    routes.delete(
      `${path}/run`,
      { summary: `Stop listing the works of ${of}; what is kept stays`, params, answer: "ListRunStatus" },
      async (request) => runAnswer(request, await serviceOf(listRuns).stop(idIn(request.params))),
    );
  }
}

function idIn(params: Static<typeof AuthorParams> | Static<typeof MixParams>): string {
  return "author" in params ? params.author : params.mix;
}
