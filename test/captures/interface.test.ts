// Guards: captured messages leave the compatible interface as its document shows them.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { type App, startApp } from "../../src/app/app.js";
import { loadConfig } from "../../src/app/config.js";
import { createToken } from "../../src/http/tokens.js";
import { systemClock } from "../../src/runtime/clock.js";
import { chat, scratch } from "../e2e/command.js";
import { until } from "../until.js";

const SHARED = process.env["DYLIVE_SHARED"] ?? fileURLToPath(new URL("../../../shared", import.meta.url));
const ROOM = "300000001";
const dir = scratch();
let simulator: Simulator;
let app: App;
let token: string;

beforeAll(async () => {
  simulator = await startSimulator({
    rooms: [{ webRid: ROOM, kind: "talk", state: "live", title: "t", anchor: "a", clubName: "c", viewers: 1, everySeconds: { stats: 1 } }],
  });
  app = await startApp(
    loadConfig({ port: 0, data: dir.path, upstream: simulator.url, logLevel: "silent" }, {}),
    { browsers: [], display: false },
    systemClock,
    pino({ level: "silent" }),
  );
  ({ token } = await createToken(app.store.tokens, { name: "t", scope: "read", now: Date.now() }));
  await chat(app.url, { token, room_id: ROOM });
  await until(() => simulator.truth(ROOM).connections.length > 0);
});
afterAll(async () => {
  await app.close();
  await simulator.close();
  dir.remove();
});

/** What is new, once there are `count` of it. */
async function news(count: number): Promise<unknown[]> {
  const events: unknown[] = [];
  await until(async () => {
    events.push(...(await chat(app.url, { token, room_id: ROOM, wait: "1" })).body.data);
    return events.length >= count;
  });
  return events;
}

describe("over a real WebSocket, through the store and out of the interface", () => {
  it("the captured frame gives the document's join, and likes in its style", async () => {
    simulator.rooms.sendFrame(ROOM, readFileSync(`${SHARED}/captures/frames/2024-02-26-member-like.bin`));
    await until(() => simulator.truth(ROOM).sent.byMethod["WebcastLikeMessage"] === 2);
    expect(simulator.truth(ROOM).sent.byMethod["WebcastMemberMessage"]).toBe(1);
    expect(await news(3)).toEqual([
      {
        type: "WebcastMemberMessage",
        nickname: "书6",
        uid: "66469981167",
        short_id: "543533424",
        msg_id: "7339739750997620751",
        sec_uid: '"MS4wLjABAAAAdZFN1qR5p6-R0Towf6Ck8FoJLoHJoXGUdZFN1qR5p6-"',
        msg: "来了",
      },
      {
        type: "WebcastLikeMessage",
        nickname: "琴31",
        uid: "590742033167179",
        short_id: "80263415562",
        msg_id: "7339739751115285800",
        sec_uid: '"MS4wLjABAAAAUQN4_37pSmiyKo8RLdpe6X7v3vnsYzVKUQN4_37pSmi"',
        msg: "点赞",
        count: 13,
        total: 13826,
      },
      {
        type: "WebcastLikeMessage",
        nickname: "菊山果兰林石0",
        uid: "1540610654859382",
        short_id: "91722088145",
        msg_id: "7339739752734265353",
        sec_uid: '"MS4wLjABAAAA2491EMEj1taOdWDvM_RmmTZM871wv7Hx2491EMEj1taOdWDvM_RmmTZM871wv7Hx"',
        msg: "点赞",
        count: 9,
        total: 13826,
      },
    ]);
  });

  it("messages with the values of the document's example give exactly its objects, in its key order", async () => {
    const example = JSON.parse(readFileSync(`${SHARED}/seed-example.json`, "utf8"));
    for (const object of example.data) {
      const bare = (text: string) => text.replace(/^"|"$/g, "");
      const user = {
        id: object.uid,
        nickname: object.nickname,
        sec_uid: bare(object.sec_uid),
        ...(object.short_id ? { short_id: object.short_id } : {}),
        ...(object.avatar ? { avatar_thumb: { url_list: [object.avatar] } } : {}),
      };
      const own = object.type === "WebcastChatMessage" ? { content: object.text } : { action: 1 };
      simulator.rooms.send(ROOM, object.type, { user, ...own }, { msgId: object.msg_id ?? object.tid });
    }
    const got = await news(example.data.length);
    expect(got).toEqual(example.data);
    expect(JSON.stringify({ code: 200, data: got, msg: "success" })).toBe(JSON.stringify(example));
  });
});
