// Guards: /douyin/video/detail gives the platform's reply, or the same work by the same names.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../../simulator/index.js";
import { detailOf } from "../../../src/http/compatible/work-detail.js";
import { readDetail, readPageState } from "../../../src/platform/works/work.js";
import { workOf } from "../../works/work.js";
import { serveApi } from "../api-server.js";
import { DELETED, WORK } from "../fake-work-reader.js";

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
