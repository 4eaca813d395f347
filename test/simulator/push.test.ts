// Guards: Frames, heartbeats, acks, history and the first fetch are as the platform has them.
import { describe, expect, it } from "vitest";
import { decode, encode, messagesOf, pushQuery } from "./client.js";
import { PK, START, useStage } from "./stage.js";

const stage = useStage();

describe("frames", () => {
  it("have the platform's shape, gzip'd when asked", async () => {
    const client = await stage.viewer();
    await stage.clock.advance(3000);
    await client.caughtUp();
    const first = client.frames.find((frame) => frame.type === "msg");
    expect(first?.headers).toMatchObject({
      compress_type: "gzip",
      "im-now": expect.stringMatching(/^\d{13}$/),
      server_time: expect.stringMatching(/^\d{13}$/),
    });
    expect(first?.headers["im-cursor"]).toMatch(/^t-\d{13}_r-\d{19}_d-1_u-1_rdc-2$/);
    expect(first?.headers["im-internal_ext"]).toBe(
      `internal_src:pushserver|first_req_ms:${START}|wss_msg_type:r|wrds_v:${stage.simulator.roomId(PK)}`,
    );
    expect(first?.frame).toMatchObject({
      service: 8888,
      method: 8888,
      payload_encoding: "pb",
      payload_type: "msg",
      lod_id_new: first?.logId,
    });
    expect([first?.payload[0], first?.payload[1]]).toEqual([0x1f, 0x8b]);
    expect(first?.response).toMatchObject({
      need_ack: true,
      cursor: first?.headers["im-cursor"],
      internal_ext: first?.headers["im-internal_ext"],
    });
    for (const message of client.messages) {
      expect(BigInt(message.msgId) >> 32n).toBeGreaterThanOrEqual(BigInt(START / 1000));
      expect(message.msgId).toHaveLength(19);
    }
  });

  it("are plain without compress=gzip, and say the same", async () => {
    const packed = await stage.viewer();
    const plain = await stage.viewer({ query: pushQuery(stage.simulator.roomId(PK) ?? "", { compress: "" }) });
    await stage.clock.advance(5000);
    await packed.caughtUp();
    await plain.caughtUp();
    expect(plain.frames.every((frame) => !("compress_type" in frame.headers))).toBe(true);
    expect(plain.messages.map((message) => message.msgId)).toEqual(packed.messages.map((message) => message.msgId));
    expect(plain.messages.length).toBeGreaterThan(10);
  });
});

describe("heartbeat", () => {
  it("is answered by hb with server_time and no payload, as frame, ping or text", async () => {
    const client = await stage.viewer({}, "100000003");
    client.heartbeat();
    client.socket.ping(Buffer.from([0x3a, 0x02, 0x68, 0x62]));
    client.socket.send(":\u0002hb");
    await client.until(() => client.frames.filter((frame) => frame.type === "hb").length === 3);
    const answer = client.frames.find((frame) => frame.type === "hb");
    expect(answer?.headers).toEqual({ server_time: `${START}` });
    expect(answer?.payload).toHaveLength(0);
    expect(answer?.frame).toMatchObject({ service: 8888, method: 8888 });
    expect(stage.book(0, "100000003").heartbeats).toEqual({ frame: 1, ping: 1, text: 1 });
  });

  it("missing for 20 to 30 s ends the connection without a close frame", async () => {
    const client = await stage.viewer();
    await stage.clock.advance(20_000);
    expect(client.closeCode).toBeNull();
    await stage.clock.advance(10_000);
    await client.until(() => client.closeCode !== null);
    expect(client.closeCode).toBe(1006);
    expect(stage.book()).toMatchObject({ closedBy: "idle" });
    const lasted = (stage.book().closedAt ?? 0) - stage.book().openedAt;
    expect(lasted).toBeGreaterThan(20_000);
    expect(lasted).toBeLessThanOrEqual(30_000);
  });

  it("every 10 s keeps it open; acks do not", async () => {
    const beating = await stage.viewer();
    const acking = await stage.viewer();
    for (let i = 0; i < 4; i++) {
      await stage.clock.advance(10_000);
      await beating.caughtUp();
      if (acking.closeCode === null && acking.frames[0] !== undefined) acking.ack(acking.frames[0]);
    }
    expect(beating.closeCode).toBeNull();
    await acking.until(() => acking.closeCode !== null);
    expect(stage.book(1).closedBy).toBe("idle");
  });

  it("of damaged bytes is counted and harmless", async () => {
    const client = await stage.viewer({}, "100000003");
    client.socket.send(Buffer.from([0xff, 0xff, 0xff]));
    client.socket.send("hello");
    await client.caughtUp();
    expect(stage.book(0, "100000003")).toMatchObject({ damaged: 2, closedAt: null });
  });

  it("a client's close frame is not answered: TCP just closes", async () => {
    const client = await stage.viewer();
    client.socket.close(1000);
    await client.until(() => client.closeCode !== null);
    expect(client.closeCode).toBe(1006);
    expect(stage.book().closedBy).toBe("client");
  });
});

