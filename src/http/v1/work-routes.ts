import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Static, type TSchema, Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { decodePlace } from "../../feed/cursor.js";
import { reasoned, reasonIn } from "../../i18n/words.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { AnyRun } from "../../store/sql/runs.js";
import type { Works } from "../../store/sql/works.js";
import { AuthorSchema } from "../../works/model/author.js";
import { ImageSchema, MediaVariantSchema, MusicSchema } from "../../works/model/media.js";
import { type Work, WorkSchema } from "../../works/model/work.js";
import type { RunStatus } from "../../works/run-service.js";
import type { ApiDeps } from "../api-deps.js";
import { languageAsked } from "../failure.js";
import { keysetPage, LimitOf, Next, PageFields, TextOf } from "./fields.js";
import { addSchemas, exactly, routesOf } from "./route.js";

const WorkListSchema = Type.Object(
  { works: Type.Array(Type.Ref("Work")), next: Next },
  { $id: "WorkList", description: "a page of works, those published last first" },
);

/** The state of what reads works. */
const WorkPaceSchema = Type.Object(
  {
    waiting: Type.Integer({ description: "works and short links that wait for their turn" }),
    reading: Nullable(Type.String({ description: "the id or the short link that is read now" })),
    nextAt: Nullable(Type.Integer(), "when the next page may be opened, ms UTC; it may be over. Null before the first"),
    pausedUntil: Nullable(
      Type.Integer(),
      "end of the pause after many refusals, ms UTC; it is over while the next reading is to show whether they have ended",
    ),
    opened: Type.Integer({ description: "pages opened since the start" }),
    refused: Type.Integer({ description: "of these, refused to this visitor, or silent" }),
    failed: Type.Integer({ description: "of these, failed for reasons of our own" }),
    last: Type.Object({ visits: Type.Integer(), refused: Type.Integer() }, { description: "the last ones, by which a pause is decided" }),
    lastRefusal: Nullable(Type.String({ description: "why the last one was refused" })),
  },
  { $id: "WorkPace", description: "works are read one after another at a person's pace: its state" },
);

const WORKS = "works";
/** Age up to which what is kept is given in place of a new reading, in s: addresses of files live for hours. */
const MAX_AGE_S = 600;
const WorkId = Type.String({ pattern: "^\\d{10,32}$", description: "the platform's id of the work (aweme_id), 10 to 32 digits" });
/** The work in an address. */
export const WorkParams = exactly({ work: WorkId });
/** Pasted text. */
export const WorkLink = (description: string) => TextOf(4_000, description);
const AskedWork = exactly({
  link: WorkLink("a link, a short link, the app's share text, or a work's id"),
  maxAgeSeconds: Type.Integer({
    minimum: 0,
    maximum: 31_536_000,
    default: MAX_AGE_S,
    description: "age up to which what is kept will do; 0 reads the work in any case",
  }),
});
/** The page that is asked for. */
export const WorkPageQuery = exactly({
  limit: LimitOf(100, 20),
  cursor: PageFields.cursor,
});
const ListQuery = exactly({
  ...WorkPageQuery.properties,
  author: Type.Optional(TextOf(200, "only those of the author with this sec_uid")),
  mix: Type.Optional(TextOf(32, "only those of the mix with this id")),
});
/** Registers the routes of works: read one, list those that are kept, and the state of the pace. */
export function workRoutes(app: FastifyInstance, { store, calls, works: service }: ApiDeps): void {
  for (const schema of [MediaVariantSchema, ImageSchema, MusicSchema, AuthorSchema, WorkSchema]) app.addSchema(byReference(schema));
  addSchemas(app, WorkListSchema, WorkPaceSchema);
  const routes = routesOf(app, { tags: ["works"], scope: "read", allRooms: true });
  const { works } = store;

  routes.post(
    "/works",
    {
      summary: "Read a work: a video, a note of pictures, live photos",
      description: "Works are read one after another, one in some seconds; what is kept and young enough is given at once.",
      body: AskedWork,
      answer: "Work",
      scope: "manage",
    },
    async (request, reply) => {
      const call = calls.open(request, reply);
      const { link, maxAgeSeconds } = request.body;
      return shownWork(request, (await serviceOf(service).read(link, maxAgeSeconds * 1000, call.signal)).work);
    },
  );

  routes.get("/works", { summary: "List the works that are kept", query: ListQuery, answer: "WorkList" }, async (request) => {
    return workPage(works, request, request.query);
  });

  routes.get("/works/pace", { summary: "How works are being read", answer: "WorkPace" }, async (request) => {
    const pace = serviceOf(service).pace();
    return { ...pace, lastRefusal: reasonIn(languageAsked(request), pace.lastRefusal) };
  });

  routes.get("/works/:work", { summary: "A work as it is kept", params: WorkParams, answer: "Work" }, async (request) => {
    const { work: id } = request.params;
    const kept = await works.get(id);
    if (kept === null) throw new DyliveError("not_found", msg`the work ${id} is not kept; POST /v1/works reads it`);
    return shownWork(request, kept.work);
  });
}

/** Returns a page of the works that are kept, those published last first. */
export async function workPage(
  works: Pick<Works, "list">,
  request: FastifyRequest,
  { author, mix, limit, cursor }: Static<typeof ListQuery>,
) {
  const place = decodePlace(WORKS, cursor, [0, ""] as const);
  const after = place === undefined ? {} : { after: { time: place[0], id: place[1] } };
  const found = await works.list({
    ...(author !== undefined && { author }),
    ...(mix !== undefined && { mix }),
    ...after,
    limit: limit + 1,
  });
  const { items, next } = keysetPage(found, limit, WORKS, ({ time, id }) => [time, id]);
  return { works: items.map((work) => shownWork(request, work)), next };
}

/** Returns a work as v1 shows it, with why it cannot be seen in the language in which it was asked for. */
function shownWork(request: FastifyRequest, work: Work): Work {
  return { ...work, stateReason: reasonIn(languageAsked(request), work.stateReason) };
}

/** Returns a run as v1 shows it, with its reason in the language in which it was asked for. */
export function runAnswer<Run extends AnyRun>(request: FastifyRequest, { run, running }: RunStatus<Run>): RunStatus<Run> {
  return { run: reasoned(languageAsked(request), run), running };
}

/** @throws DyliveError not_offered where works are not read */
export function serviceOf<T>(service: T | null): T {
  if (service === null) throw new DyliveError("not_offered", "this server reads no works");
  return service;
}

/** Returns a schema in which others are named, not repeated. */
export function byReference(schema: TSchema): object {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key !== "" && typeof value === "object" && value !== null && "$id" in value ? { $ref: value.$id } : value,
  ) as object;
}
