import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Api, startApi } from "../../../src/http/server.js";
import { createToken } from "../../../src/http/tokens.js";
import { systemClock } from "../../../src/runtime/clock.js";
import { openSqliteStore } from "../../../src/store/sqlite/store.js";
import { startRunning } from "../../collector/running.js";

let run: Awaited<ReturnType<typeof startRunning>>;
let api: Api;
let token: string;
beforeAll(async () => {
  const store = openSqliteStore({ path: ":memory:" });
  run = await startRunning({}, { store });
  run.simulator.rooms.shortLink("EVIL", "http://127.0.0.1:1/100000001");
  const { rooms } = run;
  api = await startApi({ host: "127.0.0.1", port: 0, store, rooms, clock: systemClock, logger: pino({ level: "silent" }) });
  ({ token } = await createToken(store.tokens, { name: "test", scope: "manage", now: Date.now() }));
});
afterAll(async () => {
  await api.close();
  await run.stop();
});

async function add(room: string, watch: boolean) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await fetch(`${api.url}/v1/rooms`, { method: "POST", headers, body: JSON.stringify({ room, watch }) });
  return {
    status: response.status,
    body: (await response.json()) as { id?: string; webRid?: string; watch?: string; error?: { code: string } },
  };
}

describe("POST /v1/rooms", () => {
  it("takes whatever names a room: numbers, links, share texts with a short link; all of them the same one", async () => {
    const ids = new Set<string | undefined>();
    for (const [text, watch] of [
      ["8- 【小棉袄优选】正在直播，来和我一起支持Ta吧。复制下方链接，打开【抖音】 https://v.douyin.com/DEMO1/ 7@9.com :4pm", true],
      ["100000001", true],
      ["https://live.douyin.com/100000001?from_search=true&x=1", false],
      ["看看这个 live.douyin.com/100000001，快来", false],
      [" v.douyin.com/DEMO1 ", false],
    ] as const) {
      const added = await add(text, watch);
      expect([text, added.status, added.body.webRid, added.body.watch]).toEqual([text, 201, "100000001", "on"]);
      ids.add(added.body.id);
    }
    expect(ids.size).toBe(1);
  });

  it.each([
    ["看 https://evil.com/100000001 快", 400, "bad_room"],
    ["没有链接的一段话", 400, "bad_room"],
    ["https://v.douyin.com/EVIL/", 503, "room_unknown"],
    ["https://v.douyin.com/NOPE/", 404, "no_account"],
  ])("refuses %s in words, and asks nobody but the platform", async (text, status, code) => {
    const before = (await run.store.rooms.list()).length;
    const refused = await add(text, true);
    expect([refused.status, refused.body.error?.code]).toEqual([status, code]);
    expect((await run.store.rooms.list()).length).toBe(before);
  });
});
