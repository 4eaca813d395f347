import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { WorkFault } from "../../../simulator/index.js";
import type { DownloadStatus } from "../../../src/works/download-service.js";
import { FakeClock } from "../../clock.js";
import { until } from "../../until.js";
import { DownloadStage } from "../../works/downloading.js";
import { downloadOf } from "../../works/kept-download.js";
import { type ApiServer, serveApi } from "../api-server.js";
import { CAPTCHA, WORK } from "../fake-work-reader.js";

let stage: DownloadStage;
beforeAll(async () => {
  stage = await DownloadStage.open();
});
afterAll(() => stage.close());
afterEach(() => stage.mend());

/** A server that reads these works of the simulator as they are when it begins. */
async function serving(...names: readonly string[]) {
  const server = await serveApi({ media: stage.simulator.url, clock: new FakeClock(Date.now()) });
  const read = async (name: string) => {
    const work = { ...(await stage.read(name)), receivedAt: server.clock.now() };
    server.workReader.readings.set(work.id, { outcome: "found", work, reply: null });
    return work;
  };
  for (const name of names) await read(name);
  const ask = (link: string, more: object = {}, token?: string) =>
    server.call("/v1/downloads", { method: "POST", json: { link, ...more }, ...(token !== undefined && { token }) });
  return { ...server, read, ask };
}

const ended = ({ call }: Pick<ApiServer, "call">, id: unknown) =>
  until(async () => {
    const status = (await call(`/v1/downloads/${String(id)}`)).body as DownloadStatus;
    return status.endedAt !== null && status;
  });

describe("downloads over the API", () => {
  it("are started by those who manage, tell their bytes, and end with the files as they are", async () => {
    const server = await serving("plain");
    const { call, ask, token, folder } = server;
    const { id, rungs } = stage.truth("plain");
    const manage = await token({ scope: "manage", name: "小安" });
    const begun = await ask(`看 https://www.douyin.com/video/${id}`, { quality: "720p" }, manage);
    expect([begun.status, begun.body]).toMatchObject([
      202,
      { workId: id, askedBy: "小安", wish: { quality: "720p", hdr: false }, here: true },
    ]);
    const done = await ended(server, begun.at("id"));
    const truth = rungs.find(({ name }) => name === "normal_720_0");
    expect(done).toMatchObject({
      state: "done",
      bytes: truth?.file.size,
      totalBytes: truth?.file.size,
      files: [{ sha256: truth?.file.sha256 }, { role: "meta" }],
    });
    expect(readFileSync(join(folder, id, done.files[0]?.name ?? "")).equals(truth?.file.bytes ?? Buffer.alloc(0))).toBe(true);
    const files = await call(`/v1/works/${id}/files`);
    expect(files.body).toMatchObject({
      offered: [{ role: "video", index: 0, variant: "normal_1080_0", reason: expect.stringContaining("every player") }],
      downloaded: [{ download: done.id, role: "video", variant: "normal_720_0", here: true }, { role: "meta" }],
    });
    const offered = files.at("offered", 0, "rungs") as { name: string; watermark: boolean }[];
    expect(offered.length).toBe(rungs.length);
    expect(offered.filter(({ watermark }) => watermark)).toEqual([]);
    expect((await call(`/v1/works/${id}/files?quality=smallest&covers=true`)).at("offered", 1, "role")).toBe("cover");
    const metrics = await call("/metrics");
    expect(metrics.text).toContain('dylive_downloads_ended_total{state="done"} 1');
    expect(metrics.text).toContain('dylive_downloads{state="running"} 0');
  });

  it.each<readonly [faults: readonly WorkFault[], why: string]>([
    [["cdn_dead"], "HTTP 403"],
    [["cdn_html"], "HTML instead of a film"],
    [["cdn_short"], "a short body"],
    [["cdn_wrong_type"], "a jpeg instead of a film"],
  ])("with the fault %s end as failed, with the reason, after the page was read again", async (faults, why) => {
    stage.faults("plain", ...faults);
    const server = await serving("plain");
    const { id } = stage.truth("plain");
    const done = await ended(server, (await server.ask(id)).at("id"));
    expect(done).toMatchObject({ state: "failed", reason: expect.stringContaining(why), files: [{ name: null, state: "failed" }] });
    expect(server.workReader.asked.length).toBeGreaterThan(1);
  });

  it("get over a dead mirror, and over addresses that have expired, by another reading", async () => {
    stage.faults("uhd", "cdn_dead_mirror");
    stage.faults("plain", "cdn_expired", "cdn_play_astray");
    const server = await serving("plain", "uhd");
    stage.faults("plain");
    const { workReader } = server;
    const first = workReader.read.bind(workReader);
    workReader.read = async (asked, signal) => {
      const reading = await first(asked, signal);
      await server.read("plain");
      return reading;
    };
    const { id } = stage.truth("plain");
    for (const work of [id, stage.truth("uhd").id])
      expect(await ended(server, (await server.ask(work)).at("id"))).toMatchObject({ state: "done" });
    expect(workReader.asked.filter((one) => one === id)).toEqual([id, id]);
  });

  it("are listed newest first, page by page, of all or of one work, cancelled and removed", async () => {
    const { call, store } = await serving();
    for (const id of ["a", "b", "c"])
      await store.downloads.begin(downloadOf(id, id === "b" ? CAPTCHA : WORK, { endedAt: 5, state: "done" }), "gone");
    const ids = (reply: Awaited<ReturnType<typeof call>>) => (reply.at("downloads") as { id: string }[]).map(({ id }) => id);
    const first = await call("/v1/downloads?limit=2");
    expect([ids(first), ids(await call(`/v1/downloads?limit=2&cursor=${String(first.at("next"))}`))]).toEqual([["c", "b"], ["a"]]);
    expect(ids(await call(`/v1/downloads?work=${WORK}`))).toEqual(["c", "a"]);
    expect((await call("/v1/downloads/c", { method: "DELETE" })).at("state")).toBe("done");
    expect((await call("/v1/downloads/c?remove=true", { method: "DELETE" })).status).toBe(200);
    expect((await call("/v1/downloads/c", { method: "DELETE" })).status).toBe(404);
    expect(ids(await call("/v1/downloads"))).toEqual(["b", "a"]);
  });

  it("are nobody's who may not: rooms, reading alone, and the author's word for all but an admin", async () => {
    const { call, ask, token, tokens, tell, lines } = await serving("no_download");
    await tell("98765");
    const limited = await token({ scope: "manage", rooms: ["98765"] });
    const { id } = stage.truth("no_download");
    for (const path of ["/v1/downloads", "/v1/downloads/x", `/v1/works/${id}/files`])
      expect((await call(path, { token: limited })).status).toBe(403);
    expect([(await ask(id, {}, limited)).status, (await ask(id, {}, tokens.read)).status]).toEqual([403, 403]);
    expect((await call("/v1/downloads/x", { method: "DELETE", token: tokens.read })).status).toBe(403);
    const forbidden = await ask(id, { ignoreAuthorSetting: true }, tokens.manage);
    expect([forbidden.status, forbidden.at("error", "message")]).toEqual([403, expect.stringContaining("operator")]);
    const asked = await ask(id, {}, tokens.manage);
    expect(await ended({ call }, asked.at("id"))).toMatchObject({ state: "failed", reason: expect.stringContaining("does not allow") });
    const forced = await ask(id, { ignoreAuthorSetting: true });
    expect(await ended({ call }, forced.at("id"))).toMatchObject({ state: "done" });
    expect(lines.some((line) => line.includes(id) && line.includes("does not allow"))).toBe(true);
  });
});
