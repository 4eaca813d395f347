import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { literals, Nullable } from "../../events/field.js";
import { inLanguage, type Language } from "../../i18n/words.js";
import { isSecUid, withoutPassword } from "../../platform/links/link.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { WorkRow, Works } from "../../store/sql/works.js";
import type { ApiDeps } from "../api-deps.js";
import { assertAllRooms, tokenOf } from "../authentication.js";
import { languageAsked } from "../failure.js";
import { serviceOf } from "../v1/work-routes.js";
import { commentsData } from "./comment-list.js";
import { compatibleRoute, success } from "./route.js";
import { awemeOf, detailOf } from "./work-detail.js";

/** Age up to which a work that is kept is given, in ms: its addresses live for hours. */
const MAX_AGE_MS = 600_000;

/** Works that are looked at beyond a page: those published in the second of its last one belong to it. */
const SAME_SECOND = 50;

const AwemeId = Type.String({ pattern: "^\\d{19}$", description: "the id of a video or a note: 19 digits" });
const Page = {
  cursor: Type.Integer({
    // A place among comments, or ms UTC.
    ...{ minimum: 0, maximum: 9_999_999_999_999, default: 0 },
    description: "a whole number of 13 digits at most: 0, then the one of the answer before",
  }),
  count: Type.Integer({ minimum: 1, maximum: 50, default: 10, description: "a whole number from 1 to 50" }),
};
const DetailQuery = Type.Object({ aweme_id: AwemeId });
const CommentsQuery = Type.Object({ aweme_id: AwemeId, ...Page });
const RepliesQuery = Type.Object({
  aweme_id: AwemeId,
  cid: Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$", description: "the cid of a top comment: 1 to 64 letters, digits, _ -" }),
  ...Page,
});
const Person = Type.String({ minLength: 1, maxLength: 200, description: "a sec_uid of 1 to 200 characters" });
const PostsQuery = Type.Object({ sec_uid: Type.Optional(Person), uid: Type.Optional(Person), ...Page });
const DetailAnswer = success(
  Type.Object(
    {
      status_code: Type.Optional(Type.Integer()),
      aweme_detail: Type.Optional(Type.Unsafe({ description: "the work, with the platform's names; null when it is not shown" })),
      _source: Type.Optional(
        literals(
          ["page", "list"],
          "there is no such reply: this was built from the state in the page's HTML, or from a list of works that was read last, which have less",
        ),
      ),
    },
    { additionalProperties: true, description: "the platform's answer to its own page about the work, unchanged" },
  ),
);

const Kept = {
  status_code: Type.Integer(),
  has_more: Type.Union([Type.Literal(0), Type.Literal(1)], { description: "0 only where the platform said that these are all" }),
  _source: Type.Literal("kept", { description: "no reply of the page: built from what is kept" }),
  _more: Type.Optional(Type.String({ description: "why there may be more than is kept, where the next page would have nothing" })),
};
const CommentsAnswer = success(
  Type.Object({
    ...Kept,
    comments: Type.Array(Type.Unsafe<Record<string, unknown>>({ type: "object", description: "a comment, with the platform's names" })),
    cursor: Type.Integer({ description: "of the next page" }),
    total: Nullable(Type.Integer({ description: "comments or replies that the platform counts: more than it shows" })),
    extra: Type.Object({ now: Type.Integer({ description: "ms UTC" }) }),
    _collected_at: Nullable(Type.Integer({ description: "when the last run that collected them ended, ms UTC" })),
  }),
);
const PostsAnswer = success(
  Type.Object({
    ...Kept,
    aweme_list: Type.Array(Type.Unsafe<Record<string, unknown>>({ type: "object", description: "a work, with the platform's names" })),
    max_cursor: Type.Integer({ description: "of the next page: when its last work was published, ms UTC" }),
    min_cursor: Type.Integer({ description: "when its first work was published, ms UTC" }),
  }),
);

/** Addresses of the same family that cannot be had, and why. */
const NOT_HAD: Readonly<Record<string, string>> = {
  "video/promotions": "goods of a video are shown by the app alone; its public page has none",
  "user/favourites": "the likes of a person are shown to that person alone, or after a login, and dylive reads public pages as a guest",
  "search/videos": "the platform allows no search without a login; paste links, or list an author's works with /douyin/user/posts",
  "feed/home": "what the home page recommends is made for a visitor, and dylive never opens it: that brings captchas",
  "board/videos": "the board of hot videos has no public page",
};

