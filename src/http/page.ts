import type { FastifyInstance } from "fastify";
import { DyliveError } from "../runtime/errors.js";
import { SharedFiles } from "./shared-files.js";

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

/** Serves the files of `webRoot` (an absolute path) at `/`, as the build compressed them where the client takes that. */
export function servePage(app: FastifyInstance, webRoot: string): void {
  const files = new SharedFiles(webRoot);
  app.route<{ Params: { "*": string } }>({
    method: ["GET", "HEAD"],
    url: "/*",
    schema: { hide: true },
    handler: async (request, reply) => {
      const path = request.params["*"] || "index.html";
      if (!files.has(path)) throw new DyliveError("no_address", "nothing is served at it");
      reply.header("content-security-policy", path === "overlay.html" ? OVERLAY_POLICY : POLICY);
      // The names of assets change with their content.
      reply.header("cache-control", path.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache");
      return files.answer(request, reply, path);
    },
  });
}
