// Guards: Clients of other programs get each event of their rooms once and in order, and only those that are let in.
import { describe, expect, it, vi } from "vitest";
import { startCompat } from "../../src/compat/compat.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { FakeClock } from "../clock.js";
import { roomStatus } from "../health/status.js";
import { chat } from "../http/events.js";
import { until } from "../until.js";
import { connect, serveCompat } from "./compat-server.js";
import { refusal } from "./refusal.js";
import { sample } from "./samples.js";

const contents = (texts: readonly string[]) =>
  texts.map((text) => {
    const { Data } = JSON.parse(text) as { Data: string };
    return (JSON.parse(Data) as { Content: string }).Content;
  });
const comments = (texts: readonly string[]) => texts.map((text) => (JSON.parse(text) as { data: { comment: string } }).data.comment);

describe("a client for all rooms", () => {
  it("gets what happens in every collected room from its coming on, and nothing of before", async () => {
    const server = await serveCompat();
    const [one, two] = [await server.collect("11"), await server.collect("22")];
    await server.tell(one, chat("before"));
    const clients = await Promise.all(["grab", "grab"].map(() => connect(server.url("grab"))));
    await server.tell(one, chat("a"), chat("b"));
    await server.tell(two, chat("c"));
    const late = await server.collect("33");
    await server.tell(late, chat("d"));
    for (const { texts } of clients) {
      await until(() => texts.length === 4);
      expect(contents(texts).sort()).toEqual(["a", "b", "c", "d"]);
    }
    expect(server.errors).toEqual([]);
  });

  it("is not heeded: neither commands nor anything else ends or changes anything", async () => {
    const server = await serveCompat();
    const room = await server.collect("11");
    const client = await connect(server.url("grab"));
    for (const command of ["token", '{"Cmd":1}', '{"Cmd":2,"Data":true}', '{"Cmd":3,"Data":false}', "ping", "\u0000", "[".repeat(4_000)])
      client.socket.send(command);
    client.socket.send(Buffer.from([1, 2, 3]));
    await server.tell(room, chat("a"));
    await until(() => client.texts.length > 0);
    expect(contents(client.texts)).toEqual(["a"]);
    client.socket.send("x".repeat(5_000));
    await until(() => client.closed);
    expect(client.closed?.code).toBe(1009);
    expect((await connect(server.url("grab"))).closed).toBeNull();
  });

  it("may ask for one room", async () => {
    const server = await serveCompat();
    const other = await server.collect("22");
    const client = await connect(`${server.url("grab")}/?room=11&ids=string`);
    await until(() => server.rooms.asked.includes("11"));
    const room = await server.collect("11");
    await server.tell(other, chat("no"));
    await server.tell(room, chat("yes", { id: "7423411736452893481" }));
    await until(() => client.texts.length > 0);
    expect(contents(client.texts)).toEqual(["yes"]);
    expect(JSON.parse(JSON.parse(client.texts[0] ?? "").Data).MsgId).toBe("7423411736452893481");
  });

  it("that comes while a room is in full flow misses nothing between its coming and its first message", async () => {
    const server = await serveCompat();
    const room = await server.collect("11");
    let [count, flowing] = [0, true];
    const flow = (async () => {
      for (; flowing; count++) {
        await server.tell(room, chat(String(count)));
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const clients = await Promise.all(Array.from({ length: 5 }, () => connect(server.url("grab"))));
    const before = count;
    await until(() => clients.every(({ texts }) => texts.length > 100));
    flowing = false;
    await flow;
    for (const { texts } of clients) {
      await until(() => contents(texts).at(-1) === String(count - 1));
      const [first = 0, ...rest] = contents(texts).map(Number);
      expect(first).toBeLessThanOrEqual(before + 5);
      expect([first, ...rest]).toEqual(Array.from({ length: count - first }, (_, i) => first + i));
    }
  });
});

describe("a client of jwwsjlm/douyinLive", () => {
  const codes = (texts: readonly string[]) =>
    texts.map((text) => (JSON.parse(text) as { code?: string; method?: string }).code ?? "message");

  it("is told how its room is doing, and gets its messages; the room is asked for", async () => {
    const server = await serveCompat();
    const client = await connect(`${server.url("live")}/ws/98765`);
    await until(() => client.texts.length === 1);
    expect(JSON.parse(client.texts[0] ?? "")).toMatchObject({ code: "ROOM_OFFLINE", room_id: "98765", retry_interval_seconds: 30 });
    const room = await server.collect("98765");
    await server.tell(room, sample("room live"), chat("a"));
    await server.tell(room, sample("room ended"), sample("room waiting"));
    await until(() => client.texts.length === 5);
    expect(codes(client.texts)).toEqual(["ROOM_OFFLINE", "ROOM_ONLINE", "message", "ROOM_ENDED", "ROOM_OFFLINE"]);
    client.socket.send("ping");
    await until(() => client.texts.at(-1) === "pong");
  });

  it("is not told the same state twice: not as greeting and as event", async () => {
    const server = await serveCompat();
    const room = await server.collect("98765");
    const client = await connect(`${server.url("live")}/ws/98765`);
    await until(() => client.texts.length === 1);
    await server.tell(room, sample("room live"), chat("a"));
    await until(() => client.texts.length === 2);
    expect(codes(client.texts)).toEqual(["ROOM_ONLINE", "message"]);
  });

  it("of a room that is not there is told so and closed; of one that cannot be seen it waits", async () => {
    const server = await serveCompat();
    const missing = await connect(`${server.url("live")}/ws/nobody`);
    await until(() => missing.closed);
    expect(codes(missing.texts)).toEqual(["ROOM_NOT_FOUND"]);
    expect(missing.closed).toEqual({ code: 1008, reason: "room_not_found" });
    const hidden = await connect(`${server.url("live")}/ws/captcha`);
    await until(() => hidden.texts.length === 1);
    expect(codes(hidden.texts)).toEqual(["ROOM_STATUS_UNKNOWN"]);
    expect(hidden.closed).toBeNull();
  });

  it("keeps its room collected as long as it is there", async () => {
    const server = await serveCompat({ limits: { renewMs: 10 } });
    const client = await connect(`${server.url("live")}/ws/98765`);
    await until(() => server.rooms.asked.length > 3);
    client.socket.terminate();
    await until(() => server.compat.counts().clients === 0);
    const asked = server.rooms.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(server.rooms.asked.length).toBe(asked);
  });

  it("gets one broadcast when it names one", async () => {
    const server = await serveCompat();
    const client = await connect(`${server.url("live")}/ws/7423409871234567890`);
    await until(() => client.texts.length === 1);
    const room = await server.store.rooms.find({ kind: "room_id", value: "7423409871234567890" });
    await server.tell(room ?? 0, chat("other", { sessionId: "7000000000000000001" }), chat("own", { sessionId: "7423409871234567890" }));
    await until(() => client.texts.length === 2);
    expect(JSON.parse(client.texts[1] ?? "").content).toBe("own");
  });
});

describe("who is let in", () => {
  it("pages from the web are not; pages of this machine and programs are", async () => {
    const server = await serveCompat({ origins: ["https://overlay.example"] });
    const url = server.url("grab");
    for (const origin of ["https://evil.example", "http://localhost.evil.example", "http://evil.example:8888", "http://127.0.0.1.evil", ""])
      expect([origin, await refusal(url, { headers: { origin } })]).toEqual([origin, { status: 403, code: "forbidden" }]);
    for (const origin of [
      "http://localhost:5173",
      "http://127.0.0.1",
      "http://[::1]:3000",
      "file://",
      "http://absolute",
      "https://overlay.example",
    ])
      expect([origin, (await connect(url, { headers: { origin } })).closed]).toEqual([origin, null]);
    expect((await connect(url)).closed).toBeNull();
  });

  it("a page that hides where it is from may see what is collected, and not have us collect a room", async () => {
    const server = await serveCompat();
    const headers = { origin: "null" };
    expect((await connect(server.url("grab"), { headers })).closed).toBeNull();
    expect((await connect(server.url("tiktok"), { headers })).closed).toBeNull();
    const refused = { status: 403, code: "forbidden" };
    expect(await refusal(`${server.url("grab")}/?room=11`, { headers })).toEqual(refused);
    expect(await refusal(`${server.url("live")}/ws/11`, { headers })).toEqual(refused);
    expect(server.rooms.asked).toEqual([]);
    const told = await serveCompat({ origins: ["null"] });
    expect((await connect(`${told.url("live")}/ws/11`, { headers })).closed).toBeNull();
  });

  it("needs a token where the operator says so; a token that is sent is checked in any case", async () => {
    const server = await serveCompat({ tokenNeeded: true });
    const { token } = await server.token();
    const url = server.url("grab");
    expect(await refusal(url)).toEqual({ status: 401, code: "no_token" });
    expect(await refusal(`${url}/?token=dyl_wrong`)).toEqual({ status: 401, code: "bad_token" });
    expect((await connect(`${url}/?token=${token}`, { headers: { origin: "https://evil.example" } })).closed).toBeNull();
    expect((await connect(url, { headers: { authorization: `Bearer ${token}` } })).closed).toBeNull();
    // Who looks through the tokens must not take it for one that nobody needs.
    expect((await server.store.tokens.list()).at(-1)?.lastUsedAt).not.toBeNull();
    const open = await serveCompat();
    expect(await refusal(`${open.url("grab")}/?token=dyl_wrong`)).toEqual({ status: 401, code: "bad_token" });
  });

  it("sees the rooms of its token only, and goes when the token is revoked", async () => {
    const server = await serveCompat({ limits: { heartbeatMs: 20 } });
    const [room, other] = [await server.collect("11"), await server.collect("22")];
    const { token, id } = await server.token({ rooms: ["11"] });
    const client = await connect(`${server.url("tiktok")}/?token=${token}`);
    expect(await refusal(`${server.url("live")}/ws/22?token=${token}`)).toEqual({ status: 403, code: "forbidden" });
    await server.tell(other, chat("no"));
    await server.tell(room, chat("yes"));
    await until(() => client.texts.length > 0);
    expect(comments(client.texts)).toEqual(["yes"]);
    await server.store.tokens.revoke(id, Date.now());
    await until(() => client.closed);
    expect(client.closed).toEqual({ code: 1008, reason: "token" });
  });

  it("is told nothing of a room of others that its name turns out to be", async () => {
    const server = await serveCompat();
    const [, other] = [await server.collect("11"), await server.collect("22")];
    const { token } = await server.token({ rooms: ["11"] });
    vi.spyOn(server.rooms, "request").mockResolvedValue({
      room: other,
      onlySession: null,
      status: roomStatus({ room: other, state: "live" }),
    });
    const client = await connect(`${server.url("live")}/ws/11?token=${token}`);
    await until(() => client.closed);
    expect(client.texts.map((text) => JSON.parse(text).code)).toEqual(["ROOM_NOT_FOUND"]);
    expect(client.closed).toEqual({ code: 1008, reason: "room_not_found" });
  });

  it("is bounded in number; other addresses and plain requests are answered in words", async () => {
    const server = await serveCompat({ limits: { clients: 1 } });
    await connect(server.url("grab"));
    expect(await refusal(server.url("grab"))).toEqual({ status: 429, code: "too_many_subscriptions" });
    expect(await refusal(`${server.url("live")}/other`)).toEqual({ status: 404, code: "no_address" });
    const plain = await fetch(server.url("grab").replace("ws", "http"));
    expect([plain.status, await plain.text()]).toEqual([426, expect.stringContaining("DouyinBarrageGrab")]);
  });
});

describe("a client that does not keep up", () => {
  it("is cut at a bound, while the others go on", async () => {
    const maxQueuedBytes = 262_144;
    const server = await serveCompat({ limits: { maxQueuedBytes, graceMs: 100 } });
    const room = await server.collect("11");
    const [quick, slow] = [await connect(server.url("tiktok")), await connect(server.url("tiktok"))];
    slow.socket.pause();
    let [count, peak] = [0, 0];
    while (server.compat.counts().clients === 2) {
      const events = Array.from({ length: 20 }, (_, i) => chat(`${count + i} ${"满".repeat(3_000)}`));
      await server.tell(room, ...events);
      count += events.length;
      await until(() => quick.texts.length === count);
      peak = Math.max(peak, server.compat.counts().queuedBytes);
      if (count > 20_000) throw new Error("nobody was cut");
    }
    expect(peak).toBeGreaterThan(0);
    // One batch may come on top.
    expect(peak).toBeLessThan(maxQueuedBytes + 21 * 10_000);
    expect(quick.closed).toBeNull();
    expect(comments(quick.texts).map((text) => Number.parseInt(text, 10))).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  it("is cut when it answers no pings", async () => {
    const server = await serveCompat({ limits: { heartbeatMs: 20, graceMs: 20 } });
    const client = await connect(server.url("grab"));
    client.socket.pause();
    await until(() => server.compat.counts().clients === 0);
  });

  it("is not read for a while when it has sent too much, and is heeded again afterwards", async () => {
    const clock = new FakeClock();
    const server = await serveCompat({ clock, limits: { messageBurst: 20, messagesPerSecond: 1 } });
    const client = await connect(server.url("grab"));
    let pongs = 0;
    client.socket.on("pong", () => pongs++);
    for (let n = 0; n < 20; n++) client.socket.ping();
    await until(() => pongs === 20);
    // The one that is too much is still answered: it was read.
    client.socket.ping();
    await until(() => pongs === 21);
    client.socket.ping();
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(pongs).toBe(21);
    await clock.advance(30_000);
    await until(() => pongs === 22);
    expect(client.closed).toBeNull();
  });
});

describe("starting and stopping", () => {
  it("nothing is on unless it has a port", async () => {
    const { compat } = await serveCompat({ ports: { grab: null, live: null, tiktok: null } });
    expect(compat.urls).toEqual([]);
  });

  it("says which port is taken, and leaves none open", async () => {
    const server = await serveCompat();
    const port = Number(new URL(server.url("live")).port);
    const { store, rooms } = server;
    const deps = { store, rooms, clock: new FakeClock(), onError: () => {}, origins: [], feed: undefined as never };
    const authenticator = { admit: () => Promise.reject(new Error("not used")) };
    const failed = await startCompat({
      ...deps,
      host: "127.0.0.1",
      pollMs: 1,
      authenticator,
      ports: { grab: 0, live: port, tiktok: null },
    }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(DyliveError);
    expect(failed).toMatchObject({ code: "in_use", detail: expect.stringContaining("douyinLive") });
  });

  it("tells every client and cuts those that do not listen", async () => {
    const server = await serveCompat({ limits: { graceMs: 50 } });
    const [client, deaf] = [await connect(server.url("grab")), await connect(`${server.url("live")}/ws/1`)];
    deaf.socket.pause();
    await server.compat.close();
    await until(() => client.closed);
    expect(client.closed).toEqual({ code: 1001, reason: "stopping" });
  });
});
