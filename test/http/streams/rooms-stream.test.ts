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

  it("tells many rooms some at a time, each written once for all who are told", async () => {
    const server = await serveLive({ limits: { roomStatesMs: 20 } });
    const clients = await Promise.all(Array.from({ length: 5 }, () => SseClient.open(`${server.url}/v1/rooms/stream`, server)));
    let written = 0;
    const views = Array.from({ length: 250 }, (_, i) => view(i + 1, null));
    for (const one of views)
      Object.defineProperty(one, "status", {
        get: () => {
          written++;
          return null;
        },
      });
    let looks = 0;
    Object.defineProperty(server, "views", {
      get: () => {
        looks++;
        return views;
      },
    });
    await until(() => clients.every((client) => client.named("room").length === 250));
    for (const client of clients) client.close();
    for (const client of clients)
      expect(client.named("room").map(({ data }) => (data as { readonly id: string }).id)).toEqual(
        views.map(({ row }) => String(row.room)),
      );
    // Three pages a look; one that is under way has not written all of them.
    expect(written).toBeLessThanOrEqual(Math.ceil(looks / 3) * 250);
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

  it("shows a limited token its own rooms", async () => {
    const server = await serveLive({ limits: { roomStatesMs: 20 } });
    server.views = [view(1, "live"), view(2, "live")];
    const { token } = await server.makeToken({ rooms: ["900002"] });
    const client = await SseClient.open(`${server.url}/v1/rooms/stream`, { token });
    await until(() => client.named("room").length === 1);
    expect(client.named("room")[0]?.data).toMatchObject({ id: "2" });
  });

  it("tells a limited token that a room is gone whose name moved to another", async () => {
    const server = await serveLive({ limits: { roomStatesMs: 20 } });
    server.views = [view(1, "live", "900002"), view(2, "live", "900003")];
    const { token } = await server.makeToken({ rooms: ["900002"] });
    const client = await SseClient.open(`${server.url}/v1/rooms/stream`, { token });
    await until(() => client.named("room").length === 1);
    server.views = [view(1, "live", "900001"), view(2, "live", "900002")];
    await until(() => client.named("room").length === 2 && client.named("gone").length === 1);
    expect(client.named("room").map(({ data }) => (data as { readonly id: string }).id)).toEqual(["1", "2"]);
    expect(client.named("gone")).toMatchObject([{ data: { id: "1" } }]);
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

  it("beats for who comes in the midst of a look once all rooms were looked at for them", async () => {
    const clock = new FakeClock();
    const server = await serveLive({ clock });
    const views = Array.from({ length: 150 }, (_, i) => view(i + 1, null));
    let goOn = () => {};
    const held = new Promise<readonly RoomView[]>((resolve) => (goOn = () => resolve(views)));
    let pages = 0;
    Object.defineProperty(server, "views", { get: () => (++pages === 2 ? held : views) });
    const open = () => SseClient.open(`${server.url}/v1/rooms/stream`, server);
    const first = await open();
    await until(() => pages === 2);
    const second = await open();
    await until(() => server.live.counts().rooms === 2);
    goOn();
    await until(() => first.named("beat").length === 1 && second.named("room").length === 50);
    await until(async () => {
      await clock.advance(1_000);
      return second.named("beat").length > 0;
    });
    const rooms = second.messages.slice(
      0,
      second.messages.findIndex(({ event }) => event === "beat"),
    );
    expect(new Set(rooms.map(({ data }) => (data as { readonly id: string }).id)).size).toBe(150);
  });

  it("beats for who takes slowly what they are told once they were told of all rooms", async () => {
    const clock = new FakeClock();
    const server = await serveLive({ clock, limits: { maxQueuedBytes: 100_000_000 } });
    const { row, ...rest } = view(1, null);
    // More than the system takes off our hands at once.
    server.views = Array.from({ length: 101 }, (_, i) => ({
      ...rest,
      row: { ...row, room: i + 1, title: "题".repeat(i < 100 ? 40_000 : 1) },
    }));
    const client = await SseClient.open(`${server.url}/v1/rooms/stream`, server);
    await until(async () => {
      await clock.advance(1_000);
      return client.named("beat").length > 0;
    });
    expect(client.messages.findIndex(({ event }) => event === "beat")).toBe(101);
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
    const second = await open();
    await until(async () => {
      await clock.advance(1_000);
      return second.ended;
    });
    expect(second.messages.map(({ event }) => event)).toEqual(["failed"]);
    isAway = false;
    const third = await open();
    await until(async () => {
      await clock.advance(1_000);
      return third.named("room").length === 1;
    });
    expect(third.ended).toBe(false);
  });

  it("looks at the rooms while somebody wants to know, and not otherwise", async () => {
    const server = await serveLive({ limits: { roomStatesMs: 10 } });
    let looks = 0;
    Object.defineProperty(server, "views", {
      get: () => {
        looks++;
        return [];
      },
    });
    const client = await SseClient.open(`${server.url}/v1/rooms/stream`, server);
    await until(() => looks > 2);
    client.close();
    await until(() => server.live.counts().rooms === 0);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const before = looks;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(looks).toBe(before);
  });
});
