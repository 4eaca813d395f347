import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../../simulator/index.js";
import { detailOf } from "../../../src/http/compatible/work-detail.js";
import { readDetail, readPageState } from "../../../src/platform/works/work.js";
import { workOf } from "../../works/work.js";
import { serveApi } from "../api-server.js";
import { CAPTCHA, DELETED, WORK } from "../fake-work-reader.js";

describe("/douyin/video/detail", () => {
  it("gives the page's own reply unchanged, its large numbers too", async () => {
    const { call, tokens } = await serveApi();
    const reply = await call(`/douyin/video/detail?token=${tokens.read}&aweme_id=${WORK}`, { token: null });
    expect([reply.status, reply.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(reply.text).toBe(
      `{"code":200,"data":{"status_code":0,"aweme_detail":{"aweme_id":"${WORK}","group_id":${WORK}}},"msg":"success"}`,
    );
  });

  it("gives the platform's own words for a work that is gone, and for one that is kept as it was read last", async () => {
    const { call, workReader } = await serveApi();
    const ask = () => call(`/douyin/video/detail?aweme_id=${DELETED}`);
    const first = await ask();
    expect(first.at("data")).toEqual({ status_code: 0, aweme_detail: null, filter_detail: { filter_reason: "core_dep" } });
    expect((await ask()).text).toBe(first.text);
    expect(workReader.asked).toEqual([DELETED]);
  });

  it("builds the same names where the page's state told the work, and says so", async () => {
    const { call, workReader, clock } = await serveApi();
    const work = workOf(WORK, { source: "page", text: "按页面", receivedAt: clock.now() });
    workReader.readings.set(WORK, { outcome: "found", work, reply: null });
    const { body } = await call(`/douyin/video/detail?aweme_id=${WORK}`);
    expect(body).toMatchObject({ code: 200, msg: "success", data: { status_code: 0, _source: "page" } });
    expect(body).toMatchObject({
      data: { aweme_detail: { aweme_id: WORK, desc: "按页面", statistics: { digg_count: 1, play_count: 0 } } },
    });
    const gone = { outcome: "refused", refusal: { kind: "gone", reason: "no page" } } as const;
    const told = workOf(CAPTCHA, { kind: null, state: "deleted", stateReason: "no page", receivedAt: clock.now() });
    workReader.readings.set(CAPTCHA, { ...gone, work: told, reply: "<html>" });
    expect((await call(`/douyin/video/detail?aweme_id=${CAPTCHA}`)).at("data")).toEqual({
      status_code: 0,
      aweme_detail: null,
      filter_detail: { aweme_id: CAPTCHA, filter_reason: "deleted", notice: "no page", detail_msg: "no page" },
      _source: "page",
    });
  });

  it("says why a work that it knows is not shown, in the language that is asked for", async () => {
    const { call, clock, store } = await serveApi();
    const stateReason = "the platform is still reviewing it";
    await store.works.keep(workOf(WORK, { source: "page", state: "unavailable", stateReason, receivedAt: clock.now() }), null);
    const words = "平台还在审核";
    const { body } = await call(`/douyin/video/detail?aweme_id=${WORK}`, { headers: { "accept-language": "zh" } });
    expect(body).toMatchObject({
      data: { aweme_detail: { aweme_id: WORK }, filter_detail: { filter_reason: "unavailable", notice: words, detail_msg: words } },
    });
  });

  it("says where a list of works told it after its page did", async () => {
    const { call, clock, store } = await serveApi();
    const read = workOf(WORK, { receivedAt: clock.now() });
    await store.works.keep(read, JSON.stringify({ aweme_detail: { aweme_id: WORK } }));
    await store.works.keep({ ...read, source: "list" }, null);
    const { body } = await call(`/douyin/video/detail?aweme_id=${WORK}`);
    expect(body).toMatchObject({ data: { aweme_detail: { aweme_id: WORK }, _source: "list" } });
  });

  it("refuses in its envelope", async () => {
    const { call, token, tell } = await serveApi();
    await tell("98765");
    expect((await call(`/douyin/video/detail?aweme_id=${CAPTCHA}`)).body).toMatchObject({
      code: 503,
      data: [],
      msg: expect.stringContaining("captcha"),
    });
    for (const query of ["", "?aweme_id=1", "?aweme_id=9999999999999999999"])
      expect((await call(`/douyin/video/detail${query}`)).body).toMatchObject({ code: 400, data: [] });
    const limited = await token({ rooms: ["98765"] });
    expect((await call(`/douyin/video/detail?aweme_id=${WORK}`, { token: limited })).body).toMatchObject({ code: 403 });
    expect((await call(`/douyin/video/detail?aweme_id=${WORK}`, { method: "POST" })).status).toBe(405);
  });
});

describe("a detail that is built from a work", () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator({ rooms: [] });
  });
  afterAll(() => simulator.close());

  it.each(["plain", "uhd", "dash", "pictures", "live_photos", "place", "no_download", "closed_comments"])(
    "is read as the same work: %s",
    async (name) => {
      simulator.works.setFaults(name, ["page_present"]);
      const { id, kind } = simulator.works.work(name);
      const page = await fetch(`${simulator.url}/@www.douyin.com/${kind === "video" ? "video" : "note"}/${id}`);
      const work = readPageState(await page.text(), id, { receivedAt: 5 });
      if (work === null) throw new Error("the page's state has no work");
      const body = JSON.stringify(detailOf(work, "en"));
      const read = readDetail({ status: 200, headers: {}, body }, id, { receivedAt: 5 });
      expect(read).toEqual({ outcome: "found", work: { ...work, source: "reply" } });
    },
  );
});
