// Guards: The push server opens and refuses as the platform's does, by query, cookie, host and signature.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Simulator } from "../../simulator/index.js";
import { startSimulator } from "../../simulator/index.js";
import { FakeClock } from "../clock.js";
import { knock, pushQuery, sign } from "./client.js";

const clock = new FakeClock();
let strict: Simulator;
let lenient: Simulator;
let roomId: string;

beforeAll(async () => {
  strict = await startSimulator({ clock });
  lenient = await startSimulator({ clock, acceptAnySignature: true });
  roomId = strict.roomId("100000001") ?? "";
});
afterAll(async () => {
  await strict.close();
  await lenient.close();
});

const REFUSED = { open: false, status: 200, body: "" };
const REFUSED_HEADERS = { "content-length": "0", "handshake-msg": "DEVICE_BLOCKED", "handshake-status": "415", server: "Tengine" };

describe("the push server's door", () => {
  it("opens for a signature of its signer, url-encoded", async () => {
    const knocked = await knock(strict.url, roomId);
    expect(knocked.open).toBe(true);
    if (knocked.open) knocked.client.socket.terminate();
  });

  it.each(["live.douyin.com", "webcast5-ws-web-lf.douyin.com", "webcast100-ws-web-lq.douyin.com"])("opens on %s", async (host) => {
    const knocked = await knock(strict.url, roomId, { host });
    expect(knocked.open).toBe(true);
    if (knocked.open) knocked.client.socket.terminate();
  });

  it("takes signatures months old, more than once", async () => {
    const query = pushQuery(roomId);
    const signature = await sign(strict.url, query);
    for (let i = 0; i < 2; i++) {
      const knocked = await knock(strict.url, roomId, { query, signature });
      expect(knocked.open).toBe(true);
      if (knocked.open) knocked.client.socket.terminate();
    }
  });

  const without = (name: string) => {
    const query = pushQuery(roomId);
    query.delete(name);
    return query;
  };
  const missing = [
    "app_name",
    "live_id",
    "aid",
    "version_code",
    "webcast_sdk_version",
    "room_id",
    "did_rule",
    "user_unique_id",
    "device_platform",
    "identity",
    "endpoint",
  ];
  it.each(missing)("refuses a query without %s, though it is signed", async (name) => {
    const knocked = await knock(strict.url, roomId, { query: without(name) });
    expect(knocked).toMatchObject({ ...REFUSED, headers: REFUSED_HEADERS });
    expect(strict.refusals().at(-1)?.reason).toBe(`${name} is missing`);
  });

  it.each([
    ["no ttwid", { cookie: "sessionid=abc" }, "cookie ttwid is missing", 417, "named cookie not present"],
    ["a made-up signature", { signature: "0123456789abcdef" }, "signature was not issued for these parameters", 200, "auth failed"],
    ["a signature of another length", { signature: "00000000" }, "signature has 8 characters", 200, "auth failed"],
    ["a host that is not a push host", { host: "www.douyin.com" }, "host is www.douyin.com", 200, "DEVICE_BLOCKED"],
  ])("refuses %s", async (_name, options, reason, status, says) => {
    expect(await knock(strict.url, roomId, options)).toMatchObject({ ...REFUSED, status, headers: { "handshake-msg": says } });
    expect(strict.refusals().at(-1)?.reason).toBe(reason);
  });

  it("refuses an unknown room", async () => {
    expect(await knock(strict.url, "7000000000000000000")).toMatchObject({ ...REFUSED, headers: REFUSED_HEADERS });
  });

  it("refuses a signature made for other parameters", async () => {
    const signature = await sign(strict.url, pushQuery(roomId));
    const query = pushQuery(roomId, { webcast_sdk_version: "1.0.14" });
    expect(await knock(strict.url, roomId, { query, signature })).toMatchObject(REFUSED);
  });

  it("refuses when told to, until told otherwise", async () => {
    strict.rooms.refuse("100000001");
    expect(await knock(strict.url, roomId)).toMatchObject({ ...REFUSED, headers: REFUSED_HEADERS });
    strict.rooms.refuse("100000001", true, 417);
    expect(await knock(strict.url, roomId)).toMatchObject({ status: 417, headers: { "handshake-msg": "DEVICE_BLOCKED" } });
    strict.rooms.refuse("100000001", false);
    const knocked = await knock(strict.url, roomId);
    expect(knocked.open).toBe(true);
    if (knocked.open) knocked.client.socket.terminate();
  });

  it("takes any sixteen characters when allowed, and no others", async () => {
    const other = lenient.roomId("100000001") ?? "";
    const knocked = await knock(lenient.url, other, { signature: "anything/at+all=" });
    expect(knocked.open).toBe(true);
    if (knocked.open) knocked.client.socket.terminate();
    expect(await knock(lenient.url, other, { signature: "short" })).toMatchObject(REFUSED);
  });
});

describe("the signer", () => {
  it("gives sixteen characters, different at each call, that a URL must escape", async () => {
    const query = pushQuery(roomId);
    const signatures = await Promise.all(Array.from({ length: 20 }, () => sign(strict.url, query)));
    expect(new Set(signatures).size).toBe(20);
    for (const signature of signatures) {
      expect(signature).toHaveLength(16);
      expect(encodeURIComponent(signature)).not.toBe(signature);
    }
  });

  it.each(["", "{}", "not json", '{"stub":"ABC"}', '{"stub":1}', "null"])("refuses %j", async (body) => {
    expect((await fetch(`${strict.url}/@signer/sign`, { method: "POST", body })).status).toBe(400);
  });
});
