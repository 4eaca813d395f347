// Guards: what is open by a token ends when the token is revoked or expires.
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { type Api, startApi } from "../../src/http/server.js";
import { createToken, type NewToken, revokeToken } from "../../src/http/tokens.js";
import { type Clock, systemClock } from "../../src/runtime/clock.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { chat } from "../contracts/events.js";
import { useDirectory } from "../store/directory.js";
import { until } from "../until.js";
import { FakeManager } from "./fake-manager.js";
import { SseClient } from "./streams/sse-client.js";
import { WsClient } from "./streams/ws-client.js";

const HOUR_MS = 3_600_000;
const file = useDirectory();

/** A server on a file. */
async function served(clock: Clock = systemClock) {
  const path = file("dylive.sqlite");
  const store = openSqliteStore({ path });
  const room = await store.rooms.ensure([{ kind: "web_rid", value: "98765" }], { webRid: "98765" });
  const epoch = await store.rooms.claim(room);
  await store.log.append([
    { room, epoch, events: Array.from({ length: 200 }, (_, i) => chat(`${i}`, { room, text: "很长的弹幕".repeat(3000) })) },
  ]);
  const api = await startApi({
    ...{ host: "127.0.0.1", port: 0, store, clock, logger: pino({ level: "silent" }) },
    rooms: new FakeManager(store),
  });
  onTestFinished(() => store.close());
  onTestFinished(() => api.close());
  return { api, store };
}

/** Everything that stays open by a token, and what became of it. */
async function everything(api: Api, token: string) {
  const poll = (path: string) =>
    fetch(api.url + path, { headers: { authorization: `Bearer ${token}` } }).then(async (response) => [
      response.status,
      await response.text(),
    ]);
  const seed = poll("/douyin/liveroom/chat?room_id=98765&cursor=newest&wait=60&types=WebcastGiftMessage");
  const v1 = poll("/v1/rooms/98765/events?after=200&wait=60");
  const sse = await SseClient.open(`${api.url}/v1/events/stream?rooms=98765`, { token });
  const states = await SseClient.open(`${api.url}/v1/rooms/stream`, { token });
  const ws = await WsClient.open(api.url, token);
  // One that takes nothing of a file that is larger than what the sockets hold.
  const exported = request(`${api.url}/v1/rooms/98765/export?format=jsonl`, { headers: { authorization: `Bearer ${token}` } });
  exported.end();
  const [file] = (await once(exported, "response")) as [IncomingMessage];
  file.pause();
  return { polls: [seed, v1], streams: [sse, states], ws, file };
}

async function expectEnded({ polls, streams, ws, file }: Awaited<ReturnType<typeof everything>>): Promise<void> {
  for (const poll of polls) expect(await poll).toEqual([401, expect.stringContaining("it was revoked, has expired or may do less")]);
  await until(() => streams.every(({ ended }) => ended) && ws.closed !== null);
  for (const { messages } of streams) expect(messages.at(-1)?.event).toBe("revoked");
  expect(ws.closed).toEqual({ code: 1008, reason: "revoked" });
  file.on("error", () => {}).resume();
  await new Promise((resolve) => file.once("close", resolve));
  expect(file.complete).toBe(false);
}

const made = (store: Store, more: Partial<NewToken> = {}) =>
  createToken(store.tokens, { name: "a", scope: "read", now: Date.now(), ...more });

it("what is open by a token ends when the token is revoked, and what others have stays until theirs expires", {
  tags: ["full"],
}, async () => {
  let ahead = 0;
  const { api, store } = await served({ ...systemClock, now: () => Date.now() + ahead });
  const [gone, expiring] = [await made(store), await made(store, { expiresAt: Date.now() + HOUR_MS })];
  const other = await WsClient.open(api.url, expiring.token);
  const open = await everything(api, gone.token);
  await revokeToken(store, gone.row.id, Date.now());
  await expectEnded(open);
  expect(other.closed).toBeNull();
  ahead = HOUR_MS;
  await until(() => other.closed !== null);
});
