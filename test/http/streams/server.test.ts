// Guards: the whole server has the streams, and ends them with a word when it stops.
import { describe, expect, it } from "vitest";
import { systemClock } from "../../../src/runtime/clock.js";
import { chat } from "../../contracts/events.js";
import { claimed } from "../../contracts/harness.js";
import { until } from "../../until.js";
import { serveApi } from "../api-server.js";
import { SseClient } from "./sse-client.js";
import { WsClient } from "./ws-client.js";

async function started() {
  const server = await serveApi({ clock: systemClock });
  return { ...server, reader: server.tokens.read, room: await claimed(server.store) };
}

describe("the server", () => {
  it("has the streams, keeps tokens out of its lines, and tells all who listen when it stops", async () => {
    const { api, lines, reader: token, room } = await started();
    const sse = await SseClient.open(`${api.url}/v1/events/stream?rooms=98765&token=${token}`, { token: "" });
    const states = await SseClient.open(`${api.url}/v1/rooms/stream?token=${token}`, { token: "" });
    const ws = await WsClient.open(api.url, token);
    ws.send({ op: "subscribe", rooms: ["98765"] });
    await until(() => ws.typed("subscribed").length === 1 && sse.messages.length === 1);
    expect(sse.response.headers).toMatchObject({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
    await room.append(chat("a"));
    await until(() => ws.events.length === 1 && sse.events.length === 1);
    const metrics = await (await fetch(`${api.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
    for (const kind of ["sse", "ws", "rooms"]) expect(metrics).toContain(`dylive_readers{kind="${kind}"} 1`);
    await api.close();
    await until(() => sse.ended && states.ended && ws.closed);
    expect([sse.messages.at(-1)?.event, ws.told.at(-1)?.type]).toEqual(["stopping", "stopping"]);
    expect(lines.join("")).not.toContain(token);
  });
});
