// Guards: danmaku are written beside recordings in the operator's folder alone, after a restart too.
import { appendFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { chat } from "../../contracts/events.js";
import { until } from "../../until.js";
import { serveApi } from "../api-server.js";

const post = (json: unknown) => ({ method: "POST", json });

describe("danmaku beside recordings over the API", () => {
  it("are written for a folder from then on, after a restart too, until that is ended", async () => {
    const { call, clock, tell, recordings, sidecars, openSidecars, tokens } = await serveApi();
    const film = join(recordings, "anchor", "2020-01-01 00-00-00");
    const startMs = Date.UTC(2020, 0, 1);
    mkdirSync(join(recordings, "anchor"));
    const grow = () => {
      appendFileSync(`${film}.flv`, "x");
      utimesSync(`${film}.flv`, startMs / 1000 + 3600, startMs / 1000 + 3600);
    };
    grow();
    const room = await tell("98765", chat("1", { text: "第一句", time: startMs + 5000, receivedAt: startMs + 5000 }));
    const made = await call("/v1/sidecars", post({ folder: "anchor", room: "98765", formats: ["xml", "srt"], timeZone: "Z" }));
    const asked = { folder: "anchor", room, webRid: "98765", formats: ["xml", "srt"], timeZone: "Z" };
    const usual = { namePattern: null, offsetMs: 0, finishedAfterMs: 60_000 };
    expect([made.status, made.body]).toMatchObject([201, { ...asked, ...usual }]);
    const one = async () =>
      (await call("/v1/sidecars", { headers: { "accept-language": "zh" } })).at("sidecars", 0) as Record<string, unknown>;
    await until(() => existsSync(`${film}.srt`));
    expect(readFileSync(`${film}.xml`, "utf8")).toContain('<d p="5.000,');
    expect(await one()).toMatchObject({ trouble: null, recordings: 1, growing: 0 });
    await until(async () =>
      ((await one())["lines"] as { text: string }[]).some(({ text }) => text.includes("录到 2020-01-01 01:00:02 +00:00 结束")),
    );
    expect((await call("/metrics", { token: tokens.read })).text).toContain('dylive_sidecars{state="running"} 1\n');

    const twice = await call("/v1/sidecars", post({ folder: join(recordings, "anchor", "."), room: `room:${room}` }));
    expect([twice.status, twice.at("error", "code")]).toEqual([409, "in_use"]);
    await sidecars.close();
    await tell(room, chat("2", { text: "第二句", time: startMs + 9000, receivedAt: startMs + 9000 }));
    const again = await openSidecars();
    await until(async () => {
      await clock.advance(5000);
      return readFileSync(`${film}.xml`, "utf8").includes("第二句");
    });
    expect(again.list()).toMatchObject([{ id: made.at("id"), trouble: null, recordings: 1 }]);
    await again.close();

    expect((await call(`/v1/sidecars/${made.at("id")}`, { method: "DELETE" })).body).toMatchObject({ id: made.at("id") });
    expect((await call("/v1/sidecars")).body).toEqual({ possible: true, sidecars: [] });
    expect((await call(`/v1/sidecars/${made.at("id")}`, { method: "DELETE" })).status).toBe(404);
    expect((await openSidecars()).list()).toEqual([]);
    expect(existsSync(`${film}.xml`)).toBe(true);
  });

  it("are written in no other folder, and for nobody but an admin", async () => {
    const { call, tell, recordings, tokens } = await serveApi();
    await tell("98765", chat("1"));
    mkdirSync(join(recordings, "..", "outside"));
    symlinkSync(join(recordings, "..", "outside"), join(recordings, "link"));
    const refusal = async (json: object) => {
      const { status, at } = await call("/v1/sidecars", post({ room: "98765", folder: ".", ...json }));
      return [status, at("error", "message")];
    };
    for (const folder of ["../outside", "link", "/", "a/../../outside"])
      expect(await refusal({ folder }), folder).toEqual([400, expect.stringMatching(/is not in the folder of recordings|cannot be read/)]);
    expect(await refusal({ folder: "a\u0000b" })).toEqual([400, expect.stringContaining("is not in the folder of recordings")]);
    expect(await refusal({ folder: "nowhere" })).toEqual([400, expect.stringMatching(/nowhere cannot be read: there is no such file/)]);
    expect(await refusal({ room: "nosuch" })).toEqual([404, expect.anything()]);
    for (const token of [tokens.read, tokens.manage]) {
      expect((await call("/v1/sidecars", { ...post({ folder: ".", room: "98765" }), token })).status).toBe(403);
      expect((await call("/v1/sidecars", { token })).status).toBe(403);
    }
    expect((await call("/v1/sidecars")).body).toEqual({ possible: true, sidecars: [] });
  });
});
