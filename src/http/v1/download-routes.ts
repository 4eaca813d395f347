import { Readable } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { decodePlace } from "../../feed/cursor.js";
import { reasoned } from "../../i18n/words.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { DownloadStatus } from "../../works/download-service.js";
import { FileNames } from "../../works/file-names.js";
import { DownloadFileSchema, type DownloadWish, DownloadWishSchema, KeptDownloadSchema } from "../../works/model/download.js";
import { isQuality } from "../../works/model/quality.js";
import { type Wish, wantedFiles } from "../../works/wanted-files.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { sendHead } from "../calls.js";
import { failure, languageAsked, sendFailure } from "../failure.js";
import { whileAllowed } from "./export-routes.js";
import { keysetPage, LimitOf, Next, PageFields, TextOf } from "./fields.js";
import { addSchemas, exactly, routesOf } from "./route.js";
import { byReference, serviceOf, WorkParams } from "./work-routes.js";

const StatusSchema = Type.Object(
  {
    ...KeptDownloadSchema.properties,
    here: Type.Boolean({ description: "whether its files lie on the disk of the process that answers" }),
  },
  { $id: "DownloadStatus", description: "a download as it is now" },
);
const ListSchema = Type.Object(
  { downloads: Type.Array(Type.Ref("DownloadStatus")), next: Next },
  { $id: "DownloadList", description: "a page of downloads, those asked for last first" },
);
const { role, index, name, bytes, sha256, variant } = DownloadFileSchema.properties;
const WorkFilesSchema = Type.Object(
  {
    offered: Type.Array(
      Type.Object({
        ...{ role, index },
        variant: Nullable(Type.String(), "name of the rung that a download takes; null for what has none"),
        reason: Nullable(Type.String(), "which it is, and why it is taken"),
        bytes: Nullable(Type.Integer(), "length as the platform tells it, without a sound that is joined"),
        rungs: Type.Array(Type.Ref("MediaVariant"), { description: "all rungs without the platform's mark, the best first" }),
      }),
      { description: "the files that a download brings, by what is asked for" },
    ),
    downloaded: Type.Array(
      Type.Object({
        download: Type.String({ description: "id of the download that has it" }),
        here: StatusSchema.properties.here,
        ...{ role, index, name, bytes, sha256, variant },
        reasons: Type.Array(Type.String(), { description: "why this rung was taken, by each download that has it, the last one first" }),
      }),
      { description: "the files that are there, of the last download that has each" },
    ),
  },
  { $id: "WorkFiles", description: "the files of a work" },
);

const DOWNLOADS = "downloads";
/** Downloads of a work that are looked through for its files. */
const MOST_LOOKED_AT = 100;
const { quality, hdr, music, covers } = DownloadWishSchema.properties;
const AskedDownload = exactly({
  link: TextOf(4_000, "a link, a short link, the app's share text, or a work's id"),
  ...DownloadWishSchema.properties,
});
const DownloadParams = exactly({ download: TextOf(64, "id of the download") });
const ListQuery = exactly({
  work: Type.Optional(WorkParams.properties.work),
  limit: LimitOf(100, 20),
  cursor: PageFields.cursor,
});

