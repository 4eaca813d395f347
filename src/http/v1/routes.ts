import type { FastifyInstance } from "fastify";
import { msg } from "../../runtime/msg.js";
import type { ApiDeps } from "../api-deps.js";
import { adminByDefault } from "../authentication.js";
import { failure, sendFailure } from "../failure.js";
import { eventStreamRoute } from "../streams/event-stream.js";
import { roomsStreamRoute } from "../streams/rooms-stream.js";
import { aboutRoutes } from "./about-routes.js";
import { accountRoutes } from "./account-routes.js";
import { authorRoutes } from "./author-routes.js";
import { clusterRoutes } from "./cluster-routes.js";
import { commentRoutes, commentRunRoutes } from "./comment-routes.js";
import { compareRoutes } from "./compare-routes.js";
import { downloadFileRoutes, downloadRoutes } from "./download-routes.js";
import { eventRoutes } from "./event-routes.js";
import { exportRoutes } from "./export-routes.js";
import { giftRoutes } from "./gift-routes.js";
import { hookRoutes } from "./hook-routes.js";
import { listRunRoutes } from "./list-run-routes.js";
import { officialAppRoutes } from "./official-routes.js";
import { retentionRoutes } from "./retention-routes.js";
import { roomRoutes } from "./room-routes.js";
import { searchRoutes } from "./search-routes.js";
import { sessionRoutes } from "./session-routes.js";
import { sidecarRoutes } from "./sidecar-routes.js";
import { speechRoutes } from "./speech-routes.js";
import { statisticsRoutes } from "./statistics-routes.js";
import { taskRoutes } from "./task-routes.js";
import { tokenRoutes } from "./token-routes.js";
import { userRoutes } from "./user-routes.js";
import { workRoutes } from "./work-routes.js";

/** Registers the versioned API, which `/openapi.json` describes. */
export async function v1Routes(app: FastifyInstance, deps: ApiDeps): Promise<void> {
  await app.register(
    async (v1) => {
      adminByDefault(v1);
      v1.addHook("onRequest", async (_request, reply) => {
        reply.header("cache-control", "no-store");
      });
      roomRoutes(v1, deps);
      sessionRoutes(v1, deps);
      compareRoutes(v1, deps);
      statisticsRoutes(v1, deps);
      userRoutes(v1, deps);
      giftRoutes(v1, deps);
      eventRoutes(v1, deps);
      exportRoutes(v1, deps);
      retentionRoutes(v1, deps);
      taskRoutes(v1, deps);
      searchRoutes(v1, deps);
      workRoutes(v1, deps);
      listRunRoutes(v1, deps);
      commentRoutes(v1, deps);
      commentRunRoutes(v1, deps);
      downloadRoutes(v1, deps);
      downloadFileRoutes(v1, deps);
      authorRoutes(v1, deps);
      sidecarRoutes(v1, deps);
      tokenRoutes(v1, deps);
      hookRoutes(v1, deps);
      officialAppRoutes(v1, deps);
      accountRoutes(v1, deps);
      aboutRoutes(v1, deps);
      speechRoutes(v1, deps);
      clusterRoutes(v1, deps);
      eventStreamRoute(v1, deps);
      roomsStreamRoute(v1, deps);
    },
    { prefix: "/v1" },
  );
  app.all("/v1/*", { schema: { hide: true } }, (request, reply) =>
    sendFailure(request, reply, failure("no_address", msg`no route has it with ${request.method}`)),
  );
}
