import { Readable } from "node:stream";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { DownloadFileSchema } from "../../works/model/download.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { sendHead } from "../calls.js";
import { failure, sendFailure } from "../failure.js";
import { watched } from "./export-routes.js";
import { exactly } from "./fields.js";
import { assertAllRooms, serviceOf } from "./work-routes.js";

/** Media types by the endings that downloads have, which tell what the bytes are. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ...{ mp4: "video/mp4", mov: "video/quicktime" },
  ...{ webp: "image/webp", jpeg: "image/jpeg", png: "image/png", gif: "image/gif", avif: "image/avif", heic: "image/heic" },
  ...{ m4a: "audio/mp4", mp3: "audio/mpeg", aac: "audio/aac", json: "application/json" },
};
const OTHER = "application/octet-stream";

const FileParams = exactly({
  download: Type.String({ minLength: 1, maxLength: 64, description: "id of the download" }),
  role: DownloadFileSchema.properties.role,
  index: Type.Integer({ minimum: 0, maximum: 10_000, description: "place among its like, from 0" }),
});

/** Registers the route of a downloaded file. It is named by its place in the download: no path is ever asked for. */
export function downloadFileRoutes(app: FastifyInstance, { downloads, calls, clock }: ApiDeps): void {
  app.withTypeProvider<TypeBoxTypeProvider>().get(
    "/downloads/:download/files/:role/:index",
    {
      schema: {
        summary: "A file that was downloaded, or a part of it (Range)",
        description:
          "Films, pictures and sounds are shown where a browser can, all else is a file to be kept. token= is taken for players.",
        tags: ["works"],
        produces: [...new Set([...Object.values(MEDIA_TYPES), OTHER])],
        params: FileParams,
        response: {
          200: Type.Unsafe<Readable>(Type.String({ description: "the file" })),
          206: Type.Unsafe<Readable>(Type.String({ description: "the part that was asked for" })),
        },
      },
      config: { scope: "read", tokenInQuery: true },
    },
    async (request, reply) => {
      const token = tokenOf(request);
      assertAllRooms(token);
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
      const call = calls.open(request.raw, reply.raw, token);
      const stream = handle.createReadStream({ start: from, end: to });
      return reply.send(Readable.from(watched(stream as AsyncIterable<Buffer>, call, clock), { objectMode: false }));
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
