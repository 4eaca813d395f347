// Guards: programs of others find, in the order in which they ask, all that they need up to the first frame of a room.
import { expect, it } from "vitest";
import { type Plain, pushQuery } from "./client.js";
import { START, useStage } from "./stage.js";

const stage = useStage();
const ROOM = "100000001";

/** A visitor who keeps each cookie that a reply sets. */
function visitor() {
  const cookies = new Map<string, string>();
  const cookie = () => [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const ask = async (host: string, path: string, method = "GET") => {
    const body = method === "POST" ? { body: "{}" } : {};
    const reply = await fetch(`${stage.simulator.url}/@${host}${path}`, { method, headers: { cookie: cookie() }, ...body });
    expect(reply.status).toBe(200);
    for (const line of reply.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    return { text: await reply.text(), sets: reply.headers.getSetCookie().map((line) => line.split("=", 1)[0]) };
  };
  return { cookies, cookie, ask };
}

const found = (pattern: RegExp, text: string): string => {
  const value = pattern.exec(text)?.[1];
  if (value === undefined) throw new Error(`nothing is ${pattern}`);
  return value;
};

/** The first state as JSON: where to go on, and the room's welcome. */
function firstState(text: string): { cursor: string; internal_ext: string } {
  const state = JSON.parse(text) as { status_code: number; data: Plain[]; extra: { cursor: string; now: number }; internal_ext: string };
  const common = { method: "WebcastRoomMessage", room_id: stage.simulator.roomId(ROOM) };
  expect(state).toMatchObject({ status_code: 0, data: [{ common }], extra: { now: START } });
  return { cursor: state.extra.cursor, internal_ext: state.internal_ext };
}

it("the page, its ttwid, web/enter, the first state as JSON, the socket, an ack for each frame", async () => {
  const { cookies, cookie, ask } = visitor();
  await ask("live.douyin.com", `/${ROOM}`);
  const page = (await ask("live.douyin.com", `/${ROOM}`)).text.replaceAll("\\", "");
  const ttwid = cookies.get("ttwid");
  const user_unique_id = found(/"user_unique_id":"(\d+)"/, page);
  const entered = await ask("live.douyin.com", `/webcast/room/web/enter/?aid=6383&web_rid=${ROOM}&a_bogus=x`);
  const { data } = JSON.parse(entered.text) as { data: { enter_room_id: string; data: Plain[] } };
  expect(data.data).toMatchObject([{ id_str: data.enter_room_id, status: 2 }]);
  const query = { room_id: data.enter_room_id, user_unique_id, resp_content_type: "json" };
  const fetched = await ask("live.douyin.com", `/webcast/im/fetch/?${new URLSearchParams(query)}`);
  for (const { sets } of [entered, fetched]) expect(sets).toEqual(["ttwid"]);
  expect(cookies.get("ttwid")).toBe(ttwid);
  const client = await stage.viewer(
    { cookie: cookie(), query: pushQuery(data.enter_room_id, { user_unique_id, ...firstState(fetched.text) }) },
    ROOM,
  );
  for (let i = 0; i < 30; i++) {
    await stage.clock.advance(200);
    await client.caughtUp();
    for (const frame of client.frames.splice(0)) if (frame.type === "msg") client.ack(frame);
  }
  await client.caughtUp();
  const { good, expected } = stage.book(0, ROOM).acks;
  expect(good).toBe(expected);
  expect(good).toBeGreaterThan(3);
  expect(client.again).toEqual([]);
});

it("a token of mssdk, the device's ids, the page, the first state, the socket with its headers twice", async () => {
  const { cookies, cookie, ask } = visitor();
  await ask("mssdk.bytedance.com", "/web/r/token?ms_appid=6383", "POST");
  expect(cookies.get("msToken")).toMatch(/^[\w-]{164}$/);
  expect((await ask("www.douyin.com", "/aweme/v1/web/query/user/?aid=6383")).text).toBe("");
  await ask("live.douyin.com", `/${ROOM}`);
  const page = (await ask("live.douyin.com", `/${ROOM}`)).text.replaceAll("\\", "");
  const device = JSON.parse((await ask("www.douyin.com", "/aweme/v1/web/query/user/?aid=6383")).text) as Plain;
  expect(device).toMatchObject({
    status_code: 0,
    id: found(/"user_unique_id":"(\d+)"/, page),
    user_uid: expect.stringMatching(/^\d{12}$/),
  });
  const room_id = found(/^\{"roomInfo":\{"room":\{"id_str":"(\d+)"/, found(/"roomStore":(.*?),"linkmicStore"/, page));
  const user_unique_id = String(device["id"]);
  const query = new URLSearchParams({ room_id, user_unique_id, resp_content_type: "json" });
  const fetched = await ask("live.douyin.com", `/webcast/im/fetch/?${query}`);
  const client = await stage.viewer(
    { cookie: cookie(), query: pushQuery(room_id, { user_unique_id, ...firstState(fetched.text) }), doubled: true },
    ROOM,
  );
  await stage.clock.advance(3000);
  await client.caughtUp();
  expect(client.messages.length).toBeGreaterThan(3);
  expect(stage.book(0, ROOM)).toMatchObject({ ttwid: cookies.get("ttwid"), userUniqueId: user_unique_id });
});

it("the share page of a broadcast names the room's number, and the profile the anchor's visible one", async () => {
  const { ask } = visitor();
  const share = await ask("webcast.amemv.com", `/douyin/webcast/reflow/${stage.simulator.roomId(ROOM)}`);
  expect(found(/\\"webRid\\":\\"(\d+)\\"/, share.text)).toBe(ROOM);
  await ask("live.douyin.com", `/${ROOM}`);
  const page = (await ask("live.douyin.com", `/${ROOM}`)).text.replaceAll("\\", "");
  const profile = await ask("www.douyin.com", `/user/${found(/"sec_uid":"([^"]+)"/, page)}`);
  expect(found(/抖音号：([\w.]+)</, profile.text)).toBe(found(/"unique_id":"([\w.]+)"/, profile.text.replaceAll("\\", "")));
});
