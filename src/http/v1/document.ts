import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import { takes } from "../shared-files.js";

/** A large document that never changes: its bytes are made once and shared by all who ask. */
export class SharedDocument {
  readonly #make: () => string;
  #made: Promise<{ readonly plain: Buffer; readonly packed: Buffer; readonly tag: string }> | null = null;

  /** @param make called when it is first asked for */
  constructor(make: () => string) {
    this.#make = make;
  }

  /** Answers with it, compressed where the client takes that; 304 for one who has it. */
  async answer(request: FastifyRequest, reply: FastifyReply, mediaType: string): Promise<FastifyReply> {
    this.#made ??= this.#bytes();
    const { plain, packed, tag } = await this.#made;
    const isPacked = takes(request.headers["accept-encoding"] ?? "", "gzip");
    reply.header("cache-control", "no-cache").header("vary", "accept-encoding").header("etag", tag);
    if (request.headers["if-none-match"] === tag) return reply.code(304).send();
    if (isPacked) reply.header("content-encoding", "gzip");
    return reply.type(mediaType).send(isPacked ? packed : plain);
  }

  async #bytes() {
    const plain = Buffer.from(this.#make(), "utf8");
    const tag = `W/"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`;
    return { plain, packed: await promisify(gzip)(plain), tag };
  }
}
