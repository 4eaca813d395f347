import { sep } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** Where the platform keeps avatars, covers, gift icons and emoji (facts/protocol.md; seen in the captures). web/src/safe-image.ts has the same list. */
export const IMAGE_HOSTS = ["douyinpic.com", "byteimg.com", "douyinstatic.com", "douyincdn.com", "pstatp.com", "ecombdimg.com"];

/** The dashboard loads its own files and the platform's images, and talks to this server; nothing else. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  `img-src 'self' data: ${IMAGE_HOSTS.map((host) => `https://*.${host}`).join(" ")}`,
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Serves the files of `webRoot` (an absolute path) at `/`, as the build compressed them where the client takes that. */
export async function servePage(app: FastifyInstance, webRoot: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: webRoot,
    dotfiles: "ignore",
    cacheControl: false,
    preCompressed: true,
    setHeaders: (response, path) => {
      response.setHeader("content-security-policy", POLICY);
      // The names of assets change with their content.
      const hashed = path.includes(`${sep}assets${sep}`);
      response.setHeader("cache-control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
}
