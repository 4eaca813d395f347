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
  type TiktokUser,
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

  it("that takes the online count from the room's counter has it", () => {
    expect(read("stats of another message")).toMatchObject({ method: "WebcastRoomStatsMessage", total: "812", displayValue: "812" });
    expect(read("stats of another message", { online: null, onlineText: "1万人看过" })).not.toHaveProperty("total");
  });

  it("that shows the pieces of a text shows who did what", () => {
    const shown = (name: string) => {
      const { pieces } = (
        read(name)["common"] as { displayText: { pieces: readonly { stringValue?: string; userValue?: { user: Plain } }[] } }
      ).displayText;
      return pieces.map(({ stringValue, userValue }) => stringValue ?? userValue?.user["nickname"] ?? "").join("");
    };
    expect(["join", "like", "follow", "share", "gift in a combo"].map(shown)).toEqual(["小明", "小明", "小明", "小明", "小明小心心x8"]);
  });

  it("that counts clicks, or units by clicks, or goes by how a gift was sent, gets each", () => {
    const bundle = { gift: { id: "463", name: "小心心", icon: null, combo: true }, unitsPerClick: 66, comboTotal: 132 };
    expect(read("gift in a combo", bundle)).toMatchObject({ groupCount: "66", comboCount: "2", totalCount: "132", sendType: "4" });
    expect(read("gift in a combo", { ...bundle, comboTotal: 66 })).not.toHaveProperty("sendType");
    expect(read("gift in a combo", bundle)).toMatchObject({ gift: { combo: true, describe: "送出小心心" } });
    expect(read("gift in a combo")).toMatchObject({ groupCount: "1", comboCount: "8", sendType: "4" });
    expect(read("gift by itself, to a guest")).toMatchObject({ comboCount: "1", sendType: "1" });
  });

  it("that reads counts, prices and people of a message finds each where protobuf has it", () => {
    expect(read("gift by itself, to a guest")).toMatchObject({
      giftId: "685",
      toUser: { id: "42", nickname: "嘉宾" },
      gift: { id: "685", name: "粉丝灯牌" },
      repeatEnd: 1,
    });
    const gift = read("gift in a combo")["gift"] as { diamondCount: number; image: { urlList: string[] } };
    expect([gift.diamondCount, gift.image.urlList[0], read("gift in a combo")["groupId"]]).toEqual([
      1,
      "https://p3.douyinpic.com/heart.png",
      "1718870387667",
    ]);
    expect(read("like")).toMatchObject({ count: "5", total: "123456" });
    expect(read("join")).toMatchObject({ memberCount: "812", action: "1" });
    expect(read("join by a share")["userEnterTipType"]).toBe("6");
    expect(read("follow")).toMatchObject({ action: "1", followCount: "10001" });
    expect(read("share")).toMatchObject({ action: "3", shareTarget: "112" });
    expect(read("stats")).toMatchObject({ total: "812", totalUser: "30500", totalUserStr: "3.05万" });
    const [first] = read("stats")["ranks"] as { score: string; rank: string; user: Plain }[];
    expect([first?.rank, first?.score, first?.user["nickname"]]).toEqual(["1", "520", "小明"]);
    const { user } = read("chat") as { user: { payGrade: Plain; fansClub: { data: Plain }; userAttr: Plain; gender: number } };
    expect([user.payGrade["level"], user.fansClub.data, user.userAttr["isAdmin"], user.gender]).toEqual([
      "23",
      { clubName: "铁粉", level: 7 },
      true,
      1,
    ]);
  });

  it("that greets new members of the fans club tells them from those who rise in it", () => {
    expect(read("fans club join")).toMatchObject({ method: "WebcastFansclubMessage", action: 2, content: "恭喜 小明 加入粉丝团" });
    expect(read("fans club upgrade")).toMatchObject({ action: 1, user: { nickname: "小明" } });
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

  it("that shows faces finds them in either place, also those of who has none", () => {
    // The first of them, else the last of the details, without a look whether there are any.
    const faceIn = ({ profilePictureUrl, userDetails }: TiktokUser) =>
      profilePictureUrl || userDetails.profilePictureUrls[userDetails.profilePictureUrls.length - 1];
    for (const name of PERSONAL) {
      expect([name, faceIn(data(name))]).toEqual([name, FAN.avatar]);
      expect(data(name).userDetails.profilePictureUrls[0]).toBe(FAN.avatar);
    }
    expect(faceIn(read(by(NOBODY)) as never)).toBeUndefined();
    expect(data("stats").topViewers[0]?.user.userDetails.profilePictureUrls).toEqual([FAN.avatar]);
  });

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

  it("that shows labels has them with the place for a name, and tells a follow from a share by the key", () => {
    const shown = (name: string) => data(name).label.replace("{0:user}", data(name).nickname);
    expect(["like", "join", "follow", "share"].map(shown)).toEqual(["小明 点赞了直播", "小明 来了", "小明 关注了主播", "小明 分享了直播"]);
    expect(["follow", "share"].map((name) => data(name).displayType.includes("follow"))).toEqual([true, false]);
    expect(["follow", "share"].map((name) => data(name).displayType.includes("share"))).toEqual([false, true]);
  });

  it("that goes by roles, levels and badges finds them, and of what Douyin does not tell nothing that says no", () => {
    const { isModerator, gifterLevel, teamMemberLevel, userBadges } = data("chat");
    expect([isModerator, gifterLevel, teamMemberLevel, userBadges.find(() => true), userBadges.length]).toEqual([
      true,
      23,
      7,
      undefined,
      0,
    ]);
    for (const field of ["followRole", "followInfo", "isSubscriber", "isNewGifter", "topGifterRank"])
      expect(data("chat")).not.toHaveProperty(field);
    expect([data("chat").emotes.length, data("chat").comment]).toEqual([0, "你好"]);
  });

  it("that adds up diamonds has the price in either place, the picture, the receiver and the time", () => {
    const gift = data("end of a combo");
    const prices = [gift.diamondCount, gift.extendedGiftInfo.diamond_count].map(Number);
    expect(prices.map((price) => price * gift.repeatCount)).toEqual([8, 8]);
    expect([gift.gift.gift_id, gift.gift.repeat_count, gift.gift.repeat_end]).toEqual([463, 8, 1]);
    expect([gift.giftId.toString(), gift.giftName, gift.extendedGiftInfo.name, gift.groupId]).toEqual([
      "463",
      "小心心",
      "小心心",
      "1718870387667",
    ]);
    expect([gift.giftPictureUrl, gift.extendedGiftInfo.image.url_list[0]]).toEqual(Array(2).fill("https://p3.douyinpic.com/heart.png"));
    expect([gift.timestamp, gift.giftType, gift.repeatEnd, gift.gift.gift_type]).toEqual([1_760_000_000_123, 1, true, 1]);
    // Nobody told its price: a sum that takes what is not there for a number would be none.
    const unpriced = data("gift by itself, to a guest");
    expect([Number(unpriced.diamondCount) > 0, unpriced.diamondCount || 0, unpriced.receiverUserId]).toEqual([false, 0, "42"]);
  });

  it("that shows counts has them as numbers", () => {
    expect([data("like").likeCount, data("like").totalLikeCount, data("stats").viewerCount]).toEqual([5, 123_456, 812]);
    expect(data("like", { total: null } as Partial<NewEvent>)).not.toHaveProperty("totalLikeCount");
    expect([...data("stats").topViewers].sort((a, b) => b.coinCount - a.coinCount)[0]).toMatchObject({ coinCount: 520 });
    expect(data("stats of another message").topViewers).toEqual([]);
    expect(data("room ended").action).toBe(3);
  });

  it("that says thanks has the words, and numbers for ids of messages", () => {
    expect(read(sample("gift in a combo") as never)).toMatchObject({ describe: "送出小心心", gift: { gift_id: 463, repeat_end: 0 } });
    expect(read(sample("end of a combo") as never)["msgId"]).toMatch(/^\d{19}$/);
  });
});

