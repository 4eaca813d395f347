// Guards: The simulator's pages and interfaces ask for cookies and marks as the platform does, and other programs' patterns find the state.
import { type IncomingMessage, request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Simulator } from "../../simulator/index.js";
import { startSimulator } from "../../simulator/index.js";
import { FakeClock } from "../clock.js";
import { START } from "./stage.js";

const NONCE = "__ac_nonce=0123456789abcdef01234";
let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ clock: new FakeClock(START) });
});
afterAll(() => simulator.close());

const get = (path: string, cookie = "") =>
  fetch(`${simulator.url}${path}`, { headers: cookie === "" ? {} : { cookie }, redirect: "manual" });

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
    expect(stateByPattern(await (await get("/100000004", NONCE)).text())).not.toMatch(/"roomId":"\d/);
  });

  it("challenges the first visit", async () => {
    const reply = await get("/100000001");
    const html = await reply.text();
    expect(reply.status).toBe(200);
    expect(html.length).toBeLessThan(1000);
    expect(stateByPattern(html)).toBeNull();
    expect(reply.headers.getSetCookie()).toEqual([expect.stringMatching(/^__ac_nonce=[0-9a-f]{21}; /)]);
  });

  it("gives the state on the second, with ttwid", async () => {
    const reply = await get("/100000001", NONCE);
    const html = await reply.text();
    expect(reply.headers.getSetCookie()).toEqual([expect.stringMatching(/^ttwid=1%7C[\w-]{43}%7C\d{10}%7C[0-9a-f]{64}; /)]);
    expect(html.length).toBeGreaterThan(20_000);
    expect(stateByPattern(html)).toContain(`"roomId":"${simulator.roomId("100000001")}"`);
  });

  it("keeps a visitor's ttwid and user_unique_id, and knows a login", async () => {
    const cookie = `${NONCE}; ttwid=1%7Cmine; sessionid=abc`;
    const pages = await Promise.all([get("/100000001", cookie), get("/100000002", cookie)]);
    const texts = await Promise.all(pages.map((page) => page.text()));
    const ids = texts.map((html) => /"user_unique_id":"(\d{19})"/.exec(stateByPattern(html) ?? "")?.[1]);
    for (const page of pages) expect(page.headers.getSetCookie()).toEqual([expect.stringMatching(/^ttwid=1%7Cmine; /)]);
    expect(ids).toEqual([expect.any(String), ids[0]]);
    expect(texts[0]).toContain('\\"isLogin\\":true');
    expect(await (await get("/100000001", NONCE)).text()).toContain('\\"isLogin\\":false');
  });

  it("is a captcha page of HTTP 200 without state when told so", async () => {
    simulator.rooms.captcha();
    const reply = await get("/100000001", NONCE);
    expect(reply.status).toBe(200);
    const html = await reply.text();
    expect(html.length).toBeGreaterThan(5000);
    expect(stateByPattern(html)).toBeNull();
    expect(await (await get("/webcast/room/web/enter/?web_rid=100000001&a_bogus=x", "ttwid=1")).text()).toBe("");
    simulator.rooms.captcha(false);
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

  it.each(["/@example.com/", "/@webcast.amemv.com/x", "/a/b/c"])("is 404 at %s", async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});

it("web/enter is empty without ttwid, and for a guest without a_bogus", async () => {
  const enter = async (query: string, cookie: string) => {
    const reply = await get(`/webcast/room/web/enter/?aid=6383&live_id=1&device_platform=web&web_rid=100000001${query}`, cookie);
    return [reply.status, await reply.text()];
  };
  expect(await enter("&a_bogus=abc", "")).toEqual([200, ""]);
  expect(await enter("", "ttwid=1")).toEqual([200, ""]);
  expect(await enter("", "ttwid=1; sessionid=x")).toEqual([200, expect.stringContaining('"status_code":0')]);
});

it("reflow/info has ids as JSON numbers too long for doubles, and answers half a question with 10011", async () => {
  const info = async (query: string) =>
    (await get(`/@webcast.amemv.com/webcast/room/reflow/info/?type_id=0&live_id=1&app_id=1128&${query}`)).text();
  const roomId = simulator.roomId("100000001") ?? "";
  const text = await info(`room_id=${roomId}`);
  expect(text).toContain(`"id":${roomId},`);
  expect(JSON.parse(text)).toMatchObject({ data: { room: { create_time: START / 1000, owner: { web_rid: "100000001" } } } });
  expect(JSON.parse(await info("room_id=2"))).toMatchObject({ status_code: 10011 });
});
