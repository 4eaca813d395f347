import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { readReport } from "../../collector/report.js";
import { ROOM_STATES, type RoomState } from "../../health/state.js";
import { DyliveError } from "../../runtime/errors.js";
import type { WebhookService } from "../../webhooks/webhook-service.js";
import type { ApiDeps, ApiStore } from "../api-deps.js";
import { addSchemas, routesOf } from "./route.js";

/** A cluster at a glance. */
export type ClusterView = Awaited<ReturnType<typeof clusterView>>;

/**
 * Returns what each member of the cluster does, and how far each reader of the log is.
 * @throws DyliveError not_offered where the store is for a single process
 */
async function clusterView({ cluster, statistics, search }: ApiStore, hooks: WebhookService) {
  if (cluster === undefined)
    throw new DyliveError(
      "not_offered",
      "there is no cluster: the store is a SQLite file, and one process does everything (docs/scale.md)",
    );
  const [members, wantedRooms, counted, indexed, listed] = await Promise.all([
    cluster.leases.members(),
    cluster.wantedRooms.all(),
    statistics.behind(),
    search.behind(),
    hooks.list(),
  ]);
  const states = new Map<number | null, Record<RoomState, number>>();
  const seen = new Set<number>();
  let [wanted, watched] = [0, 0];
  for (const { room, ownerId, report, watched: isWatched } of wantedRooms) {
    // A room may be wanted by several names.
    if (room !== null && seen.has(room)) continue;
    if (room !== null) seen.add(room);
    wanted++;
    if (isWatched) watched++;
    const counts = states.get(ownerId) ?? noRooms();
    counts[readReport(report)?.state ?? "resolving"]++;
    states.set(ownerId, counts);
  }
  return {
    members: members.map((member) => ({ ...member, states: states.get(member.id) ?? noRooms() })),
    rooms: { wanted, watched, unowned: states.get(null) ?? noRooms() },
    behind: { statistics: counted, search: indexed, hooks: listed.reduce((sum, { backlog }) => sum + backlog, 0) },
  };
}

function noRooms(): Record<RoomState, number> {
  return Object.fromEntries(ROOM_STATES.map((state) => [state, 0])) as Record<RoomState, number>;
}

const Count = (description: string) => Type.Integer({ minimum: 0, description });
const Time = (description: string) => Type.Integer({ description: `${description}, ms UTC by the database` });
const States = (description: string) =>
  Type.Object(Object.fromEntries(ROOM_STATES.map((state) => [state, Type.Integer({ minimum: 0 })])), { description });

/** Members of a cluster, and what each does. */
const ClusterSchema = Type.Object(
  {
    members: Type.Array(
      Type.Object({
        id: Type.Integer(),
        name: Type.String({ description: "host and pid, or DYLIVE_NAME" }),
        role: Type.Enum(["all", "collect", "serve"]),
        capacity: Count("rooms that it takes at most"),
        rooms: Count("rooms that it has"),
        jobs: Type.Array(Type.String(), { description: "what one process of the cluster does at a time" }),
        joinedAt: Time("when it came"),
        expiresAt: Time("when it is taken for dead unless it is heard of before"),
        connected: Type.Boolean({ description: "whether it holds its session with the database: false as soon as the process is gone" }),
        states: States("its rooms by state"),
      }),
      { description: "every process, oldest first" },
    ),
    rooms: Type.Object({
      wanted: Count("rooms that are to be collected"),
      watched: Count("of those on the watch list"),
      unowned: States("rooms that no process has right now, by their last reported state"),
    }),
    behind: Type.Object(
      { statistics: Type.Integer(), search: Type.Integer(), hooks: Type.Integer() },
      { description: "events of the log that its readers have not come to" },
    ),
  },
  { $id: "Cluster", description: "the processes of a cluster, their rooms, and how far its readers are" },
);

/** Registers the route that shows the cluster at a glance. */
export function clusterRoutes(app: FastifyInstance, { store, hooks }: ApiDeps): void {
  addSchemas(app, ClusterSchema);
  routesOf(app, { tags: ["server"], scope: "admin" }).get(
    "/cluster",
    { summary: "Who does what in a cluster; not found where one process does everything", answer: "Cluster" },
    () => clusterView(store, hooks),
  );
}
