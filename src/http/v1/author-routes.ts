import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { reasoned } from "../../i18n/words.js";
import { unwatched } from "../../works/author-watcher.js";
import { type AuthorWatch, AuthorWatchSchema } from "../../works/model/author-watch.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { languageAsked } from "../failure.js";
import { addSchemas, exactly } from "./fields.js";
import { byReference, serviceOf } from "./work-routes.js";

const AuthorWatchListSchema = Type.Object(
  { authors: Type.Array(Type.Ref("AuthorWatch")) },
  { $id: "AuthorWatchList", description: "authors who are watched, those added first first" },
);

const tags = ["works"];
const AuthorParams = exactly({
  author: Type.String({ minLength: 1, maxLength: 200, description: "the author's sec_uid (MS4w…)" }),
});
const AskedAuthor = exactly({
  link: Type.String({
    minLength: 1,
    maxLength: 4_000,
    description: "a link of the author, a short link, the app's share text, or a sec_uid",
  }),
});

/** Registers the routes of authors who are watched. Those of comments come before: they describe a person. */
export function authorRoutes(app: FastifyInstance, { store, calls, authors, logger }: ApiDeps): void {
  app.addSchema(byReference(AuthorWatchSchema));
  addSchemas(app, AuthorWatchListSchema);
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const { authorWatches } = store;
  const Watch = Type.Ref("AuthorWatch");

  typed.post(
    "/authors",
    {
      schema: {
        summary: "Watch an author: each work that they publish becomes an event of room 0",
        description: "The first look only learns what is there. 200 where the author is watched already. See docs/works.md.",
        tags,
        body: AskedAuthor,
        response: { 200: Watch, 201: Watch },
      },
      config: { scope: "manage", allRooms: true },
    },
    async (request, reply) => {
      const token = tokenOf(request);
      const call = calls.open(request.raw, reply.raw, token);
      const { watch, isNew } = await serviceOf(authors).add(request.body.link, call.signal);
      if (isNew) logger.info({ author: watch.secUid, by: token.id }, "an author is watched");
      return await reply.status(isNew ? 201 : 200).send(watchAnswer(request, watch));
    },
  );

  typed.get(
    "/authors",
    {
      schema: { summary: "Authors who are watched", tags, querystring: exactly({}), response: { 200: Type.Ref("AuthorWatchList") } },
      config: { scope: "read", allRooms: true },
    },
    async (request) => {
      return { authors: (await authorWatches.list()).map((watch) => watchAnswer(request, watch)) };
    },
  );

  typed.get(
    "/authors/:author",
    {
      schema: { summary: "The watch on an author", tags, params: AuthorParams, response: { 200: Watch } },
      config: { scope: "read", allRooms: true },
    },
    async (request) => {
      return watchAnswer(request, await watchOn(request.params.author));
    },
  );

  typed.post(
    "/authors/:author/look",
    {
      schema: {
        summary: "Look at an author's works as soon as their turn comes",
        tags,
        params: AuthorParams,
        response: { 202: Watch },
      },
      config: { scope: "manage", allRooms: true },
    },
    async (request, reply) => {
      const { author } = request.params;
      await serviceOf(authors).lookSoon(author);
      return reply.status(202).send(watchAnswer(request, await watchOn(author)));
    },
  );

  typed.delete(
    "/authors/:author",
    {
      schema: { summary: "Stop watching an author; its events stay", tags, params: AuthorParams, response: { 200: Watch } },
      config: { scope: "manage", allRooms: true },
    },
    async (request) => {
      const token = tokenOf(request);
      const watch = await watchOn(request.params.author);
      await authorWatches.remove(watch.secUid);
      logger.info({ author: watch.secUid, by: token.id }, "an author is no longer watched");
      return watchAnswer(request, watch);
    },
  );

  async function watchOn(author: string): Promise<AuthorWatch> {
    const kept = await authorWatches.get(author);
    if (kept === null) throw unwatched(author);
    return kept.watch;
  }
}

/** Returns a watch as v1 shows it, with why the last look failed in the language in which it was asked for. */
function watchAnswer(request: FastifyRequest, watch: AuthorWatch): AuthorWatch {
  return { ...watch, look: watch.look === null ? null : reasoned(languageAsked(request), watch.look) };
}
