import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { DyliveError } from "../runtime/errors.js";

/**
 * Hosts where the platform keeps avatars, covers, gift icons and emoji (facts/protocol.md; seen in the captures). web/src/safe-image.ts has
 * the same list.
 */
export const IMAGE_HOSTS = ["douyinpic.com", "byteimg.com", "douyinstatic.com", "douyincdn.com", "pstatp.com", "ecombdimg.com"];

/** Directives for what the pages load: their own files and the platform's images. They talk to this server, and nothing else. */
const LOADED = [
  "default-src 'none'",
  "script-src 'self'",
  `img-src 'self' data: ${IMAGE_HOSTS.map((host) => `https://*.${host}`).join(" ")}`,
  "connect-src 'self'",
  // Films that were downloaded.
  "media-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
];
/** Policy of the dashboard: it stands in no other page, and shows previews of the overlay in itself. */
const POLICY = [...LOADED, "style-src 'self'", "frame-src 'self'", "frame-ancestors 'none'"].join("; ");
/**
 * Policy of the overlay, which is framed by the dashboard's preview. OBS puts its users' own CSS into the page as a style element, which
 * runs nothing.
 */
const OVERLAY_POLICY = [...LOADED, "style-src 'self' 'unsafe-inline'", "frame-ancestors 'self'"].join("; ");

/** First parts of the dashboard's addresses (web/src/router.ts). */
const PAGES = /^(?:rooms|sessions|works|overlay|settings)(?:\/|$)/;

/** Serves the files of `webRoot` (an absolute path) at `/`, as the build compressed them where the client takes that. */
export function servePage(app: FastifyInstance, webRoot: string): void {
  const files = new SharedFiles(webRoot);
  app.route<{ Params: { "*": string } }>({
    method: ["GET", "HEAD"],
    url: "/*",
    schema: { hide: true },
    handler: async (request, reply) => {
      const path = request.params["*"] || "index.html";
      // An address of the dashboard without its `#`, which a browser keeps to itself.
      if (PAGES.test(path) && request.headers.accept?.includes("text/html"))
        return reply.redirect(`/#/${path.split("/").map(encodeURIComponent).join("/")}`);
      if (!files.has(path)) throw new DyliveError("no_address", "nothing is served at it");
      reply.header("content-security-policy", path === "overlay.html" ? OVERLAY_POLICY : POLICY);
      // The names of assets change with their content.
      reply.header("cache-control", path.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache");
      return files.answer(request, reply, path);
    },
  });
}

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