describe("acks", () => {
  it("are kept by connection: good, wrong, repeated and unknown", async () => {
    const client = await stage.viewer();
    await stage.clock.advance(4000);
    await client.caughtUp();
    const frames = client.frames.filter((frame) => frame.type === "msg");
    const [first, second, third, fourth] = frames;
    if (!first || !second || !third || !fourth) throw new Error("too few frames");
    client.ack(first);
    client.ack(second, "something else");
    // As some clients do: the text in the place of the type.
    client.socket.send(encode("PushFrame", { log_id: third.logId, payload_type: String(third.response?.["internal_ext"]) }));
    client.ack(first);
    client.ack({ ...fourth, logId: "12345" });
    await client.caughtUp();
    expect(stage.book().acks).toEqual({ expected: frames.length, good: 1, wrong: 2, repeated: 1, unknown: 1 });
    expect(stage.book().damaged).toBe(0);
  });
});

describe("a frame without an ack", () => {
  it("is pushed again each 1 to 2 s as it was, the oldest first, until it is acknowledged", async () => {
    const client = await stage.viewer({}, "100000001");
    stage.simulator.rooms.stall("100000001");
    const send = () => stage.simulator.rooms.send("100000001", "WebcastChatMessage", { content: "你好" });
    for (let i = 0; i < 2; i++) send();
    await client.caughtUp();
    const [first, second] = client.frames.filter(({ type }) => type === "msg");
    if (first === undefined || second === undefined) throw new Error("too few frames");
    await stage.clock.advance(5000);
    await client.caughtUp();
    const times = client.again.length;
    expect(times).toBeGreaterThanOrEqual(2);
    expect(times).toBeLessThanOrEqual(5);
    for (const { bytes } of client.again) expect(bytes).toEqual(first.bytes);
    client.ack(first);
    await client.caughtUp();
    await stage.clock.advance(2000);
    await client.caughtUp();
    expect(new Set(client.again.slice(times).map(({ logId }) => logId))).toEqual(new Set([second.logId]));
    for (const frame of client.frames) if (frame.type === "msg" && frame !== first) client.ack(frame);
    await client.caughtUp();
    const before = client.again.length;
    await stage.clock.advance(1000);
    await client.caughtUp();
    expect(client.again).toHaveLength(before);
  });
});

