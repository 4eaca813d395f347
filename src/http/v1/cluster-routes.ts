import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { ROOM_STATES } from "../../health/state.js";
import type { ApiDeps } from "../api-deps.js";
import { clusterView } from "../cluster.js";
import { addSchemas, exactly } from "./fields.js";

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
      unowned: States("rooms that no process has right now, by the state that was told last"),
    }),
    behind: Type.Object(
      { statistics: Type.Integer(), search: Type.Integer(), hooks: Type.Integer() },
      { description: "events of the log that its readers have not come to" },
    ),
    spooledBytes: Count("bytes of frames that came while the database was away and wait for the owners of their rooms"),
  },
  { $id: "Cluster", description: "the processes of a cluster, their rooms, and how far its readers are" },
);

/** Registers the route that shows the cluster at a glance. */
export function clusterRoutes(app: FastifyInstance, { store, hooks }: ApiDeps): void {
  addSchemas(app, ClusterSchema);
  app.withTypeProvider<TypeBoxTypeProvider>().get(
    "/cluster",
    {
      schema: {
        summary: "Who does what in a cluster; not found where one process does everything",
        tags: ["server"],
        querystring: exactly({}),
        response: { 200: Type.Ref("Cluster") },
      },
      config: { scope: "admin" },
    },
    () => clusterView(store, hooks),
  );
}
