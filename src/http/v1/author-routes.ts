import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { reasoned } from "../../i18n/words.js";
import { unwatched } from "../../works/author-watcher.js";
import { type AuthorWatch, AuthorWatchSchema } from "../../works/model/author-watch.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { languageAsked } from "../failure.js";
import { TextOf } from "./fields.js";
import { addSchemas, exactly, routesOf } from "./route.js";
import { byReference, serviceOf } from "./work-routes.js";

const AuthorWatchListSchema = Type.Object(
  { authors: Type.Array(Type.Ref("AuthorWatch")) },
  { $id: "AuthorWatchList", description: "authors who are watched, those added first first" },
);

const AuthorParams = exactly({
  author: TextOf(200, "the author's sec_uid (MS4w…)"),
});
const AskedAuthor = exactly({
  link: TextOf(4_000, "a link of the author, a short link, the app's share text, or a sec_uid"),
});

/** Registers the routes of authors who are watched. Those of comments come before: they describe a person. */
export function authorRoutes(app: FastifyInstance, { store, calls, authors, logger }: ApiDeps): void {
  app.addSchema(byReference(AuthorWatchSchema));
  addSchemas(app, AuthorWatchListSchema);
  const routes = routesOf(app, { tags: ["works"], scope: "manage", allRooms: true });
  const { authorWatches } = store;

  routes.post(
    "/authors",
    {
      summary: "Watch an author: each work that they publish becomes an event of room 0",
      description: "The first look only learns what is there. 200 where the author is watched already. See docs/works.md.",
      body: AskedAuthor,
      answer: { 200: "AuthorWatch", 201: "AuthorWatch" },
    },
    async (request, reply) => {
      const token = tokenOf(request);
      const call = calls.open(request, reply);
      const { watch, isNew } = await serviceOf(authors).add(request.body.link, call.signal);
      if (isNew) logger.info({ author: watch.secUid, by: token.id }, "an author is watched");
      return reply.status(isNew ? 201 : 200).send(watchAnswer(request, watch));
    },
  );

  routes.get("/authors", { summary: "Authors who are watched", answer: "AuthorWatchList", scope: "read" }, async (request) => {
    return { authors: (await authorWatches.list()).map((watch) => watchAnswer(request, watch)) };
  });

  routes.get(
    "/authors/:author",
    { summary: "The watch on an author", params: AuthorParams, answer: "AuthorWatch", scope: "read" },
    async (request) => watchAnswer(request, await watchOn(request.params.author)),
  );

  routes.post(
    "/authors/:author/look",
    { summary: "Look at an author's works as soon as their turn comes", params: AuthorParams, answer: { 202: "AuthorWatch" } },
    async (request) => {
      const { author } = request.params;
      await serviceOf(authors).lookSoon(author);
      return watchAnswer(request, await watchOn(author));
    },
  );

  routes.delete(
    "/authors/:author",
    { summary: "Stop watching an author; its events stay", params: AuthorParams, answer: "AuthorWatch" },
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
