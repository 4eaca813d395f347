import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Media types of the files that the build and the documentation's page consist of, by ending. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};
/** Endings that the build adds to the name of a compressed file, by coding, the smallest form first. */
const PACKED = { br: ".br", gzip: ".gz" } as const;

interface File {
  readonly mediaType: string;
  readonly tag: string;
  readonly plain: Buffer;
  readonly packed: Partial<Record<keyof typeof PACKED, Buffer>>;
}

/**
 * Holds the files of a folder, read when it is made and then shared by all who ask: a client that does not read its answer holds nothing of
 * ours. For some MB of files that do not change. Files whose names begin with a dot are left out.
 */
export class SharedFiles {
  readonly #files = new Map<string, File>();

  /** @param root absolute path of the folder */
  constructor(root: string) {
    const all = new Map<string, Buffer>();
    for (const name of readdirSync(root, { recursive: true, encoding: "utf8" })) {
      const path = join(root, name);
      const parts = relative(root, path).split(sep);
      if (!parts.some((part) => part.startsWith(".")) && statSync(path).isFile()) all.set(parts.join("/"), readFileSync(path));
    }
    for (const [path, plain] of all) {
      const mediaType = MEDIA_TYPES[extname(path)];
      if (mediaType === undefined) continue;
      const [br, gzip] = [all.get(path + PACKED.br), all.get(path + PACKED.gzip)];
      const tag = `W/"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`;
      this.#files.set(path, { mediaType, tag, plain, packed: { ...(br && { br }), ...(gzip && { gzip }) } });
    }
  }

  /** Whether there is a file of this name, with `/` between folders. */
  has(path: string): boolean {
    return this.#files.has(path);
  }

  /** Answers with a file that there is, compressed where the build did that and the client takes it; 304 for a client that has it. */
  answer(request: FastifyRequest, reply: FastifyReply, path: string): FastifyReply {
    const file = this.#files.get(path);
    if (file === undefined) throw new Error(`there is no file ${path}`);
    reply.header("etag", file.tag).header("vary", "accept-encoding");
    if (request.headers["if-none-match"] === file.tag) return reply.code(304).send();
    const accepted = request.headers["accept-encoding"] ?? "";
    for (const [coding, bytes] of Object.entries(file.packed))
      if (takes(accepted, coding)) return reply.header("content-encoding", coding).type(file.mediaType).send(bytes);
    return reply.type(file.mediaType).send(file.plain);
  }
}

/** Whether an `Accept-Encoding` takes a coding. */
export function takes(accepted: string, coding: string): boolean {
  for (const one of accepted.toLowerCase().split(",")) {
    const [name, ...parameters] = one.split(";").map((part) => part.trim());
    if (name === coding) return !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  }
  return false;
}
