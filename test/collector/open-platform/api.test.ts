// Guards: an app starts its room by launch token, and only with the scope for it.
import { describe, expect, it, onTestFinished } from "vitest";
import { createToken } from "../../../src/http/tokens.js";
import type { Scope } from "../../../src/store/sql/tokens.js";
import { FakeClock } from "../../clock.js";
import { until } from "../../until.js";
import { APP, type Ingest, ROOM_ID, startIngest } from "./ingest.js";

const clock = new FakeClock();

async function started(scope: Scope, rooms: readonly string[] = []) {
  const made = await startIngest({ clock });
  onTestFinished(() => made.close());
  const { token } = await createToken(made.store.tokens, { name: "test", scope, rooms, now: clock.now() });
  const call = async (path: string, json?: object) => {
    const headers = { authorization: `Bearer ${token}`, ...(json !== undefined && { "content-type": "application/json" }) };
    const answer = await fetch(made.api.url + path, {
      headers,
      method: json === undefined ? "GET" : "POST",
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  return { made, call };
}
const running = ({ platform }: Ingest) =>
  until(async () => {
    await clock.advance(1000);
    return platform.running(APP, ROOM_ID).length === 4;
  });

describe("a game's own server", () => {
  it("starts by launch token, reads the room like any other, and confirms what it showed", async () => {
    const { made, call } = await started("manage");
    const launched = await call("/v1/official/launches", { launchToken: `launch-${APP}-${ROOM_ID}` });
    expect(launched).toMatchObject({ status: 201, body: { roomId: ROOM_ID, nickname: "主播" } });
    await running(made);
    await made.platform.push(APP, ROOM_ID, "live_comment", '[{"msg_id":"1","content":"666"}]');
    const read = await call(`/v1/rooms/official:${APP}:${ROOM_ID}/events?after=0`);
    expect(read).toMatchObject({ status: 200, body: { events: [{ id: "1", text: "666", source: "official" }] } });
    const acks = { roomId: ROOM_ID, messages: [{ id: "1", method: "live_comment", at: clock.now() }] };
    expect(await call("/v1/official/acks", acks)).toMatchObject({ status: 200, body: { confirmed: 1 } });
    expect(made.platform.acks(APP, ROOM_ID).filter(({ ackType }) => ackType === 2)).toMatchObject([{ msgId: "1" }]);
    const fares = await call("/v1/official");
    expect(fares.body).toMatchObject({
      apps: [
        {
          appId: APP,
          pushes: { stored: 1, lost: 0 },
          rooms: [{ roomId: ROOM_ID, tasks: { live_gift: { state: "running", problem: null } } }],
        },
      ],
    });
  });

  it("is told why a launch token is not taken", async () => {
    const { call } = await started("manage");
    const refused = await call("/v1/official/launches", { launchToken: "old" });
    expect(refused).toMatchObject({ status: 503, body: { error: { code: "official_refused" } } });
    expect(JSON.stringify(refused.body)).toContain("40001");
  });

  it("may not without the scope, nor with a token for other rooms", async () => {
    const { call } = await started("read");
    const acks = { roomId: ROOM_ID, messages: [{ id: "1", method: "live_comment", at: 1 }] };
    for (const [path, json] of [
      ["/v1/official/launches", { launchToken: "x" }],
      ["/v1/official/acks", acks],
    ] as const)
      expect((await call(path, json)).status).toBe(403);
    const limited = await started("manage", ["12345"]);
    await limited.made.store.rooms.ensure([{ kind: "official", value: `${APP}:${ROOM_ID}` }]);
    expect((await limited.call("/v1/official/launches", { launchToken: `launch-${APP}-${ROOM_ID}` })).status).toBe(403);
    expect((await limited.call("/v1/official/acks", acks)).status).toBe(404);
    expect((await limited.call("/v1/official")).status).toBe(403);
  });
});
