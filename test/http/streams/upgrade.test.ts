// Guards: a WebSocket opens with a valid token, within the bounds of connections.
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { until } from "../../until.js";
import { type LiveServer, serveLive } from "./live-server.js";
import { WsClient } from "./ws-client.js";

async function refusal(server: LiveServer, path: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
  socket.on("error", () => {});
  const [, response] = await once(socket, "unexpected-response");
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, ...(JSON.parse(text) as { error: { code: string } }).error };
}

describe("opening a WebSocket", () => {
  it("takes a token in the header or in the address, and refuses others in words", async () => {
    const server = await serveLive();
    const open = new WebSocket(`ws://127.0.0.1:${server.port}/v1/ws?token=${server.token}`);
    await once(open, "open");
    open.terminate();
    expect(await refusal(server, "/v1/ws")).toMatchObject({ status: 401, code: "no_token" });
    expect(await refusal(server, "/v1/ws?token=dyl_x")).toMatchObject({ status: 401, code: "bad_token" });
    expect(await refusal(server, `/v1/other?token=${server.token}`)).toMatchObject({ status: 404, code: "no_address" });
    const limited = await server.makeToken({ perMinute: 1 });
    await WsClient.open(server.url, limited.token);
    expect(await refusal(server, "/v1/ws", { authorization: `Bearer ${limited.token}` })).toMatchObject({
      status: 429,
      code: "rate_limited",
    });
  });
});

describe("stopping", () => {
  it("cuts what does not answer pings", async () => {
    const server = await serveLive({ limits: { heartbeatMs: 30 } });
    const client = await WsClient.open(server.url, server.token);
    client.socket.pause();
    await until(() => server.live.counts().ws === 0);
  });
});

describe("bounds", () => {
  it("of streams: in all, and of rooms", async () => {
    const server = await serveLive({ limits: { connections: 2, heldPerToken: 3 } });
    for (const name of ["11", "22", "33"]) await server.room(name);
    const open = (rooms: string) => fetch(`${server.url}/v1/events/stream?rooms=${rooms}&token=${server.token}`);
    const refused = await open("web_rid:11,web_rid:22,web_rid:33");
    expect([refused.status, await refused.text()]).toEqual([429, expect.stringContaining("too_many_subscriptions")]);
    const other = await server.makeToken();
    const open2 = () => fetch(`${server.url}/v1/events/stream?token=${other.token}`);
    const [one, two] = [await open("web_rid:11"), await open2()];
    expect([one.status, two.status, (await open2()).status]).toEqual([200, 200, 429]);
    expect(await refusal(server, `/v1/ws?token=${server.token}`)).toMatchObject({ status: 429 });
    await Promise.all([one.body?.cancel(), two.body?.cancel()]);
    await until(() => server.live.quota.size === 0);
  });
});
