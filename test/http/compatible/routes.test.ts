// Guards: /douyin/liveroom routes say what is known of a room, and null for the rest.
import { describe, expect, it } from "vitest";
import type { RankEntry } from "../../../src/events/event.js";
import { roomStatus } from "../../health/status.js";
import { type ApiServer, type Reply, serveApi } from "../api-server.js";
import { like, person, stats } from "../events.js";

const ROOM_ID = "6843198199583378191";
const ask = ({ call, tokens }: ApiServer, name: string, room: string): Promise<Reply> =>
  call(`/douyin/liveroom/${name}?token=${tokens.read}&room_id=${room}`, { token: null });
const entry = (rank: number, score: number | null, known: Parameters<typeof person>[0]): RankEntry => ({
  rank,
  score,
  scoreText: score === null ? "***" : null,
  user: person(known),
});

describe("/douyin/liveroom/status", () => {
  it("tells of several rooms, in their order, the ids as bare integers with all their digits", async () => {
    const server = await serveApi();
    const { manager, clock } = server;
    for (const [n, state] of (["live", "connecting", "stalled", "waiting", "ended", "blocked", "paused"] as const).entries()) {
      const { room } = await manager.request(String(101 + n));
      manager.say(room, state, `700000000000000000${n}`);
    }
    const answer = await ask(server, "status", `101,102,103,104,105,106,107,${ROOM_ID},nobody,captcha,404404,7000000000000404404`);
    expect(answer.status).toBe(200);
    const item = (alive: boolean | null, roomId: string, id: string, state: string) =>
      `{"alive":${alive},"room_id":${roomId},"id":"${id}","state":"${state}"}`;
    expect(answer.text).toBe(
      `{"code":200,"data":{"data":[${[
        item(true, "7000000000000000000", "101", "live"),
        item(true, "7000000000000000001", "102", "connecting"),
        item(true, "7000000000000000002", "103", "stalled"),
        item(false, "7000000000000000003", "104", "waiting"),
        item(false, "7000000000000000004", "105", "ended"),
        item(null, "7000000000000000005", "106", "blocked"),
        item(null, "7000000000000000006", "107", "paused"),
        item(false, ROOM_ID, ROOM_ID, "waiting"),
        item(false, "null", "nobody", "no_account"),
        item(null, "null", "captcha", "room_unknown"),
        item(null, "null", "404404", "room_unknown"),
        item(null, "7000000000000404404", "7000000000000404404", "room_unknown"),
      ].join(",")}],"extra":{"now":${clock.now()}},"status_code":0},"msg":"success"}`,
    );
  });

  it("names the broadcast of a room that is asked for by a number or a custom id, and null where none is known", async () => {
    const server = await serveApi();
    const { room } = await server.manager.request("anna");
    server.manager.say(room, "live", ROOM_ID);
    expect((await ask(server, "status", "anna,007")).text).toContain(
      `[{"alive":true,"room_id":${ROOM_ID},"id":"anna","state":"live"},{"alive":false,"room_id":null,"id":"007",`,
    );
  });

  it("names the last broadcast of a room that is not on the air, as its page names it or else as it is kept here", async () => {
    const server = await serveApi();
    const { manager, store } = server;
    const { room } = await manager.request("anna");
    const { broadcast } = roomStatus();
    manager.states.set(room, roomStatus({ room, state: "waiting", broadcast: { ...broadcast, roomId: ROOM_ID } }));
    const { room: kept } = await manager.request("bert");
    await store.sessions.open(kept, "7000000000000000001", 1_000);
    expect((await ask(server, "status", "anna,bert")).text).toContain(
      `[{"alive":false,"room_id":${ROOM_ID},"id":"anna","state":"waiting"},{"alive":false,"room_id":7000000000000000001,"id":"bert",`,
    );
  });

  it("a broadcast that is over is not alive although its anchor is", async () => {
    const server = await serveApi();
    const room = await server.store.rooms.ensure([{ kind: "room_id", value: ROOM_ID }]);
    server.manager.say(room, "live", "7000000000000000001");
    expect((await ask(server, "status", ROOM_ID)).at("data", "data", 0)).toMatchObject({ alive: false });
  });
});

