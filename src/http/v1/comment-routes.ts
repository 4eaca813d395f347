import type { FastifyInstance } from "fastify";
import { type Static, Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { decodePlace, encodePlace } from "../../feed/cursor.js";
import { reasoned } from "../../i18n/words.js";
import type { CommentSearch, FoundComments } from "../../store/sql/comments.js";
import { PersonSchema } from "../../works/model/author.js";
import { CommentRunSchema } from "../../works/model/comment.js";
import { KeptCommentSchema } from "../../works/model/kept.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { languageAsked } from "../failure.js";
import { keysetPage, LimitOf, Next, PageFields, TextOf } from "./fields.js";
import { addSchemas, exactly, routesOf } from "./route.js";
import { byReference, runAnswer, serviceOf, WorkParams } from "./work-routes.js";

const CommentsSchema = Type.Object(
  { comments: Type.Array(Type.Ref("KeptComment")), next: Next },
  { $id: "Comments", description: "a page of comments; one of a search may be short, or empty, before the last" },
);
const WorkCommentsSchema = Type.Object(
  {
    ...CommentsSchema.properties,
    kept: Type.Object(
      {
        comments: Type.Integer({ description: "comments that are kept" }),
        topLevel: Type.Integer({ description: "top comments among them" }),
        removed: Type.Integer({ description: "of them, those that are no longer there" }),
      },
      { description: "numbers of all that is kept of the work" },
    ),
    run: Nullable(Type.Ref("CommentRun"), "the last run that collected them; null when there was none, or it is no longer kept"),
  },
  { $id: "WorkComments", description: "a page of the comments of a work" },
);

/** Kinds of the cursors. */
const FLOORS = "floors";
const FOUND = "comments";
const Conditions = {
  q: Type.Optional(TextOf(100, "part of the text; capitals and the width of letters do not matter")),
  user: Type.Optional(TextOf(200, "id or sec_uid of who wrote them")),
  from: Type.Optional(Type.Integer({ minimum: 0, description: "earliest time, ms UTC, included" })),
  to: Type.Optional(Type.Integer({ minimum: 0, description: "latest time, ms UTC, not included" })),
};
const Page = {
  limit: LimitOf(200, 50),
  cursor: PageFields.cursor,
};
const SearchQuery = exactly({ ...Conditions, ...Page });
const ListQuery = exactly({
  parent: Type.Optional(TextOf(64, "the replies of this top comment")),
  ...Conditions,
  ...Page,
});

/** Registers the routes of comments: those of a work, and the search of all. */
export function commentRoutes(app: FastifyInstance, { store, commentRuns: service }: ApiDeps): void {
  for (const schema of [PersonSchema, KeptCommentSchema, CommentRunSchema]) app.addSchema(byReference(schema));
  addSchemas(app, CommentsSchema, WorkCommentsSchema);
  const routes = routesOf(app, { tags: ["works"], scope: "read", allRooms: true });
  const { comments, commentRuns } = store;

  routes.get(
    "/comments",
    {
      summary: "Search the comments of all works by text, person and time, newest first",
      description: "One request looks at some thousand comments: while there is a `next`, there may be more.",
      query: SearchQuery,
      answer: "Comments",
    },
    async (request) => pageOf(await comments.find(searchOf(request.query))),
  );

  routes.get(
    "/works/:work/comments",
    {
      summary: "Comments of a work that are kept",
      description:
        "Top comments as the platform orders them, or with `parent` the replies of one. With `q`, `user`, `from` or `to` all that fulfil them, newest first.",
      params: WorkParams,
      query: ListQuery,
      answer: "WorkComments",
    },
    async (request) => {
      const { work: workId } = request.params;
      const { parent, ...query } = request.query;
      const { q, user, from, to, limit, cursor } = query;
      const run = (await (service ?? commentRuns).last(workId))?.run ?? null;
      const about = { kept: await comments.count(workId), run: run === null ? null : reasoned(languageAsked(request), run) };
      if ([q, user, from, to].some((one) => one !== undefined)) {
        const found = await comments.find({ ...searchOf(query), workId, ...(parent !== undefined && { parentId: parent }) });
        return { ...pageOf(found), ...about };
      }
      const place = decodePlace(FLOORS, cursor, [0, ""] as const);
      const after = place === undefined ? {} : { after: { rank: place[0], id: place[1] } };
      const rows = await comments.list({ workId, parentId: parent ?? null, ...after, limit: limit + 1 });
      const { items, next } = keysetPage(rows, limit, FLOORS, ({ rank, id }) => [rank, id]);
      return { comments: [...items], next, ...about };
    },
  );
}

function searchOf({ q, user, from, to, limit, cursor }: Static<typeof SearchQuery>): CommentSearch {
  const place = decodePlace(FOUND, cursor, [0, "", ""] as const);
  return {
    limit,
    ...(q !== undefined && { text: q }),
    ...(user !== undefined && { user }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(place !== undefined && { after: { time: place[0], workId: place[1], id: place[2] } }),
  };
}

function pageOf({ comments, next }: FoundComments) {
  return { comments: [...comments], next: next === null ? null : encodePlace(FOUND, [next.time, next.workId, next.id]) };
}

const CommentRunStatusSchema = Type.Object(
  {
    run: Type.Ref("CommentRun"),
    running: Type.Boolean({
      description: "whether a process is at it now; one whose process died is shown as stopped, and a new one goes on",
    }),
  },
  { $id: "CommentRunStatus", description: "the last run that collects the comments of a work, as far as it is" },
);

const AskedRun = exactly({
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1_000_000, description: "the run ends after so many comments that are new; 100,000 by default" }),
  ),
  replies: Type.Boolean({ default: true, description: "whether replies are collected beside those that are shown without a click" }),
});

/** Registers the routes of the runs that collect comments: start one, look, stop. Those of comments come before: they describe a run. */
export function commentRunRoutes(app: FastifyInstance, { commentRuns, logger }: ApiDeps): void {
  addSchemas(app, CommentRunStatusSchema);
  const routes = routesOf(app, { tags: ["works"], scope: "read", allRooms: true });

  routes.post(
    "/works/:work/comments",
    {
      summary: "Collect the comments of a work and keep them; the same run under way goes on as it is",
      description:
        "A run that lasts for minutes to hours: GET /v1/works/{work}/comments/run says how far it is. It goes on with what is kept. See docs/works.md.",
      params: WorkParams,
      body: AskedRun,
      answer: { 202: "CommentRunStatus" },
      scope: "manage",
    },
    async (request) => {
      const token = tokenOf(request);
      const { work } = request.params;
      const status = await serviceOf(commentRuns).start(work, request.body);
      logger.info({ work, by: token.id }, "collecting the comments of a work was asked for");
      return runAnswer(request, status);
    },
  );

  routes.get(
    "/works/:work/comments/run",
    { summary: "How far the last run is that collects the comments of a work", params: WorkParams, answer: "CommentRunStatus" },
    async (request) => runAnswer(request, await serviceOf(commentRuns).get(request.params.work)),
  );

  routes.delete(
    "/works/:work/comments/run",
    {
      summary: "Stop collecting the comments of a work; what is kept stays, and a new run goes on",
      params: WorkParams,
      answer: "CommentRunStatus",
      scope: "manage",
    },
    async (request) => runAnswer(request, await serviceOf(commentRuns).stop(request.params.work)),
  );
}
