import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../clock.js";
import { DyliveError } from "../errors.js";
import type { OfficialReceiver } from "../rooms/official/receiver.js";
import { failure, sendFailure } from "./failure.js";

/** A push whose head passed; `accepts` tells whether its body was signed with it. */
interface Promising {
  readonly head: { readonly msgType: string; readonly roomId: string };
  accepts(body: Uint8Array): boolean;
}

/** An app of the Open Platform whose pushes are taken. */
export interface OfficialIngest {
  readonly appId: string;
  /** The last part of the address, which nobody should guess. */
  readonly path: string;
  readonly keys: { judge(headers: FastifyRequest["headers"]): Promising | null };
  readonly receiver: Pick<OfficialReceiver, "receive">;
}

/** A push of the busiest room has some hundred items of some hundred bytes. */
const BODY_MAX_BYTES = 1_048_576;
const DONE = '{"err_no":0,"err_msg":"ok"}';

/**
 * `POST /ingest/douyin-open/PATH`: the Open Platform's pushes (facts/official-push.md A3). No token lets them in but their signature, and whatever is
 * wrong with one gets the same answer, before its body is read where the headers tell it. The answer comes when the push is kept.
 */
export async function officialRoutes(app: FastifyInstance, ingests: readonly OfficialIngest[], clock: Clock): Promise<void> {
  const byPath = new Map(ingests.map((ingest) => [ingest.path, ingest]));
  const promising = new WeakMap<
    FastifyRequest,
    { readonly ingest: OfficialIngest; readonly push: Promising; readonly receivedAt: number }
  >();

  await app.register(async (scope) => {
    // The signature is over the bytes as they came, so nothing may read them as JSON.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: BODY_MAX_BYTES }, (_request, body, done) => done(null, body));
    scope.route<{ Params: { path: string } }>({
      method: "POST",
      url: "/ingest/douyin-open/:path",
      schema: { hide: true },
      bodyLimit: BODY_MAX_BYTES,
      onRequest: async (request, reply) => {
        const ingest = byPath.get(request.params.path);
        const push = ingest?.keys.judge(request.headers);
        if (ingest === undefined || push == null) return refuse(request, reply);
        promising.set(request, { ingest, push, receivedAt: clock.now() });
        return undefined;
      },
      handler: async (request, reply) => {
        const known = promising.get(request);
        if (known === undefined) throw new DyliveError("internal", "a push passed without its head");
        const { ingest, push, receivedAt } = known;
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        if (!push.accepts(body)) return refuse(request, reply);
        const { msgType, roomId } = push.head;
        await ingest.receiver.receive({ appId: ingest.appId, roomId, msgType, receivedAt, body });
        return done(reply);
      },
    });
    // The console looks whether the address can be reached.
    scope.route({
      method: ["GET", "HEAD"],
      url: "/ingest/douyin-open/:path",
      schema: { hide: true },
      handler: async (_request, reply) => done(reply),
    });
  });
}

function done(reply: FastifyReply): FastifyReply {
  return reply.header("cache-control", "no-store").type("application/json; charset=utf-8").send(DONE);
}

function refuse(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendFailure(request, reply, failure("bad_signature", "its headers and body do not belong together"));
}