describe("/douyin/liveroom/info", () => {
  it("gives what is known, and null for the rest", async () => {
    const server = await serveApi();
    const { manager, store } = server;
    const { room } = await manager.request("98765");
    expect((await ask(server, "info", "98765")).body).toEqual({
      code: 200,
      data: {
        data: {
          room_id: null,
          web_rid: "98765",
          title: null,
          status: 4,
          alive: false,
          state: "waiting",
          owner: null,
          start_time: null,
          online: null,
          total_viewers: null,
          likes: null,
          stats_time: null,
        },
      },
      msg: "success",
    });
    await store.rooms.setFacts(room, { title: "old", anchor: { id: "42", secUid: "MS4w", nickname: "薛莲", avatar: null } });
    await store.sessions.open(room, ROOM_ID, 1_000, "新的一场");
    manager.say(room, "live", ROOM_ID);
    await server.tell(
      "98765",
      stats({ sessionId: ROOM_ID, online: 120, totalViewers: 3_400, time: 5_000 }),
      stats({ sessionId: ROOM_ID, online: null, totalViewers: null, time: 6_000 }),
      like(3, { sessionId: ROOM_ID, total: 77 }),
      stats({ sessionId: "7000000000000000001", online: 9, time: 7_000 }),
    );
    expect((await ask(server, "info", "98765")).at("data", "data")).toEqual({
      room_id: ROOM_ID,
      web_rid: "98765",
      title: "新的一场",
      status: 2,
      alive: true,
      state: "live",
      owner: { uid: "42", sec_uid: "MS4w", nickname: "薛莲", avatar: null },
      start_time: 1_000,
      online: 120,
      total_viewers: 3_400,
      likes: 77,
      stats_time: 5_000,
    });
    manager.say(room, "blocked", ROOM_ID);
    expect((await ask(server, "info", "98765")).at("data", "data")).toMatchObject({ alive: null, status: null, state: "blocked" });
  });
});

describe("/douyin/liveroom/audience and /ranklist", () => {
  it("rank people by contribution, in the interface's form of a person", async () => {
    const server = await serveApi();
    const empty = { code: 200, data: { data: { ranks: [], total: null, time: null } }, msg: "success" };
    expect((await ask(server, "audience", "98765")).body).toEqual(empty);
    expect((await ask(server, "ranklist", "98765")).body).toEqual(empty);
    const first = entry(1, 9_000, {
      id: "42",
      nickname: "榜一",
      secUid: "MS4w",
      displayId: "dy42",
      avatar: "https://p3.douyinpic.com/a.jpeg",
    });
    await server.tell(
      "98765",
      stats({ online: 5, time: 1_000, ranks: [first, entry(2, null, { masked: true, id: "111111", nickname: "***" })] }),
    );
    await server.tell("98765", stats({ online: 6, time: 2_000 }));
    const ranks = [
      {
        rank: 1,
        score: 9_000,
        score_text: null,
        user: { uid: "42", nickname: "榜一", avatar: "https://p3.douyinpic.com/a.jpeg", unique_id: "dy42", sec_uid: "MS4w" },
      },
      { rank: 2, score: null, score_text: "***", user: { uid: "111111", nickname: "***", avatar: "", unique_id: "", sec_uid: "" } },
    ];
    expect((await ask(server, "audience", "98765")).at("data", "data")).toEqual({ ranks, total: 5, time: 1_000 });
    expect((await ask(server, "ranklist", "98765")).at("data", "data")).toEqual({ ranks, total: null, time: 1_000 });
    const { room: _, type: __, online: ___, totalViewers: ____, onlineText: _____, totalText: ______, ...base } = stats({ time: 3_000 });
    await server.tell("98765", {
      ...base,
      room: 1,
      type: "rank",
      list: "audience",
      entries: [entry(1, 1, { id: "43" })],
      receiver: null,
      total: null,
    });
    expect((await ask(server, "ranklist", "98765")).at("data", "data")).toMatchObject({
      ranks: [{ rank: 1, user: { uid: "43" } }],
      time: 3_000,
    });
    expect((await ask(server, "audience", "98765")).at("data", "data", "time")).toBe(1_000);
  });
});