/** Registers the routes of works of the compatible interface. */
export function videoRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { calls, works, store } = deps;
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  typed.route({
    ...compatibleRoute(app, "video/detail", DetailQuery, DetailAnswer, "What a video or a note is"),
    handler: async (request, reply) => {
      const token = tokenOf(request);
      assertAllRooms(token);
      const call = calls.open(request, reply);
      const row = await serviceOf(works).read(request.query.aweme_id, MAX_AGE_MS, call.signal);
      return reply
        .type("application/json; charset=utf-8")
        .send(`{"code":200,"data":${dataOf(row, languageAsked(request))},"msg":"success"}`);
    },
  });

  const comments = async (request: FastifyRequest, reply: FastifyReply, asked: Parameters<typeof commentsData>[2]) => {
    const token = tokenOf(request);
    assertAllRooms(token);
    const call = calls.open(request, reply);
    return { code: 200 as const, data: await commentsData(deps, call, asked), msg: "success" as const };
  };
  typed.route({
    ...compatibleRoute(app, "video/comments", CommentsQuery, CommentsAnswer, "Comments of a video or a note"),
    handler: (request, reply) => {
      const { aweme_id, cursor, count } = request.query;
      return comments(request, reply, { workId: aweme_id, parentId: null, cursor, count, language: languageAsked(request) });
    },
  });
  typed.route({
    ...compatibleRoute(app, "video/comment/reply", RepliesQuery, CommentsAnswer, "Replies to a comment"),
    handler: (request, reply) => {
      const { aweme_id, cid, cursor, count } = request.query;
      return comments(request, reply, { workId: aweme_id, parentId: cid, cursor, count, language: languageAsked(request) });
    },
  });
  typed.route({
    ...compatibleRoute(app, "user/posts", PostsQuery, PostsAnswer, "Works of an author"),
    handler: async (request) => {
      assertAllRooms(tokenOf(request));
      const { sec_uid, uid, cursor, count } = request.query;
      const data = await postsData(store.works, secUidOf(sec_uid ?? uid), cursor, count, languageAsked(request));
      return { code: 200 as const, data, msg: "success" as const };
    },
  });
  for (const [path, why] of Object.entries(NOT_HAD)) {
    const route = compatibleRoute(app, path, Type.Object({}), Type.Any(), "Not serviceOf");
    typed.route({
      ...route,
      schema: { ...route.schema, hide: true },
      handler: () => {
        throw new DyliveError("no_address", why);
      },
    });
  }
}

/** @throws DyliveError bad_request for what names no author on the web */
function secUidOf(text: string | undefined): string {
  if (text === undefined)
    throw new DyliveError("bad_request", "sec_uid is missing: it is in the address of the author's page (MS4wLjABAAAA…)");
  if (isSecUid(text)) return text;
  const why = /^\d+$/.test(text)
    ? msg`a uid alone leads to no page on the web: pages and lists of authors are found by the sec_uid, and uids change`
    : msg`${JSON.stringify(withoutPassword(text).slice(0, 40))} is no sec_uid`;
  throw new DyliveError("bad_request", msg`${why}; take what follows /user/ in the address of the author's page (MS4wLjABAAAA…)`);
}

/** Returns the data of a page of an author's works that are kept: those published before a time, 0 for now. Pages end between two seconds. */
async function postsData(works: Pick<Works, "list">, author: string, cursor: number, count: number, language: Language) {
  const after = cursor === 0 ? {} : { after: { time: cursor, id: "" } };
  const found = await works.list({ author, ...after, limit: count + SAME_SECOND });
  if (found.length === 0 && (cursor === 0 || (await works.list({ author, limit: 1 })).length === 0))
    throw new DyliveError("not_found", "no work of this author is kept; POST /v1/authors/{sec_uid}/works lists and keeps them");
  const last = found[count - 1]?.time;
  const page = found.filter(({ time }, place) => place < count || time === last);
  const hasNext = page.length < found.length;
  return {
    ...{ status_code: 0, aweme_list: page.map(awemeOf), has_more: 1 as const, _source: "kept" as const },
    ...{ max_cursor: page.at(-1)?.time ?? cursor, min_cursor: page[0]?.time ?? cursor },
    ...(!hasNext && {
      _more: inLanguage(language, "of this author only works that were read are kept: whether these are all is not known"),
    }),
  };
}

/** Returns the page's own reply as it came: its numbers are larger than what JavaScript holds. */
function dataOf({ work, reply }: WorkRow, language: Language): string {
  return reply !== null && isObject(reply) ? reply : JSON.stringify(detailOf(work, language));
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
