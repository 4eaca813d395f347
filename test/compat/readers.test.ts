// Guards: Readers that key messages and viewers by id take no two for one, in every format.
import { describe, expect, it } from "vitest";
import { grab } from "../../src/compat/grab.js";
import { live } from "../../src/compat/live.js";
import {
  type TiktokChat,
  type TiktokGift,
  type TiktokLike,
  type TiktokMember,
  type TiktokRoomUser,
  type TiktokStreamEnd,
  tiktok,
} from "../../src/compat/tiktok.js";
import type { NewEvent, NewEventOf, User } from "../../src/events/event.js";
import { chat, person } from "../http/events.js";
import { until } from "../until.js";
import { type Big, readBig } from "./big-json.js";
import { connect, serveCompat } from "./compat-server.js";
import { ABOUT, FAN, sample } from "./samples.js";

type Plain = { readonly [key: string]: unknown };
const ALL = { room: null, idsAsText: false };
const asked = { room: "98765", idsAsText: true };

/** Two people behind one mask, one whom nothing tells apart, and one who is known. */
const MASKED = person({ masked: true, nickname: "小***", webcastUid: "MS4wLjAAone" });
const OTHER = person({ masked: true, nickname: "小***", webcastUid: "MS4wLjAAtwo" });
const NOBODY = person({ masked: true });
const KNOWN: User = { ...FAN, webcastUid: "MS4wLjAAfan" };
const by = (user: User) => sample("chat", { user } as Partial<NewEvent>);

describe("a reader of jwwsjlm/douyinLive", () => {
  const read = (name: string, change: Partial<NewEventOf<"gift">> & Plain = {}): Plain =>
    JSON.parse(live(30).write(sample(name, change as Partial<NewEvent>), ABOUT, asked)?.text ?? "null");

  it("that keys messages by msgId takes every one, and a repeat for a repeat", () => {
    const idOf = (message: Plain) => (message["common"] as Plain)["msgId"];
    const end = idOf(read("end of a combo"));
    expect(end).toMatch(/^\d{19}$/);
    expect(idOf(read("end of a combo"))).toBe(end);
    expect(idOf(read("end of a combo", { id: "settle:another" }))).not.toBe(end);
    // The platform's own ids of that size would be of the years before it.
    expect(Number(BigInt(String(end)) >> 32n)).toBeLessThan(Date.UTC(1990, 0) / 1000);
    for (const name of ["chat", "chat by somebody hidden", "gift in a combo", "stats", "join", "fans club join"])
      expect([name, idOf(read(name))]).toEqual([name, expect.stringMatching(/^[1-9]\d{17,18}$/)]);
  });

  it("that keys viewers by webcastUid or idStr takes no two for one", () => {
    const key = (user: User) => {
      const { webcastUid, idStr } = (JSON.parse(live(30).write(by(user), ABOUT, asked)?.text ?? "") as { user: Plain }).user;
      return webcastUid || idStr;
    };
    expect([KNOWN, FAN, MASKED, OTHER].map(key)).toEqual(["MS4wLjAAfan", FAN.id, "MS4wLjAAone", "MS4wLjAAtwo"]);
    expect(key(NOBODY)).toBe("111111");
  });

  it("has no online count where only a total of viewers is known", () => {
    expect(read("stats of another message", { online: null, onlineText: "1万人看过" })).not.toHaveProperty("total");
  });

  it("that counts clicks, or units by clicks, or goes by how a gift was sent, gets each", () => {
    const bundle = { gift: { id: "463", name: "小心心", icon: null, combo: true }, unitsPerClick: 66, comboTotal: 132 };
    expect(read("gift in a combo", bundle)).toMatchObject({ groupCount: "66", comboCount: "2", totalCount: "132", sendType: "4" });
    expect(read("gift in a combo", { ...bundle, comboTotal: 66 })).not.toHaveProperty("sendType");
    expect(read("gift in a combo", bundle)).toMatchObject({ gift: { combo: true, describe: "送出小心心" } });
    expect(read("gift in a combo")).toMatchObject({ groupCount: "1", comboCount: "8", sendType: "4" });
    expect(read("gift by itself, to a guest")).toMatchObject({ comboCount: "1", sendType: "1" });
  });
});

