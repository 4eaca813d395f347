import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** The page loads its own files and people's avatars, and talks to this server; nothing else. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src https: data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Serves the files of `webRoot` (an absolute path) at `/`. */
export async function servePage(app: FastifyInstance, webRoot: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: webRoot,
    dotfiles: "ignore",
    cacheControl: false,
    setHeaders: (response) => {
      response.setHeader("content-security-policy", POLICY);
      response.setHeader("cache-control", "no-cache");
    },
  });
}
