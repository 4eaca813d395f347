import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { RoomStatus } from "../health/state.js";
import { DyliveError } from "../runtime/errors.js";
import type { PendingBytes } from "../runtime/rate-limiter.js";
import type { AppendHealth } from "../store/health.js";
import type { ApiDeps } from "./api-deps.js";
import { isLimited, tokenOf } from "./authentication.js";

/** Time for which a probe of the store counts, in ms, so that callers cannot make us write as often as they ask. */
const PROBE_MS = 1_000;
/** Longest time in ms for one small write; a store that takes longer is not ready. */
const WRITE_MS = 2_000;
/** Name under which a position is written to see whether the store can be written; no reader has this name. */
const PROBE = "readyz";

const Healthy = Type.Object(
  {
    status: Type.Enum(["ok", "stopping"], {
      description: "ok: the process lives and answers. That says nothing of the store, which /readyz is asked for",
    }),
    database: Type.Optional(
      Type.Enum(["ok", "away"], {
        description:
          "with PostgreSQL: away when it cannot be reached, or has answered nothing for three seconds that it was asked. A process without it is alive: it goes on by itself",
      }),
    ),
    buffer: Type.Optional(
      Type.Object(
        { bytes: Type.Integer(), maxBytes: Type.Integer() },
        { description: "memory of what was received and waits to be stored: when it is full, connections to the platform are not read" },
      ),
    ),
  },
  { description: "ok, or stopping with status 503" },
);
const Ready = Type.Object({ status: Type.Literal("ready") }, { description: "ready" });

/** A small write that shows whether the store can be written. Times are ms UTC. */
interface Probe {
  readonly askedAt: number;
  /** Null while the store has not answered. */
  answeredAt: number | null;
  readonly outcome: Promise<"writable" | "unwritable">;
}

/** Facts that the process knows of itself. */
interface About {
  readonly stopping: () => boolean;
  /** States of the rooms that the metrics are of; null where one is not collected. */
  readonly here: () => Promise<readonly (RoomStatus | null)[]>;
  readonly appends: AppendHealth;
  /** Memory of what waits to be stored; absent where nothing is collected. */
  readonly held?: PendingBytes | undefined;
}

/** Registers `/healthz`, `/readyz` and `/metrics`. */
export function healthRoutes(app: FastifyInstance, deps: ApiDeps, { stopping, here, appends, held }: About): void {
  const { store, clock, metrics } = deps;
  let probe: Probe = { askedAt: 0, answeredAt: 0, outcome: Promise.resolve("unwritable") };

  app.get(
    "/healthz",
    { schema: { summary: "Whether the process is alive", tags: ["health"], response: { 200: Healthy, 503: Healthy } } },
    (_request, reply) => {
      reply.header("cache-control", "no-store");
      const server = store.server?.();
      const database = server === undefined ? {} : { database: server.away === null ? ("ok" as const) : ("away" as const) };
      const about = { ...database, ...(held && { buffer: { bytes: held.bytes, maxBytes: held.maxBytes } }) };
      return stopping() ? reply.code(503).send({ status: "stopping", ...about }) : reply.send({ status: "ok", ...about });
    },
  );

  app.get(
    "/readyz",
    {
      schema: {
        summary:
          "Whether requests can be served: the store took what was last to be stored, and could be written within the last three seconds",
        tags: ["health"],
        response: { 200: Ready },
      },
    },
    async (_request, reply) => {
      reply.header("cache-control", "no-store");
      const now = clock.now();
      // What is appended needs more room than one small write: it tells first.
      const complaint = appends.complaint(now);
      if (complaint !== null) throw new DyliveError("not_ready", complaint);
      // One at a time: a store that hangs is not asked again and again.
      if (probe.answeredAt !== null && Math.abs(now - probe.answeredAt) >= PROBE_MS) probe = newProbe(now);
      const outcome = await outcomeOf(probe, now);
      if (outcome === "writable") return { status: "ready" };
      throw new DyliveError("not_ready", outcome === "unwritable" ? "the store cannot be written" : "the store does not answer");
    },
  );

  async function outcomeOf({ askedAt, answeredAt, outcome }: Probe, now: number): Promise<"writable" | "unwritable" | "late"> {
    const leftMs = answeredAt === null ? askedAt + WRITE_MS - now : WRITE_MS;
    if (leftMs <= 0) return "late";
    const done = new AbortController();
    const late = clock.sleep(leftMs, done.signal).then(
      () => "late" as const,
      () => "late" as const,
    );
    return Promise.race([outcome, late]).finally(() => done.abort());
  }

  function newProbe(askedAt: number): Probe {
    const outcome = store.positions.set(PROBE, 0).then(
      () => "writable" as const,
      () => "unwritable" as const,
    );
    const made: Probe = { askedAt, answeredAt: null, outcome };
    const noted = outcome.then(() => {
      made.answeredAt = clock.now();
    });
    deps.calls.after(noted);
    return made;
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
      // Not even on loopback without one: behind a proxy on the same machine all callers come from there.
      preValidation: async (request) => {
        if (isLimited(tokenOf(request))) throw new DyliveError("forbidden", "the metrics cover all rooms; the token is limited to some");
      },
      config: { scope: "read", withoutStore: true },
    },
    async (_request, reply) => {
      const statuses = await here();
      return reply
        .header("cache-control", "no-store")
        .type(metrics.contentType)
        .send(await metrics.text(statuses, store.server?.()));
    },
  );
}
