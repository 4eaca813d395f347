import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { DyliveError } from "../errors.js";
import type { AppendHealth } from "../log/append-health.js";
import type { RoomStatus } from "../rooms/state.js";
import { isLimited } from "./access.js";
import type { ApiParts } from "./parts.js";

/** A look at the store is good for so long: nobody may make us write as often as they ask. */
const READY_FOR_MS = 5_000;
/** A store that takes longer for one small write is not ready. */
const WRITE_MS = 2_000;
/** Whose position is written to see whether the store can be; no reader has this name. */
const PROBE = "readyz";

const Healthy = Type.Object(
  {
    status: Type.Enum(["ok", "stopping"]),
    database: Type.Optional(
      Type.Enum(["ok", "away"], {
        description: "with PostgreSQL, whether it is there as far as anybody noticed. A process without it is alive: it goes on by itself",
      }),
    ),
  },
  { description: "ok, or stopping with status 503" },
);
const Ready = Type.Object({ status: Type.Literal("ready") }, { description: "ready" });

/** What the process knows of itself. */
export interface About {
  readonly stopping: () => boolean;
  /** The rooms that this process collects; null where the metrics are of all rooms. */
  readonly here: (() => readonly RoomStatus[]) | null;
  readonly appends: AppendHealth;
}

/** `/healthz`, `/readyz` and `/metrics`. */
export function healthRoutes(app: FastifyInstance, parts: ApiParts, { stopping, here, appends }: About): void {
  const { store, rooms, clock, gate, metrics } = parts;
  let looked: { at: number; writable: Promise<boolean> } | null = null;

  app.get(
    "/healthz",
    { schema: { summary: "Whether the process is alive", tags: ["health"], response: { 200: Healthy, 503: Healthy } } },
    (_request, reply) => {
      reply.header("cache-control", "no-store");
      const server = store.server?.();
      const database = server === undefined ? {} : { database: server.away === null ? ("ok" as const) : ("away" as const) };
      return stopping() ? reply.code(503).send({ status: "stopping", ...database }) : reply.send({ status: "ok", ...database });
    },
  );

  app.get(
    "/readyz",
    {
      schema: {
        summary: "Whether requests can be served: the store took what was last to be stored, and can be written",
        tags: ["health"],
        response: { 200: Ready },
      },
    },
    async (_request, reply) => {
      reply.header("cache-control", "no-store");
      const now = clock.now();
      // What is appended needs more room than one small write: it tells first. Not the whole sentence: this needs no token.
      const refused = appends.refusedBy(now);
      if (refused !== null)
        throw new DyliveError("not_ready", `the store took nothing when something was last to be stored (${refused.row.message})`);
      if (looked === null || now - looked.at >= READY_FOR_MS) looked = { at: now, writable: writable() };
      if (await looked.writable) return { status: "ready" };
      throw new DyliveError("not_ready", "the store cannot be written");
    },
  );

  async function writable(): Promise<boolean> {
    const done = new AbortController();
    const late = clock.sleep(WRITE_MS, done.signal).then(
      () => false,
      () => false,
    );
    const written = store.positions.set(PROBE, 0, 0).then(
      () => true,
      () => false,
    );
    parts.calls.after(written.then(() => {}));
    const answer = await Promise.race([written, late]);
    done.abort();
    return answer;
  }

  app.get(
    "/metrics",
    {
      schema: {
        summary: "Counts for Prometheus",
        tags: ["health"],
        produces: ["text/plain"],
        response: { 200: Type.String({ description: "Prometheus' text form" }) },
      },
      // Not even on loopback without one: behind a proxy on the same machine everybody comes from there.
      onRequest: async (request) => {
        const token = await gate.enterAnyway(request.raw, "read");
        if (isLimited(token)) throw new DyliveError("forbidden", "the metrics are of all rooms, the token is limited to some");
      },
      config: { scope: "read" },
    },
    async (_request, reply) => {
      const statuses = here === null ? (await rooms.list()).map(({ status }) => status) : here();
      return reply
        .header("cache-control", "no-store")
        .type(metrics.contentType)
        .send(await metrics.text(statuses, store.server?.()));
    },
  );
}
