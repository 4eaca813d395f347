import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { IMAGE_DOMAINS } from "../platform/access/platform.js";
import { DyliveError } from "../runtime/errors.js";

/** Where the pages find the pictures of a stand-in for the platform. */
const PICTURES = "/@";
/** Policy of a picture, which may be an SVG: it runs nothing, also when it is opened by itself. */
const PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** Gives a picture of the platform: its address is `host/path?query`. */
export type GetPicture = (address: string, signal: AbortSignal) => Promise<{ status: number; headers: object; body: Buffer }>;

/**
 * Directives for what the pages load: their own files and the platform's images, which a stand-in gives through this server. They talk to
 * this server, and nothing else.
 */
const loaded = (images: string) => [
  "default-src 'none'",
  "script-src 'self'",
  `img-src 'self' data:${images}`,
  "connect-src 'self'",
  // Films that were downloaded.
  "media-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
];
/** The dashboard stands in no other page, and shows previews of the overlay in itself. */
const DASHBOARD = ["style-src 'self'", "frame-src 'self'", "frame-ancestors 'none'"];
/** The overlay is framed by the dashboard's preview. OBS puts its users' own CSS into the page as a style element, which runs nothing. */
const OVERLAY = ["style-src 'self' 'unsafe-inline'", "frame-ancestors 'self'"];

/** First parts of the dashboard's addresses (web/src/router.ts). */
const PAGES = /^(?:rooms|sessions|works|overlay|settings)(?:\/|$)/;

/**
 * Serves the files of `webRoot` (an absolute path) at `/`, as the build compressed them where the client takes that.
 * @param picture of a stand-in; null at the real platform, whose pictures the browser loads itself
 */
export function servePage(app: FastifyInstance, webRoot: string, picture: GetPicture | null): void {
  const files = new SharedFiles(webRoot, picture === null ? null : naming(PICTURES));
  const common = loaded(picture === null ? IMAGE_DOMAINS.map((host) => ` https://*.${host}`).join("") : "");
  const [policy, overlayPolicy] = [DASHBOARD, OVERLAY].map((own) => [...common, ...own].join("; "));
  if (picture !== null) servePictures(app, picture);
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
      reply.header("content-security-policy", path === "overlay.html" ? overlayPolicy : policy);
      // The names of assets change with their content.
      reply.header("cache-control", path.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache");
      return files.answer(request, reply, path);
    },
  });
}

/** Serves the pictures of a stand-in for the platform, by the platform's own host and path. */
function servePictures(app: FastifyInstance, picture: GetPicture): void {
  app.route<{ Params: { host: string } }>({
    method: ["GET", "HEAD"],
    url: `${PICTURES}:host/*`,
    schema: { hide: true },
    handler: async (request, reply) => {
      const { host } = request.params;
      const isKnown = /^[a-z0-9.-]+$/.test(host) && IMAGE_DOMAINS.some((known) => host.endsWith(`.${known}`));
      if (!isKnown) throw new DyliveError("no_address", "no pictures are kept there");
      const { status, headers, body } = await picture(request.url.slice(PICTURES.length), request.signal);
      const type = "content-type" in headers ? String(headers["content-type"]) : "";
      if (status !== 200 || !type.startsWith("image/")) throw new DyliveError("no_address", "the stand-in has no such picture");
      return reply.header("content-security-policy", PICTURE_POLICY).header("cache-control", "public, max-age=86400").type(type).send(body);
    },
  });
}

/** Tells the pages where pictures are. @returns a change of the files that are pages */
function naming(pictures: string): (path: string, plain: Buffer) => Buffer | null {
  return (path, plain) =>
    path.endsWith(".html")
      ? Buffer.from(plain.toString("utf8").replace("</head>", `<meta name="dylive-pictures" content="${pictures}" /></head>`))
      : null;
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

  /**
   * @param root absolute path of the folder
   * @param change of a file; null where it stays as it is
   */
  constructor(root: string, change: ((path: string, plain: Buffer) => Buffer | null) | null = null) {
    const all = new Map<string, Buffer>();
    for (const name of readdirSync(root, { recursive: true, encoding: "utf8" })) {
      const path = join(root, name);
      const parts = relative(root, path).split(sep);
      if (!parts.some((part) => part.startsWith(".")) && statSync(path).isFile()) all.set(parts.join("/"), readFileSync(path));
    }
    for (const [path, kept] of all) {
      const mediaType = MEDIA_TYPES[extname(path)];
      if (mediaType === undefined) continue;
      const changed = change?.(path, kept) ?? null;
      const plain = changed ?? kept;
      const [br, gzip] = changed === null ? [all.get(path + PACKED.br), all.get(path + PACKED.gzip)] : [];
      const tag = `W/"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`;
      this.#files.set(path, { mediaType, tag, plain, packed: { ...(br && { br }), ...(gzip && { gzip }) } });
    }
  }

  /** Whether there is a file of this name, with `/` between folders. */
  has(path: string): boolean {
    return this.#files.has(path);
  }

  /** Answers with a file that there is, compressed if the client takes that; 304 for a client that has it. */
  answer(request: FastifyRequest, reply: FastifyReply, path: string): FastifyReply {
    const file = this.#files.get(path);
    if (file === undefined) throw new Error(`there is no file ${path}`);
    reply.header("etag", file.tag).header("vary", "accept-encoding");
    if (request.headers["if-none-match"] === file.tag) return reply.code(304).send();
    const accepted = request.headers["accept-encoding"] ?? "";
    // What the build did not compress is, when it is first asked for.
    if (file.mediaType.endsWith("utf-8")) file.packed.gzip ??= gzipSync(file.plain);
    for (const [coding, bytes] of Object.entries(file.packed))
      if (takes(accepted, coding)) return reply.header("content-encoding", coding).type(file.mediaType).send(bytes);
    return reply.type(file.mediaType).send(file.plain);
  }
}

/** Whether an `Accept-Encoding` takes a coding. */
function takes(accepted: string, coding: string): boolean {
  for (const one of accepted.toLowerCase().split(",")) {
    const [name, ...parameters] = one.split(";").map((part) => part.trim());
    if (name === coding) return !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  }
  return false;
}
