// Guards: the system's events are read like a room's, by tokens that see all rooms alone.
import { describe, expect, it } from "vitest";
import type { NewEventOf } from "../../src/events/event.js";
import { SYSTEM_ROOM } from "../../src/store/log.js";
import { until } from "../until.js";
import { type ApiServer, serveApi } from "./api-server.js";
import { WsClient } from "./streams/ws-client.js";

const told = (kind: string): NewEventOf<"system"> => ({
  id: `system:${kind}`,
  room: SYSTEM_ROOM,
  webRid: null,
  sessionId: null,
  method: "dylive",
  type: "system",
  time: 1_700_000_000_000,
  receivedAt: 1_700_000_000_000,
  source: "system",
  revision: 0,
  kind,
  text: `what there is to say of ${kind}`,
});

/** An API whose system's room has these events, and a function that adds more. */
async function telling(...kinds: string[]): Promise<ApiServer & { say(...more: string[]): Promise<void> }> {
  const server = await serveApi();
  const epoch = await server.store.rooms.claim(SYSTEM_ROOM);
  const say = async (...more: string[]) => {
    await server.store.log.append([{ room: SYSTEM_ROOM, epoch, events: more.map(told) }]);
  };
  await say(...kinds);
  return { ...server, say };
}

describe("the system's room", () => {
  it("is read like any other, by id, with cursors and filters", async () => {
    const { call, say, tokens } = await telling("disk_low", "login_lapsed");
    const all = await call("/v1/rooms/0/events?after=0", { token: tokens.read });
    expect(all.body).toMatchObject({
      events: [
        { seq: 1, room: 0, type: "system", kind: "disk_low" },
        { seq: 2, kind: "login_lapsed", text: "what there is to say of login_lapsed" },
      ],
      more: false,
    });
    await say("hook_paused");
    const next = await call(`/v1/rooms/room:0/events?after=${all.at("next")}`);
    expect(next.body).toMatchObject({ events: [{ seq: 3, kind: "hook_paused" }] });
    const query = new URLSearchParams({ after: "0", filter: 'kind == "disk_low"' });
    expect((await call(`/v1/rooms/0/events?${query}`)).body).toMatchObject({ events: [{ seq: 1 }] });
  });

  it("is not there for a token that is limited to rooms, whatever it names", async () => {
    const { api, call, tell, token } = await telling("disk_low");
    await tell("98765");
    const limited = await token({ scope: "manage", rooms: ["98765", "room:0", "0"] });
    expect((await call("/v1/rooms/0/events", { token: limited })).status).toBe(404);
    for (const rooms of ["0", "room:0", "0,98765"])
      expect((await call(`/v1/events/stream?rooms=${rooms}`, { token: limited })).status).toBe(404);
    const ws = await WsClient.open(api.url, limited);
    ws.send({ op: "subscribe", rooms: [0] });
    await until(() => ws.typed("error").length === 1);
    expect(ws.typed("error")).toMatchObject([{ code: "not_found" }]);
    ws.close();
  });

  it("has events and nothing else: it is not listed, shown, collected or changed", async () => {
    const { call, manager, store } = await telling("disk_low");
    expect((await call("/v1/rooms")).body).toMatchObject({ rooms: [] });
    for (const [method, path] of [
      ["GET", "/v1/rooms/0"],
      ["GET", "/v1/rooms/0/sessions"],
      ["POST", "/v1/rooms/0/pause"],
      ["POST", "/v1/rooms/room:0/resume"],
      ["DELETE", "/v1/rooms/0"],
    ] as const) {
      const refused = await call(path, { method });
      expect([path, refused.status, refused.at("error", "message")]).toEqual([
        path,
        404,
        expect.stringContaining("room 0 is the system's"),
      ]);
    }
    expect(manager.asked).toEqual([]);
    expect(await store.rooms.get(SYSTEM_ROOM)).toMatchObject({ watch: "off" });
  });
});
