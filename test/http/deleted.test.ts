// Guards: streams and polls end when their room or broadcast is deleted, or the token may no longer see it.
import { expect, it } from "vitest";
import { until } from "../until.js";
import { serveApi } from "./api-server.js";
import { chat } from "./events.js";
import { SseClient } from "./streams/sse-client.js";
import { WsClient } from "./streams/ws-client.js";

const HEARTBEAT_MS = 15_000;

it("tells at a heartbeat what is open on a broadcast that was deleted, and what is open on its room nothing", async () => {
  const { api, call, tell, store, tokens, clock } = await serveApi();
  const room = await tell("98765", chat("1"));
  const other = await tell("98766", chat("1"));
  const id = chat("1").sessionId ?? "";
  await store.sessions.open(room, id, 1);
  await store.rooms.ensure([
    { kind: "web_rid", value: "98765" },
    { kind: "room_id", value: id },
  ]);
  const stream = (rooms: string) => SseClient.open(`${api.url}/v1/events/stream?rooms=${rooms}`, { token: tokens.read });
  const [alone, whole] = [await stream(id), await stream("98765")];
  const socket = await WsClient.open(api.url, tokens.read);
  socket.send({ op: "subscribe", rooms: [id, "98766"] });
  const long = call(`/v1/rooms/${id}/events?after=1&wait=60`);
  await until(() => alone.messages.length + whole.messages.length === 2 && socket.typed("subscribed").length === 1);
  await until(() => clock.sleeping >= 1);
  await clock.advance(HEARTBEAT_MS);
  expect([alone.named("gone"), socket.typed("gone")]).toEqual([[], []]);

  await store.deletions.ofSession(room, id);
  await clock.advance(HEARTBEAT_MS);
  await until(() => alone.ended && socket.typed("gone").length === 1);
  const about = { room, asked: id, reason: "the broadcast was deleted" };
  expect([alone.messages.at(-1), socket.typed("gone")]).toMatchObject([{ event: "gone", data: about }, [{ type: "gone", ...about }]]);
  expect((await long).status).toBe(404);
  await tell(other, chat("2"));
  await until(() => socket.events.length === 1);
  expect([whole.ended, whole.named("gone")]).toEqual([false, []]);
});

it("tells at a heartbeat what is open on a room that was deleted, by whichever process", async () => {
  const { api, call, tell, store, tokens, clock } = await serveApi();
  const [gone, kept] = [await tell("98765", chat("1")), await tell("98766", chat("1"))];
  const stream = (rooms: string) => SseClient.open(`${api.url}/v1/events/stream?rooms=${rooms}`, { token: tokens.read });
  const [alone, both] = [await stream("98765"), await stream("web_rid:98765,98766")];
  const socket = await WsClient.open(api.url, tokens.read);
  socket.send({ op: "subscribe", rooms: ["98765", "98766"] });
  const long = call("/v1/rooms/98765/events?after=1&wait=60");
  const other = call("/v1/rooms/98766/events?after=1&wait=60");
  await until(() => alone.messages.length + both.messages.length === 2 && socket.typed("subscribed").length === 1);
  await until(() => clock.sleeping >= 2);
  await clock.advance(HEARTBEAT_MS);
  expect([alone.named("gone"), both.named("gone"), socket.typed("gone")]).toEqual([[], [], []]);

  await store.deletions.ofRoom(gone);
  await clock.advance(HEARTBEAT_MS);
  await until(() => alone.ended && both.named("gone").length === 1 && socket.typed("gone").length === 1);
  const about = { room: gone, asked: "98765", reason: "the room was deleted" };
  expect(alone.messages.at(-1)).toMatchObject({ event: "gone", data: about });
  expect(both.named("gone")[0]?.data).toEqual({ ...about, asked: "web_rid:98765" });
  expect(socket.typed("gone")).toEqual([{ type: "gone", ...about }]);
  const anew = await call("/v1/rooms/98765/events?after=1&wait=60");
  expect([anew.status, (await long).status, (await long).at("error", "message")]).toEqual([404, 404, anew.at("error", "message")]);
  await tell(kept, chat("2"));
  expect((await other).at("events", 0, "text")).toBe("2");
  await until(() => both.named("chat").length === 1 && socket.events.length === 1);
  // Once; and the connection takes other rooms in its place.
  await clock.advance(2 * HEARTBEAT_MS);
  const next = await tell("98765", chat("anew"));
  socket.send({ op: "subscribe", rooms: ["98765"], after: 0 });
  await until(() => socket.events.length === 2);
  expect([next === gone, both.named("gone").length, socket.typed("gone").length, socket.closed]).toEqual([false, 1, 1, null]);
});

it("tells at a heartbeat what a limited token has open that its name has moved to another room, and what others have nothing", async () => {
  const { api, tell, store, token, tokens, clock } = await serveApi();
  const room = await tell("98765", chat("1"));
  const kept = await tell("22222", chat("1"));
  const limited = await token({ rooms: ["98765", "22222"] });
  const stream = (by: string) => SseClient.open(`${api.url}/v1/events/stream?rooms=98765`, { token: by });
  const [own, all] = [await stream(limited), await stream(tokens.read)];
  const socket = await WsClient.open(api.url, limited);
  socket.send({ op: "subscribe", rooms: ["98765", "22222"] });
  await until(() => own.messages.length + all.messages.length === 2 && socket.typed("subscribed").length === 1);
  await clock.advance(HEARTBEAT_MS);
  expect([own.named("gone"), socket.typed("gone")]).toEqual([[], []]);

  await store.rooms.ensure([{ kind: "web_rid", value: "33333" }]);
  await store.rooms.ensure([
    { kind: "web_rid", value: "33333" },
    { kind: "web_rid", value: "98765" },
  ]);
  await clock.advance(HEARTBEAT_MS);
  await until(() => own.ended && socket.typed("gone").length === 1);
  const about = { room, asked: "98765", reason: "the token may no longer see the room" };
  expect([own.messages.at(-1), socket.typed("gone")]).toMatchObject([{ event: "gone", data: about }, [{ type: "gone", ...about }]]);
  expect([all.ended, all.named("gone")]).toEqual([false, []]);
  await tell(kept, chat("2"));
  await until(() => socket.events.length === 1);
});
