import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Official } from "../collector/open-platform/official.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import { failure, sendFailure } from "./failure.js";

/** A push whose headers passed; its body is still to be checked. */
interface PromisingPush {
  readonly official: Official;
  readonly push: NonNullable<ReturnType<Official["keys"]["judge"]>>;
  /** ms UTC */
  readonly receivedAt: number;
}

/** A push of the busiest room has some hundred items of some hundred bytes. */
const BODY_MAX_BYTES = 1_048_576;
const DONE = '{"err_no":0,"err_msg":"ok"}';

/**
 * Registers `POST /ingest/douyin-open/PATH`, which takes the Open Platform's pushes (facts/official-push.md A3). Nothing but their
 * signature lets them in. Whatever is wrong with a push gets the same answer, before its body is read where the headers tell it. The answer
 * comes when the push is kept.
 */
export async function officialRoutes(app: FastifyInstance, officials: readonly Official[], clock: Clock): Promise<void> {
  const byPath = new Map(officials.map((official) => [official.path, official]));
  const promising = new WeakMap<FastifyRequest, PromisingPush>();

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
        const official = byPath.get(request.params.path);
        const push = official?.keys.judge(request.headers);
        if (official === undefined || push == null) return refuse(request, reply);
        promising.set(request, { official, push, receivedAt: clock.now() });
        return undefined;
      },
      handler: async (request, reply) => {
        const known = promising.get(request);
        if (known === undefined) throw new DyliveError("internal", "a push was accepted without its headers");
        const { official, push, receivedAt } = known;
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        if (!push.accepts(body)) return refuse(request, reply);
        const { msgType, roomId } = push.head;
        await official.receiver.receive({ appId: official.appId, roomId, msgType, receivedAt, body });
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
  return sendFailure(request, reply, failure("bad_signature", msg`its headers and body do not belong together`));
}