/** Registers the routes of downloads: ask for one, look, cancel; and what files a work has. */
export function downloadRoutes(app: FastifyInstance, { store, works, downloads, calls, logger }: ApiDeps): void {
  for (const schema of [DownloadFileSchema, StatusSchema]) app.addSchema(byReference(schema));
  addSchemas(app, ListSchema, WorkFilesSchema);
  const routes = routesOf(app, { tags: ["works"], scope: "read", allRooms: true });

  routes.post(
    "/downloads",
    {
      summary: "Download the files of a work onto the server's disk; the same one under way goes on as it is",
      description:
        "It answers at once: GET /v1/downloads/{download} says how far it is. What is there is not fetched again. See docs/works.md.",
      body: AskedDownload,
      answer: { 202: "DownloadStatus" },
      scope: "manage",
    },
    async (request, reply) => {
      const token = tokenOf(request);
      const { link, ...wish } = request.body;
      if (wish.ignoreAuthorSetting && token.scope !== "admin")
        throw new DyliveError("forbidden", "ignoreAuthorSetting is the operator's decision: it needs the scope admin");
      new FileNames(wish.template); // refused before anything is begun
      const call = calls.open(request, reply);
      const work = await serviceOf(works).find(link, call.signal);
      const status = await serviceOf(downloads).start(work, wish, token.name);
      logger.info({ work: work.id, download: status.id, by: token.id }, "a download was asked for");
      return statusAnswer(request, status);
    },
  );

  routes.get("/downloads", { summary: "List the downloads", query: ListQuery, answer: "DownloadList" }, async (request) => {
    const { work, limit, cursor } = request.query;
    const before = decodePlace(DOWNLOADS, cursor, [0] as const)?.[0];
    const found = await serviceOf(downloads).list({
      ...(work !== undefined && { workId: work }),
      ...(before !== undefined && { before }),
      limit: limit + 1,
    });
    const { items, next } = keysetPage(found, limit, DOWNLOADS, ({ n }) => [n]);
    return { downloads: items.map(({ download }) => statusAnswer(request, download)), next };
  });

  routes.get(
    "/downloads/:download",
    { summary: "How far a download is", params: DownloadParams, answer: "DownloadStatus" },
    async (request) => statusAnswer(request, await serviceOf(downloads).get(request.params.download)),
  );

  routes.delete(
    "/downloads/:download",
    {
      summary: "Cancel a download; what is there of it stays, unless it is to be removed",
      params: DownloadParams,
      query: exactly({
        remove: Type.Boolean({ default: false, description: "forget it, too, and remove its files unless another download has them" }),
      }),
      answer: "DownloadStatus",
      scope: "manage",
    },
    async (request) => {
      const token = tokenOf(request);
      const { download } = request.params;
      const { remove } = request.query;
      const status = await serviceOf(downloads).cancel(download, remove);
      logger.info({ download, remove, by: token.id }, "a download was cancelled");
      return statusAnswer(request, status);
    },
  );

  routes.get(
    "/works/:work/files",
    {
      summary: "The files of a work: its rungs, what a download takes and why, and what was downloaded",
      params: WorkParams,
      query: exactly({ quality, hdr, music, covers }),
      answer: "WorkFiles",
    },
    async (request) => {
      const { work: workId } = request.params;
      const kept = await store.works.get(workId);
      const all = await serviceOf(downloads).list({ workId, limit: MOST_LOOKED_AT });
      if (kept === null && all.length === 0)
        throw new DyliveError("not_found", msg`the work ${workId} is not kept; POST /v1/works reads it`);
      const offered = kept === null ? [] : wantedFiles(kept.work, wishOf(request.query));
      return {
        offered: offered.map(({ role, index, variant, reason, source, rungs }) => ({
          ...reasoned(languageAsked(request), { role, index, variant, reason, bytes: source.bytes }),
          rungs: [...rungs],
        })),
        downloaded: downloadedOf(all.map(({ download }) => statusAnswer(request, download))),
      };
    },
  );
}

/** Returns a download as v1 shows it, with its reasons in the language in which it was asked for. */
function statusAnswer(request: FastifyRequest, status: DownloadStatus): DownloadStatus {
  const language = languageAsked(request);
  return { ...reasoned(language, status), files: status.files.map((file) => reasoned(language, file)) };
}

function wishOf({ quality, ...wish }: Omit<DownloadWish, "ignoreAuthorSetting" | "template">): Wish {
  return { ...wish, quality: isQuality(quality) ? quality : "compatible" };
}

/** Returns the files that are there, each once. @param all downloads of a work, the newest first */
function downloadedOf(all: readonly Static<typeof StatusSchema>[]): Static<typeof WorkFilesSchema>["downloaded"] {
  const found = new Map<string, Static<typeof WorkFilesSchema>["downloaded"][number]>();
  for (const { id, here, files } of all)
    for (const { role, index, name, bytes, sha256, variant, reason, state } of files) {
      if (state !== "done" || name === null) continue;
      const file = found.get(name) ?? { download: id, here, role, index, name, bytes, sha256, variant, reasons: [] };
      if (reason !== null && !file.reasons.includes(reason)) file.reasons.push(reason);
      found.set(name, file);
    }
  return [...found.values()];
}