describe("a reader of DouyinBarrageGrab", () => {
  type Fields = { [key: string]: Big };
  const dataOf = (name: string): Fields =>
    readBig((readBig(grab.write(sample(name), ABOUT, ALL)?.text ?? "") as { Data: string }).Data) as Fields;
  const NOT_KNOWN = { FollowerCount: -1, FollowStatus: -1, FollowingCount: -1, Level: 0 };
  const fan = {
    ...NOT_KNOWN,
    Id: BigInt(FAN.id ?? 0),
    ...{ IsAdmin: true, IsAnchor: false, ShortId: 1_234_567, DisplayId: "fan_01", Nickname: "小明", PayLevel: 23, Gender: 1 },
    ...{ HeadImgUrl: "https://p3.douyinpic.com/fan.jpeg", SecUid: "MS4wLjABAAAAfan", FansClub: { ClubName: "铁粉", Level: 7 } },
  };
  const owner = {
    UserId: "1002003004005006",
    SecUid: "MS4wLjABAAAAanchor",
    Nickname: "主播",
    HeadUrl: "https://p3.douyinpic.com/anchor.jpeg",
  };
  const base = { MsgId: 7423411736452893481n, RoomId: "7423409871234567890", WebRoomId: "98765", Appid: "" };

  it.each([
    ["chat", { User: fan, Content: "你好" }],
    ["like", { User: fan, Count: 5, Total: 123_456, Content: "小明 为主播点了5个赞，总点赞123456" }],
    ["join", { User: fan, CurrentCount: 812, EnterTipType: 0, Content: "小明 来了 直播间人数:812" }],
    ["join by a share", { EnterTipType: 6 }],
    ["follow", { User: fan, Content: "小明 关注了主播" }],
    [
      "gift in a combo",
      {
        ...{ User: fan, GiftId: 463, GiftName: "小心心", GroupId: 1_718_870_387_667, GiftCount: 3, RepeatCount: 8, DiamondCount: 1 },
        ...{ Combo: true, ImgUrl: "https://p3.douyinpic.com/heart.png", ToUser: null, Content: "小明 送出 小心心(可连击) x 8个，增量3个" },
      },
    ],
    ["gift by itself, to a guest", { ToUser: { Id: 42, Nickname: "嘉宾" }, DiamondCount: 0, Combo: false, ImgUrl: "", GroupId: 0 }],
    ["stats", { User: null, OnlineUserCount: 812, TotalUserCount: 30_500, TotalUserCountStr: "3.05万", OnlineUserCountStr: "812" }],
    ["fans club join", { User: fan, Type: 2, Level: 7, Content: "恭喜 小明 加入粉丝团" }],
    ["fans club upgrade", { Type: 1, Level: 7 }],
    ["share", { User: fan, ShareType: 112, Content: "小明 分享了直播间到抖音好友" }],
    ["share to nowhere known", { ShareType: 0 }],
    ["room ended", { User: null, Content: "直播已结束", MsgId: expect.anything() }],
  ])("that goes through a %s field by field finds what happened, in whose room", (name, fields) => {
    expect(dataOf(name)).toMatchObject({ ...base, Onwer: { ...owner, FollowStatus: -1 }, ...fields });
  });

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
