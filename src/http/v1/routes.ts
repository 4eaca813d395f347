import type { FastifyInstance } from "fastify";
import type { ApiDeps } from "../api-deps.js";
import { adminByDefault } from "../authentication.js";
import { failure, sendFailure } from "../failure.js";
import { liveRoutes } from "../streams/routes.js";
import { aboutRoutes } from "./about-routes.js";
import { accountRoutes } from "./account-routes.js";
import { clusterRoutes } from "./cluster-routes.js";
import { eventRoutes } from "./event-routes.js";
import { exportRoutes } from "./export-routes.js";
import { hookRoutes } from "./hook-routes.js";
import { officialAppRoutes } from "./official-routes.js";
import { retentionRoutes } from "./retention-routes.js";
import { roomRoutes } from "./room-routes.js";
import { searchRoutes } from "./search-routes.js";
import { sessionRoutes } from "./session-routes.js";
import { statisticsRoutes, summaryRoutes, userRoutes } from "./statistics-routes.js";
import { taskRoutes } from "./task-routes.js";
import { tokenRoutes } from "./token-routes.js";

/** Registers the versioned API, which `/openapi.json` describes. */
export async function v1Routes(app: FastifyInstance, parts: ApiDeps): Promise<void> {
  await app.register(
    async (v1) => {
      adminByDefault(v1);
      v1.addHook("onRequest", async (_request, reply) => {
        reply.header("cache-control", "no-store");
      });
      roomRoutes(v1, parts);
      sessionRoutes(v1, parts);
      summaryRoutes(v1, parts);
      statisticsRoutes(v1, parts);
      userRoutes(v1, parts);
      eventRoutes(v1, parts);
      exportRoutes(v1, parts);
      retentionRoutes(v1, parts);
      taskRoutes(v1, parts);
      searchRoutes(v1, parts);
      tokenRoutes(v1, parts);
      hookRoutes(v1, parts);
      officialAppRoutes(v1, parts);
      accountRoutes(v1, parts);
      aboutRoutes(v1, parts);
      clusterRoutes(v1, parts);
      liveRoutes(v1, parts);
    },
    { prefix: "/v1" },
  );
  app.all("/v1/*", { schema: { hide: true } }, (request, reply) =>
    sendFailure(request, reply, failure("not_found", `there is no ${request.method} of this address; /openapi.json lists all`)),
  );
}
