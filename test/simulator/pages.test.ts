import { type IncomingMessage, request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import type { Simulator } from "../../simulator/index.js";
import { startSimulator } from "../../simulator/index.js";
import { FakeClock } from "../clock.js";
import { type Plain, pushQuery, sign, stub } from "./client.js";

const NONCE = "__ac_nonce=0123456789abcdef01234";
const START = 1_777_726_780_000;
let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ clock: new FakeClock(START) });
});
afterAll(() => simulator.close());

const get = (path: string, cookie = "") =>
  fetch(`${simulator.url}${path}`, { headers: cookie === "" ? {} : { cookie }, redirect: "manual" });

/** Reads the state out of a page as a client must: unescape each push, parse the array, take the last item. */
function stateOf(html: string): { state: Plain; texts: string[] } | null {
  const texts = [...html.matchAll(/self\.__pace_f\.push\(\[1,("(?:[^"\\]|\\.)*")\]\)/g)].map(
    (match) => JSON.parse(match[1] ?? '""') as string,
  );
  for (const text of texts.toReversed()) {
    const array = JSON.parse(text.slice(text.indexOf(":") + 1)) as unknown[];
    const last = array.at(-1) as Plain;
    if ("state" in last) return { state: last["state"] as Plain, texts };
  }
  return null;
}

/** The value at a path of an object that was read from JSON. */
function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((inner, name) => (inner as Plain | undefined)?.[name], value);
}

/** Reads the state as dycast and programs like it do: the first call whose script has a nonce and a space, quotes without their backslashes. */
function stateByPattern(html: string): string | null {
  const found =
    /<script\snonce="\S+?"\s>self\.__pace_f\.push\(\[1,"[a-z]?:\[\\"\$\\",\\"\$L\d+\\",null,([\s\S]+?state[\s\S]+?)\]\\n"\]\)<\/script>/.exec(
      html,
    );
  return found?.[1]?.replace(/\\{1,7}"/g, '"') ?? null;
}

describe("room page", () => {
  it("is read by programs that look for its scripts by a pattern", async () => {
    const state = stateByPattern(await (await get("/100000001", NONCE)).text()) ?? "";
    const field = (pattern: RegExp) => pattern.exec(state)?.[1];
    expect(field(/{"state":{[\s\S]*?"roomStore":{[\s\S]*?"roomInfo":{[\s\S]*?"roomId":"([0-9]+?)"/)).toBe(simulator.roomId("100000001"));
    expect(field(/{"state":{[\s\S]*?"userStore":{[\s\S]*?"odin":{[\s\S]*?"user_unique_id":"([0-9]+?)"/)).toMatch(/^\d{19}$/);
    expect(field(/"room":{[\s\S]*?"title":"([\s\S]+?)"/)).toBe("秋冬新款清仓 全场包邮");
    expect(field(/"room":{[\s\S]*?"status":([0-9]{1})/)).toBe("2");
    expect(field(/"roomStore":(\{"roomInfo":\{"room":.*?),"linkmicStore"/)).toMatch(/}$/);
    expect(field(/"anchor":{[\s\S]*?"avatar_thumb":{[\s\S]*?"url_list":\["([\S]+?)"/)).toMatch(/^https:/);
  });

  it("challenges the first visit", async () => {
    const reply = await get("/100000001");
    const html = await reply.text();
    expect(reply.status).toBe(200);
    expect(html.length).toBeLessThan(1000);
    expect(stateOf(html)).toBeNull();
    expect(reply.headers.getSetCookie()).toEqual([expect.stringMatching(/^__ac_nonce=[0-9a-f]{21}; /)]);
  });

  it("gives the state on the second, with ttwid", async () => {
    const reply = await get("/100000001", NONCE);
    const html = await reply.text();
    expect(reply.headers.getSetCookie()).toEqual([expect.stringMatching(/^ttwid=1%7C[\w-]{43}%7C\d{10}%7C[0-9a-f]{64}; /)]);
    expect(html.length).toBeGreaterThan(20_000);
    const state = stateOf(html)?.state;
    expect(state).toMatchObject({
      roomStore: {
        roomInfo: {
          roomId: simulator.roomId("100000001"),
          room: { id_str: simulator.roomId("100000001"), status: 2, status_str: "2", title: "秋冬新款清仓 全场包邮" },
          anchor: { nickname: "小棉袄优选", sec_uid: expect.stringMatching(/^MS4wLjABAAAA/) },
          web_rid: "100000001",
          enter_mode: 0,
        },
      },
      userStore: { odin: { user_unique_id: expect.stringMatching(/^\d{19}$/) } },
      streamStore: { streamData: { H264_streamData: {} } },
    });
  });

  it("keeps a visitor's ttwid and user_unique_id, and knows a login", async () => {
    const cookie = `${NONCE}; ttwid=1%7Cmine; sessionid=abc`;
    const pages = await Promise.all([get("/100000001", cookie), get("/100000002", cookie)]);
    const texts = await Promise.all(pages.map((page) => page.text()));
    const ids = texts.map((html) => at(stateOf(html)?.state, "userStore", "odin", "user_unique_id"));
    for (const page of pages) expect(page.headers.getSetCookie()).toEqual([expect.stringMatching(/^ttwid=1%7Cmine; /)]);
    expect(ids[0]).toBe(ids[1]);
    expect(stateOf(texts[0] ?? "")?.texts.some((text) => text.includes('"isLogin":true'))).toBe(true);
    const guest = await (await get("/100000001", NONCE)).text();
    expect(stateOf(guest)?.texts.some((text) => text.includes('"isLogin":false'))).toBe(true);
  });

  it("shows an account without a room, an ended room, a custom id and an anonymised room", async () => {
    const info = async (id: string) => at(stateOf(await (await get(`/${id}`, NONCE)).text())?.state, "roomStore", "roomInfo");
    const offline = await info("100000004");
    expect(offline).toMatchObject({ roomId: "", anchor: { nickname: "今天不播" } });
    expect(offline).not.toHaveProperty("room");
    // By the challenge too, as a program that starts without cookies comes to it.
    const cookies = (await get("/100000004")).headers.getSetCookie().map((cookie) => cookie.split(";", 1)[0]);
    const page = await (await get("/100000004", cookies.join("; "))).text();
    expect(at(stateOf(page)?.state, "roomStore", "roomInfo")).toEqual(offline);
    expect(stateByPattern(page)).not.toMatch(/"roomId":"\d/);
    expect(await info("100000005")).toMatchObject({ room: { status: 4 } });
    expect(await info("demo.tv")).toMatchObject({ web_rid: "100000006", room: { status: 2 } });
    expect(await info("100000007")).toMatchObject({ room: { status: 2 } });
  });

  it("is 404 for an account that does not exist", async () => {
    const reply = await get("/999999999", NONCE);
    expect(reply.status).toBe(404);
    expect(stateOf(await reply.text())).toBeNull();
  });

  it("is a captcha page of HTTP 200 without state when told so", async () => {
    simulator.rooms.captcha();
    const reply = await get("/100000001", NONCE);
    expect(reply.status).toBe(200);
    const html = await reply.text();
    expect(html.length).toBeGreaterThan(5000);
    expect(stateOf(html)).toBeNull();
    expect(await (await get("/webcast/room/web/enter/?web_rid=100000001&a_bogus=x", "ttwid=1")).text()).toBe("");
    simulator.rooms.captcha(false);
  });
});

describe("the page in a browser", () => {
  it("loads the fake SDK and opens a WebSocket that is signed", async () => {
    const html = await (await get("/100000001", NONCE)).text();
    const room = JSON.parse(/__simulatorRoom=(\{[^}]*\})/.exec(html)?.[1] ?? "{}") as { roomId: string; userUniqueId: string };
    expect(await (await get("/@sdk/webmssdk.js")).text()).toContain("frontierSign");
    expect(await (await get("/@sdk/room.js")).text()).toContain("new WebSocket");
    const query = pushQuery(room.roomId, { user_unique_id: room.userUniqueId });
    // What the page's links become when its host is reached under a prefix.
    const answer = (await (await get(`/@live.douyin.com/@sdk/stub?${query}`)).json()) as { stub: string };
    expect(answer.stub).toBe(stub(query));
    query.set("signature", await sign(simulator.url, query));
    const path = `/@webcast100-ws-web-hl.douyin.com/webcast/im/push/v2/?${query}`;
    const socket = new WebSocket(simulator.url.replace("http", "ws") + path, { headers: { cookie: "ttwid=1" } });
    await new Promise<void>((resolve, reject) => {
      socket.once("open", () => resolve());
      socket.once("error", reject);
    });
    socket.terminate();
  });
});

describe("other hosts", () => {
  it("sets ttwid on the home page and on registration", async () => {
    expect((await get("/")).headers.getSetCookie()[0]).toMatch(/^ttwid=1%7C/);
    expect((await get("/", "ttwid=1%7Cmine")).headers.getSetCookie()).toEqual([expect.stringMatching(/^ttwid=1%7Cmine; /)]);
    const registered = await fetch(`${simulator.url}/@ttwid.bytedance.com/ttwid/union/register/`, { method: "POST", body: "{}" });
    expect(registered.headers.getSetCookie()[0]).toMatch(/^ttwid=1%7C/);
  });

  it("sets __ac_nonce on www.douyin.com, where programs fetch it, and shows the page to who has it", async () => {
    const first = await get("/@www.douyin.com/");
    expect([first.status, first.headers.getSetCookie()]).toEqual([200, [expect.stringMatching(/^__ac_nonce=[0-9a-f]{21}; /)]]);
    const again = await get("/@www.douyin.com/", NONCE);
    expect([again.status, again.headers.getSetCookie()]).toEqual([200, []]);
    expect(await again.text()).toContain("<title>抖音</title>");
  });

  it("leads short links to the live room's share page, or to the profile", async () => {
    const live = (await get("/@v.douyin.com/DEMO1/")).headers.get("location") ?? "";
    const url = new URL(live);
    expect(url.pathname).toBe(`/@webcast.amemv.com/douyin/webcast/reflow/${simulator.roomId("100000001")}`);
    expect(url.searchParams.get("sec_user_id")).toMatch(/^MS4wLjABAAAA/);
    expect((await fetch(live)).status).toBe(200);
    const offline = (await get("/@v.douyin.com/DEMO4/")).headers.get("location") ?? "";
    expect(offline).toContain("/@www.iesdouyin.com/share/user/MS4wLjABAAAA");
    const profile = await (await fetch(offline)).text();
    expect(profile).toContain("今天不播");
    expect(profile).not.toContain("直播中");
    expect((await get("/@v.douyin.com/NOPE/")).status).toBe(404);
  });

  it("leads a browser that believes to be there to the platform's own addresses, and gives it cookies for the whole of it", async () => {
    const asBrowser = (host: string, path: string) =>
      new Promise<IncomingMessage>((resolve, reject) => {
        request(`${simulator.url}/@${host}${path}`, { headers: { host } }, (reply) => resolve(reply.resume()))
          .on("error", reject)
          .end();
      });
    const { headers } = await asBrowser("v.douyin.com", "/DEMO1/");
    expect(headers.location).toMatch(/^https:\/\/webcast\.amemv\.com\/douyin\/webcast\/reflow\/\d+\?/);
    expect((await asBrowser("www.douyin.com", "/follow/live/100000001")).headers.location).toBe("https://live.douyin.com/100000001");
    expect((await asBrowser("live.douyin.com", "/")).headers["set-cookie"]?.[0]).toMatch(/^ttwid=.*; Domain=\.douyin\.com$/);
    expect((await get("/@live.douyin.com/")).headers.get("set-cookie")).not.toContain("Domain");
  });

  it("shows 直播中 on the profile of who is live", async () => {
    const info = (await (await get(`/@webcast.amemv.com/webcast/room/reflow/info/?room_id=${simulator.roomId("demo.tv")}`)).json()) as {
      data: { room: { owner: { sec_uid: string } } };
    };
    const html = await (await get(`/@www.douyin.com/user/${info.data.room.owner.sec_uid}`)).text();
    expect(html).toContain("直播中");
    expect(html).toContain("demo.tv");
  });

  it.each(["/@example.com/", "/@webcast.amemv.com/x", "/a/b/c"])("is 404 at %s", async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});

describe("web/enter", () => {
  const enter = async (query: string, cookie: string) => {
    const reply = await get(`/webcast/room/web/enter/?aid=6383&live_id=1&device_platform=web&${query}`, cookie);
    const text = await reply.text();
    return { status: reply.status, text, json: text === "" ? null : (JSON.parse(text) as Plain) };
  };

  it("is empty without ttwid, and for a guest without a_bogus", async () => {
    expect(await enter("web_rid=100000001&a_bogus=abc", "")).toEqual({ status: 200, text: "", json: null });
    expect(await enter("web_rid=100000001", "ttwid=1")).toEqual({ status: 200, text: "", json: null });
    expect((await enter("web_rid=100000001", "ttwid=1; sessionid=x")).json).toMatchObject({ status_code: 0 });
  });

  it("gives a live room", async () => {
    const roomId = simulator.roomId("100000002");
    const { json } = await enter("web_rid=100000002&a_bogus=abc", "ttwid=1");
    expect(json).toMatchObject({
      data: {
        data: [
          {
            id_str: roomId,
            status: 2,
            status_str: "2",
            title: "今晚必须赢！",
            user_count_str: "4300+",
            owner: { nickname: "阿梨唱歌" },
            room_view_stats: { display_long: "4321在线观众", display_value: 4321, display_type: 1 },
            stats: { like_count: 0 },
          },
        ],
        enter_room_id: roomId,
        user: { nickname: "阿梨唱歌" },
        room_status: 0,
      },
      extra: { now: START },
      status_code: 0,
    });
    const streamData = at(json, "data", "data", "0", "stream_url", "live_core_sdk_data", "pull_data", "stream_data");
    expect(JSON.parse(String(streamData))).toMatchObject({
      data: { origin: { main: {} } },
    });
  });

  it("gives an ended room without owner and streams, an account without a room, and 4001038", async () => {
    const ended = (await enter("web_rid=100000005&a_bogus=abc", "ttwid=1")).json as { data: { data: Plain[] } };
    expect(ended).toMatchObject({ data: { data: [{ status: 4 }], room_status: 2, prompts: "直播已结束" } });
    expect(ended.data.data[0]).not.toHaveProperty("owner");
    expect(ended.data.data[0]).not.toHaveProperty("stream_url");
    expect((await enter("web_rid=100000004&a_bogus=abc", "ttwid=1")).json).toMatchObject({
      data: { data: [], user: { nickname: "今天不播" } },
      status_code: 0,
    });
    expect((await enter("web_rid=999999999&a_bogus=abc", "ttwid=1")).json).toMatchObject({ status_code: 4001038 });
  });
});

describe("reflow/info", () => {
  const info = async (query: string) =>
    (await get(`/@webcast.amemv.com/webcast/room/reflow/info/?type_id=0&live_id=1&app_id=1128&${query}`)).text();

  it("answers by room_id, with ids as JSON numbers too long for doubles", async () => {
    const roomId = simulator.roomId("100000001") ?? "";
    const text = await info(`room_id=${roomId}`);
    expect(text).toContain(`"id":${roomId},`);
    expect(JSON.parse(text)).toMatchObject({
      data: { room: { id_str: roomId, status: 2, create_time: START / 1000, owner: { web_rid: "100000001" } } },
      status_code: 0,
    });
  });

  it("answers by sec_user_id with the placeholder 2", async () => {
    const first = JSON.parse(await info(`room_id=${simulator.roomId("100000003")}`)) as { data: { room: { owner: { sec_uid: string } } } };
    const again = JSON.parse(await info(`room_id=2&sec_user_id=${first.data.room.owner.sec_uid}`)) as unknown;
    expect(again).toMatchObject({ data: { room: { id_str: simulator.roomId("100000003"), status: 2 } } });
  });

  it("says 4 of a spent room, 10011 to half a question and 4001038 to an unknown room", async () => {
    expect(JSON.parse(await info(`room_id=${simulator.roomId("100000005")}`))).toMatchObject({
      data: { room: { status: 4, finish_time: START / 1000 - 600 } },
    });
    expect(JSON.parse(await info("room_id=2"))).toMatchObject({ status_code: 10011 });
    expect(JSON.parse(await info("room_id=7000000000000000000"))).toMatchObject({ status_code: 4001038 });
  });
});