describe("history", () => {
  it("replays at most 15 messages of people, with their ids, and honours need_persist_msg_count", async () => {
    const witness = await stage.viewer();
    await witness.caughtUp();
    expect(witness.messages).toEqual([]);
    await stage.clock.advance(15_000);
    await witness.caughtUp();
    const replayed = async (count: string) => {
      const client = await stage.viewer({ query: pushQuery(stage.simulator.roomId(PK) ?? "", { need_persist_msg_count: count }) });
      await client.caughtUp();
      return client.messages.map((message) => message.msgId);
    };
    const fifteen = await replayed("15");
    expect(fifteen).toHaveLength(15);
    const seen = witness.messages.map((message) => message.msgId);
    expect(seen).toEqual(expect.arrayContaining(fifteen));
    expect(await replayed("100")).toEqual(fifteen);
    expect(await replayed("4")).toEqual(fifteen.slice(-4));
    expect(await replayed("0")).toEqual([]);
    expect(await replayed("")).toEqual([]);
  });
});

describe("im/fetch", () => {
  const fetched = (room: string, cookie: string, visitor = "7612345678901234567") =>
    fetch(
      `${stage.simulator.url}/webcast/im/fetch/?room_id=${stage.simulator.roomId(room)}&user_unique_id=${visitor}&resp_content_type=protobuf`,
      { headers: { cookie } },
    );

  it("gives a bare Response once, then JSON without a byte", async () => {
    await stage.clock.advance(10_000);
    const first = await fetched(PK, "ttwid=a");
    expect(first.headers.get("content-type")).toBe("application/protobuffer");
    const response = decode("Response", new Uint8Array(await first.arrayBuffer()));
    expect(response).toMatchObject({ push_server_v2: "webcast100-ws-web-hl.douyin.com", heartbeat_duration: "10" });
    expect(response["need_ack"] ?? false).toBe(false);
    expect(response["cursor"]).toMatch(/^d-1_u-1_fh-\d{19}_t-\d{13}_r-1$/);
    expect(response["internal_ext"]).toContain(`wss_push_room_id:${stage.simulator.roomId(PK)}|wss_push_did:7612345678901234567|`);
    expect(messagesOf(response)[0]?.method).toBe("WebcastRoomMessage");
    const marks = (response["messages"] as { message_extra: { key: string; value: string }[] }[]).map(({ message_extra: extra }) =>
      extra.map(({ key, value }) => `${key}=${value}`).join(),
    );
    expect(new Set(marks)).toEqual(new Set(["history_comment_type=normal,top_message=1", "history_comment_type=normal"]));
    expect(messagesOf(response).length).toBe(15);
    expect(stage.simulator.truth(PK).sent.messages).toBe(15);
    const second = await fetched(PK, "ttwid=a");
    expect([second.status, second.headers.get("content-type"), await second.text()]).toEqual([200, "application/json; charset=utf-8", ""]);
    expect((await (await fetched(PK, "ttwid=b")).arrayBuffer()).byteLength).toBeGreaterThan(100);
    expect((await (await fetched("100000001", "ttwid=a")).arrayBuffer()).byteLength).toBeGreaterThan(100);
    expect(await (await fetched("100000003", "")).text()).toBe("");
  });
});

describe("guests", () => {
  it("get no gifts when told so; who has logged in does", async () => {
    await stage.begin({ guestGifts: false });
    const guest = await stage.viewer();
    const member = await stage.viewer({ cookie: "ttwid=1; sessionid=abc" });
    for (let i = 0; i < 3; i++) {
      await stage.clock.advance(10_000);
      await guest.caughtUp();
      await member.caughtUp();
    }
    expect(guest.messages.filter(({ method }) => method.includes("Gift"))).toEqual([]);
    expect(guest.messages.length).toBeGreaterThan(50);
    expect(member.of("WebcastGiftMessage").length).toBeGreaterThan(5);
    expect(stage.book(0)).toMatchObject({ loggedIn: false });
    expect(stage.book(1)).toMatchObject({ loggedIn: true });
    member.socket.terminate();
    await member.until(() => member.closeCode !== null);
    const before = stage.simulator.truth(PK).sent.byMethod["WebcastGiftMessage"];
    await stage.clock.advance(5000);
    await guest.caughtUp();
    expect(stage.simulator.truth(PK).sent.byMethod["WebcastGiftMessage"]).toBe(before);
  });
});