/** Media types by the endings that downloads have, which tell what the bytes are. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ...{ mp4: "video/mp4", mov: "video/quicktime" },
  ...{ webp: "image/webp", jpeg: "image/jpeg", png: "image/png", gif: "image/gif", avif: "image/avif", heic: "image/heic" },
  ...{ m4a: "audio/mp4", mp3: "audio/mpeg", aac: "audio/aac", json: "application/json" },
};
const OTHER = "application/octet-stream";

const FileParams = exactly({
  download: TextOf(64, "id of the download"),
  role: DownloadFileSchema.properties.role,
  index: Type.Integer({ minimum: 0, maximum: 10_000, description: "place among its like, from 0" }),
});

/** Registers the route of a downloaded file. It is named by its place in the download: no path is ever asked for. */
export function downloadFileRoutes(app: FastifyInstance, { downloads, calls }: ApiDeps): void {
  routesOf(app, { tags: ["works"], scope: "read", allRooms: true }).get(
    "/downloads/:download/files/:role/:index",
    {
      summary: "A file that was downloaded, or a part of it (Range)",
      description: "Films, pictures and sounds are shown where a browser can, all else is a file to be kept. token= is taken for players.",
      produces: [...new Set([...Object.values(MEDIA_TYPES), OTHER])],
      params: FileParams,
      answer: {
        200: Type.Unsafe<Readable>(Type.String({ description: "the file" })),
        206: Type.Unsafe<Readable>(Type.String({ description: "the part that was asked for" })),
      },
      tokenInQuery: true,
    },
    async (request, reply) => {
      const { download, role, index } = request.params;
      const { handle, name, bytes, sha256 } = await serviceOf(downloads).file(download, role, index);
      const type = MEDIA_TYPES[/\.([a-z0-9]+)$/.exec(name)?.[1] ?? ""] ?? OTHER;
      const tag = `"${sha256}"`;
      const { range, "if-range": ifRange } = request.headers;
      const part = range === undefined || (ifRange !== undefined && ifRange !== tag) ? null : rangeIn(range, bytes);
      reply.header("accept-ranges", "bytes");
      if (part === "none") {
        await handle.close();
        reply.header("content-range", `bytes */${bytes}`);
        return sendFailure(request, reply, failure("bad_request", `range: the file has ${bytes} bytes`, 416));
      }
      const { from, to } = part ?? { from: 0, to: bytes - 1 };
      if (part !== null) reply.code(206).header("content-range", `bytes ${from}-${to}/${bytes}`);
      reply
        .type(type)
        .header("content-length", to - from + 1)
        .header("etag", tag)
        // Nothing in it runs, whatever a browser takes it for.
        .header("content-security-policy", "default-src 'none'; sandbox")
        .header("content-disposition", dispositionOf(name, /^(video|image|audio)\//.test(type)));
      if (request.method === "HEAD") {
        await handle.close();
        return sendHead(reply);
      }
      const call = calls.open(request, reply);
      const stream = handle.createReadStream({ start: from, end: to });
      // An answer whose client has left before it began never reads it to its end.
      if (call.signal.aborted) stream.destroy();
      else call.signal.addEventListener("abort", () => stream.destroy(), { once: true });
      return reply.send(Readable.from(whileAllowed(stream as AsyncIterable<Buffer>, call), { objectMode: false }));
    },
  );
}

/** Reads a Range header. @returns null for one that is not understood, or of several parts: then the whole is given */
function rangeIn(header: string, bytes: number): { readonly from: number; readonly to: number } | "none" | null {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim()) ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return null;
  if (first === "") return Number(last) === 0 ? "none" : { from: Math.max(0, bytes - Number(last)), to: bytes - 1 };
  if (last !== "" && Number(last) < Number(first)) return null;
  if (Number(first) >= bytes) return "none";
  return { from: Number(first), to: last === "" ? bytes - 1 : Math.min(Number(last), bytes - 1) };
}

/** Returns how a file is to be taken, under the last part of its name: for all, in letters that a header may have, and for those who read UTF-8. */
function dispositionOf(name: string, isShown: boolean): string {
  const last = (name.split("/").at(-1) ?? "").toWellFormed();
  const plain = last.replace(/[^A-Za-z0-9._ -]/g, "_");
  const encoded = encodeURIComponent(last).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${isShown ? "inline" : "attachment"}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
