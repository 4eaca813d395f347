// Guards: the stream of rooms tells each change of their states to those who may see them.
import { describe, expect, it } from "vitest";
import type { RoomView } from "../../../src/health/state.js";
import { DyliveError } from "../../../src/runtime/errors.js";
import { NO_SETTINGS } from "../../../src/store/rooms.js";
import { FakeClock } from "../../clock.js";
import { roomStatus } from "../../health/status.js";
import { until } from "../../until.js";
import { serveLive } from "./live-server.js";
import { SseClient } from "./sse-client.js";

function view(room: number, state: "live" | "ended" | null, name = `90000${room}`): RoomView {
  return {
    row: { room, webRid: name, title: null, anchor: null, watch: "on", settings: NO_SETTINGS, resume: null, createdAt: 1 },
    aliases: [{ kind: "web_rid", value: name }],
    status: state === null ? null : roomStatus({ room, state }),
  };
}

describe("the stream of the rooms' states", () => {
  it("begins with every room, then tells what changed and nothing else", async () => {
    const server = await serveLive({ limits: { roomStatesMs: 20 } });
    server.views = [view(1, "live"), view(2, null)];
    const client = await SseClient.open(`${server.url}/v1/rooms/stream`, server);
    await until(() => client.named("room").length === 2);
    expect(client.messages[0]?.data).toMatchObject({ id: "1", webRid: "900001", watch: "on", status: { state: "live" } });
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(client.named("room").length).toBe(2);
    server.views = [view(1, "ended"), view(2, null)];
    await until(() => client.named("room").length === 3);
    expect(client.named("room")[2]?.data).toMatchObject({ id: "1", status: { state: "ended" } });
  });

  it("tells which rooms are gone, once, to those who were shown them", async () => {
    const server = await serveLive({ limits: { roomStatesMs: 20 } });
    server.views = [view(1, "live"), view(2, "live")];
    const { token } = await server.makeToken({ rooms: ["900002"] });
    const [all, limited] = await Promise.all([server, { token }].map((by) => SseClient.open(`${server.url}/v1/rooms/stream`, by)));
    await until(() => all?.named("room").length === 2 && limited?.named("room").length === 1);
    server.views = [view(2, "ended")];
    await until(() => all?.named("gone").length === 1 && limited?.named("room").length === 2);
    expect(all?.named("gone")).toMatchObject([{ data: { id: "1" } }]);
    server.views = [];
    await until(() => all?.named("gone").length === 2 && limited?.named("gone").length === 1);
    expect(limited?.named("gone")).toMatchObject([{ data: { id: "2" } }]);
  });

  it("tells which broadcasts were deleted, by whichever process, to those who are shown the room", async () => {
    const server = await serveLive({ limits: { roomStatesMs: 20 } });
    const rooms = [(await server.room("900001")).room, (await server.room("900002")).room] as const;
    for (const room of rooms) await server.store.sessions.open(room, "7000000000000000001", 1);
    await server.store.deletions.ofSession(rooms[0], "7000000000000000001");
    server.views = [view(rooms[0], "live", "900001"), view(rooms[1], "live", "900002")];
    const { token } = await server.makeToken({ rooms: ["900002"] });
    const [all, limited] = await Promise.all([server, { token }].map((by) => SseClient.open(`${server.url}/v1/rooms/stream`, by)));
    await until(() => all?.named("room").length === 2 && limited?.named("room").length === 1);
    await server.store.sessions.open(rooms[0], "7000000000000000002", 2);
    await server.store.deletions.ofSession(rooms[0], "7000000000000000002");
    await server.store.deletions.ofSession(rooms[1], "7000000000000000001");
    await until(() => all?.named("session_gone").length === 2 && limited?.named("session_gone").length === 1);
    // Those of before the client came are not told.
    const told = [
      { id: String(rooms[0]), session: "7000000000000000002" },
      { id: String(rooms[1]), session: "7000000000000000001" },
    ];
    expect([all, limited].map((one) => one?.named("session_gone").map(({ data }) => data))).toEqual([told, told.slice(1)]);
  });

  it("beats once the rooms were looked at, then at each heartbeat, with the server's time", async () => {
    const clock = new FakeClock();
    const server = await serveLive({ clock });
    const client = await SseClient.open(`${server.url}/v1/rooms/stream`, server);
    await until(() => client.named("beat").length === 1);
    const first = clock.now();
    await clock.advance(15_000);
    await until(() => client.named("beat").length === 2);
    expect(client.named("beat").map(({ data }) => data)).toEqual([{ time: first }, { time: first + 15_000 }]);
  });

  it("ends when the rooms cannot be looked at for half a minute, for who comes back at once, until they can", async () => {
    const clock = new FakeClock();
    const server = await serveLive({ clock });
    let isAway = false;
    Object.defineProperty(server, "views", {
      get: () => {
        if (isAway) throw new DyliveError("store_unreachable", "no answer");
        return [view(1, "live")];
      },
    });
    const open = () => SseClient.open(`${server.url}/v1/rooms/stream`, server);
    const first = await open();
    await until(() => first.named("beat").length === 1);
    isAway = true;
    const since = clock.now();
    await until(async () => {
      await clock.advance(1_000);
      return first.ended;
    });
    expect(clock.now() - since).toBeGreaterThanOrEqual(30_000);
    expect(first.messages.at(-1)).toMatchObject({ event: "failed", data: { code: "store_unreachable" } });
    isAway = false;
    const third = await open();
    await until(async () => {
      await clock.advance(1_000);
      return third.named("room").length === 1;
    });
    expect(third.ended).toBe(false);
  });
});
