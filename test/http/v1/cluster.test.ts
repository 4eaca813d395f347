// Guards: /v1/cluster shows the processes, their rooms and how far readers are.
import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import { expect, it } from "vitest";
import { unclaimedStatus } from "../../../src/cluster/rooms-view.js";
import { writeReport } from "../../../src/collector/report.js";
import type { Cluster, MemberRow, WantedRoom } from "../../../src/store/cluster.js";
import { serveApi } from "../api-server.js";
import { chat } from "../events.js";

const member = (id: number, more: Partial<MemberRow> = {}): MemberRow => ({
  ...{ id, name: `host:${id}`, role: "collect", capacity: 300, rooms: 1, jobs: [], joinedAt: 5, expiresAt: 9, connected: true },
  ...more,
});
const wanted = (value: string, more: Partial<WantedRoom> = {}): WantedRoom => ({
  ...{ key: `web_rid:${value}`, name: { kind: "web_rid", value }, room: null, watched: false },
  ...{ ownerId: null, report: null, reportedAt: null },
  ...more,
});
const reportOf = (state: "live" | "waiting") =>
  writeReport({ status: { ...unclaimedStatus(1, 5), state }, state, problem: null, reason: "" });

function clusterOf(members: readonly MemberRow[], wantedRooms: readonly WantedRoom[]): Cluster {
  return {
    leases: { members: async () => members },
    wantedRooms: { all: async () => wantedRooms },
  } as unknown as Cluster;
}

it("shows who does what, rooms once whatever they are called, and how far readers are", async () => {
  const members = [member(1, { jobs: ["hooks"] }), member(2, { connected: false, role: "all" })];
  const wantedRooms = [
    wanted("1", { room: 1, ownerId: 1, report: reportOf("live"), watched: true }),
    wanted("9", { room: 1, ownerId: 1, report: reportOf("live") }),
    wanted("2", { room: 2, ownerId: 1, report: "what a newer version told" }),
    wanted("3", { room: 3, report: reportOf("waiting") }),
    wanted("4"),
  ];
  const { call, tell } = await serveApi({ replace: (store) => ({ ...store, cluster: clusterOf(members, wantedRooms) }) });
  await tell("98765", chat("1"), chat("2"));
  const { status, body } = await call("/v1/cluster");
  expect(status).toBe(200);
  const { components } = (await call("/openapi.json")).body as { components: { schemas: { Cluster: TSchema } } };
  expect(Value.Check(components.schemas.Cluster, body)).toBe(true);
  expect(Value.Check(components.schemas.Cluster, { ...(body as object), rooms: "4" })).toBe(false);
  expect(body).toMatchObject({
    members: [
      { id: 1, name: "host:1", jobs: ["hooks"], states: { live: 1, resolving: 1, waiting: 0 } },
      { id: 2, connected: false, states: { live: 0 } },
    ],
    rooms: { wanted: 4, watched: 1, unowned: { waiting: 1, resolving: 1, live: 0 } },
    behind: { statistics: 2, search: 2, hooks: 0 },
  });
});