describe("a reader of TikTok's style", () => {
  const read = (event: ReturnType<typeof by>) => (JSON.parse(tiktok.write(event, ABOUT, ALL)?.text ?? "") as { data: Plain }).data;

  it("that calls methods of ids and names finds them in everybody, and two masked people apart", () => {
    const keys = [KNOWN, MASKED, OTHER, NOBODY, person({})].map((user) => {
      const { userId, uniqueId, nickname } = read(by(user)) as { userId: string; uniqueId: string; nickname: string };
      return [userId.toString(), uniqueId.toLowerCase(), nickname.trim()].join();
    });
    expect(new Set(keys).size).toBe(5);
    expect(keys[0]).toBe(`${FAN.id},fan_01,小明`);
    expect(keys.every((key) => /^\d+,/.test(key))).toBe(true);
    expect(read(by(MASKED))["userId"]).toBe(read(by({ ...MASKED, nickname: "大***" }))["userId"]);
  });

  /** Data of a sample, as readers have it who read without a look whether a field is there. */
  type Data = TiktokChat & TiktokGift & TiktokLike & TiktokMember & TiktokRoomUser & TiktokStreamEnd;
  const data = (name: string, change: Partial<NewEvent> = {}) => read(sample(name, change) as ReturnType<typeof by>) as unknown as Data;
  const PERSONAL = ["chat", "gift in a combo", "like", "join", "follow", "share"];

  it("of TikFinity keys its channel by that program's id, drops repeats by msgId, and takes only joins that are joins", () => {
    for (const name of PERSONAL) {
      const { tikfinityUserId, tikfinityUsername, msgId, createTime, roomId, secUid } = data(name);
      expect([name, tikfinityUserId.toString(), tikfinityUsername, roomId]).toEqual([name, "1", "98765", "7423409871234567890"]);
      expect([name, Number(createTime) > 1_700_000_000_000, /^\d+$/.test(msgId), secUid]).toEqual([name, true, true, "MS4wLjABAAAAfan"]);
    }
    expect(data("chat", { webRid: null }).tikfinityUsername).toBe("1");
    expect(data("join").actionId).toBe(1);
    expect(data("stats").tikfinityUserId).toBe(1);
  });
});

describe("a reader of DouyinBarrageGrab", () => {
  it("that keys viewers by Id takes no two for one, in numbers that 64 bits hold", () => {
    const ids = [KNOWN, MASKED, OTHER, NOBODY, person({})].map((user) => {
      const { Data } = readBig(grab.write(by(user), ABOUT, ALL)?.text ?? "") as { Data: string };
      return BigInt(((readBig(Data) as { User: { [key: string]: Big } }).User["Id"] ?? 0) as bigint | number);
    });
    expect(new Set(ids).size).toBe(5);
    expect([ids[0], ids[3], ids[4]]).toEqual([BigInt(FAN.id ?? 0), 111_111n, 0n]);
    expect(ids.every((id) => id < 1n << 63n)).toBe(true);
  });
});

it("readers that add up gifts have what was given, each in its own way", () => {
  const events = [
    { delta: 3, comboTotal: 3 },
    { delta: 5, comboTotal: 8 },
    { delta: 0, comboTotal: 8, settled: true },
  ].map((change) => sample("gift in a combo", change as Partial<NewEvent>));
  const dataOf = (text = "null") => JSON.parse(text);
  const inGrab = events.map((event) => dataOf(dataOf(grab.write(event, ABOUT, ALL)?.text)?.Data)?.GiftCount ?? 0);
  const inLive = events.map((event) => Number(dataOf(live(30).write(event, ABOUT, asked)?.text).repeatCount));
  const inTiktok = events.map((event) => dataOf(tiktok.write(event, ABOUT, ALL)?.text).data);
  expect(inGrab.reduce((sum, units) => sum + units, 0)).toBe(8);
  expect(Math.max(...inLive)).toBe(8);
  expect(inTiktok.filter(({ repeatEnd }) => repeatEnd).map(({ repeatCount }) => repeatCount)).toEqual([8]);
});

describe("a client that wants every room, where none is collected", () => {
  it.each(["grab", "tiktok"] as const)("of %s is told how to name one, in what it shows", async (name) => {
    const server = await serveCompat();
    const client = await connect(server.url(name));
    await until(() => client.texts.length === 1);
    const message = JSON.parse(client.texts[0] ?? "") as {
      Type?: number;
      Data?: string;
      event?: string;
      data?: { comment: string; nickname: string };
    };
    const data = message.Data === undefined ? null : (JSON.parse(message.Data) as { Content: string; User: { Nickname: string } });
    expect([message.Type ?? message.event, data?.User.Nickname ?? message.data?.nickname]).toEqual([
      name === "grab" ? 1 : "chat",
      "dylive",
    ]);
    expect(data?.Content ?? message.data?.comment).toContain("?room=");
    // And then it is shown what comes.
    await server.tell(await server.collect("11"), chat("a"));
    await until(() => client.texts.length === 2);
  });

  it("waits without a word where a room is on the watch list", async () => {
    const server = await serveCompat();
    const room = await server.store.rooms.ensure([{ kind: "web_rid", value: "11" }], { webRid: "11" });
    await server.store.rooms.setWatch(room, "on");
    const client = await connect(server.url("grab"));
    await server.collect("11");
    await server.tell(room, chat("a"));
    await until(() => client.texts.length > 0);
    expect(JSON.parse(JSON.parse(client.texts[0] ?? "").Data).Content).toBe("a");
  });
});
