import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { NewEvent } from "../../src/events/event.js";
import type { Context, Envelope } from "../../src/events/head.js";
import { normalise } from "../../src/events/normalise.js";
import { Drift } from "../../src/wire/drift.js";
import { expectValid } from "./check.js";
import { context, encode, envelope } from "./encode.js";

const COMMON = { msgId: "7624523651580285990", roomId: "7624505674873244442", createTime: "1775222770095" };
const USER = { id: "111482481280", shortId: "1386443418", nickname: "菊0", displayId: "1386443418", secUid: "MS4wLjABAAAA6CLH", gender: 2 };

function event(from: Envelope, changes: Partial<Context> = {}): NewEvent {
  const draft = normalise(from, context(changes));
  if (draft === null) throw new Error("no event");
  expectValid(draft.event);
  return draft.event;
}

describe("ids", () => {
  test("are the envelope's, else the message's, else a digest of method and payload", () => {
    expect(event(envelope("LikeMessage", { common: COMMON, count: 1 }, "77")).id).toBe("77");
    expect(event(envelope("LikeMessage", { common: COMMON, count: 1 }, "0")).id).toBe("7624523651580285990");
    const bare = envelope("LikeMessage", { count: 1 }, "0");
    const digest = createHash("sha256").update("WebcastLikeMessage").update(bare.payload).digest("hex").slice(0, 16);
    expect(event(bare).id).toBe(`h:${digest}`);
    expect(event(bare).id).toBe(event(bare, { receivedAt: 5, room: 9 }).id);
  });
});

describe("times", () => {
  test("are the envelope's, in seconds or milliseconds", () => {
    const at = (createTime: string) => event(envelope("LikeMessage", { common: { ...COMMON, createTime } }));
    expect(at("1775222770095")).toMatchObject({ time: 1_775_222_770_095 });
    expect(at("1775222773")).toMatchObject({ time: 1_775_222_773_000 });
    expect("timeEstimated" in at("1775222773")).toBe(false);
  });

  test("or the message's own", () => {
    const common = { msgId: "7624523502880936969" };
    expect(event(envelope("ChatMessage", { common, content: "a", eventTime: "1775222718" }))).toMatchObject({ time: 1_775_222_718_000 });
    const screen = envelope("ScreenChatMessage", { common, content: "a", eventTime: "1775222718123456789" });
    expect(event(screen)).toMatchObject({ time: 1_775_222_718_123 });
  });

  test("or estimated by the id", () => {
    const join = event(envelope("MemberMessage", { common: { msgId: "7624523674208934463" }, action: 1 }, "7624523674208934463"));
    expect(join).toMatchObject({ time: Number(BigInt("7624523674208934463") >> 32n) * 1000, timeEstimated: true });
  });
});

describe("users", () => {
  const user = (from: object, changes: Partial<Context> = {}) => {
    const made = event(envelope("MemberMessage", { common: COMMON, user: from, action: 1 }), changes);
    return "user" in made ? made.user : undefined;
  };

  test("are told in full", () => {
    const full = {
      ...USER,
      avatarThumb: { urlList: ["http://p3.douyinpic.com/a.jpeg", "https://p26.douyinpic.com/a.jpeg"] },
      payGrade: { level: 20 },
      fansClub: { data: { clubName: "牙牙", level: 5 } },
      userAttr: { isAdmin: true },
    };
    expect(user(full)).toEqual({
      id: "111482481280",
      secUid: "MS4wLjABAAAA6CLH",
      displayId: "1386443418",
      shortId: "1386443418",
      nickname: "菊0",
      avatar: "https://p3.douyinpic.com/a.jpeg",
      gender: "female",
      payLevel: 20,
      fansClub: { name: "牙牙", level: 5 },
      isAdmin: true,
      isAnchor: false,
      masked: false,
    });
  });

  test("have null for what is unknown", () => {
    const nobody = {
      id: null,
      secUid: null,
      displayId: null,
      shortId: null,
      nickname: null,
      avatar: null,
      gender: null,
      payLevel: null,
      fansClub: null,
      isAdmin: false,
      isAnchor: false,
      masked: false,
    };
    expect(user({ payGrade: {}, fansClub: { data: { clubName: "牙牙" } }, userAttr: {} })).toEqual(nobody);
    const made = event(envelope("LikeMessage", { common: COMMON, count: 3 }));
    expect("user" in made && made.user).toEqual(nobody);
  });

  test("are masked in an anonymised room, and then nobody's anchor", () => {
    expect(user({ id: "111111", nickname: "x***" }, { anchorId: "111111" })).toMatchObject({
      id: null,
      nickname: "x***",
      masked: true,
      isAnchor: false,
    });
  });

  test("are the anchor by id", () => {
    expect(user({ id: "1185726406598938" })).toMatchObject({ isAnchor: true });
    expect(user({ id: "1185726406598938" }, { anchorId: null })).toMatchObject({ isAnchor: false });
  });

  test("come from the envelope when the message has none", () => {
    expect(event(envelope("LikeMessage", { common: { ...COMMON, user: USER }, count: 3 }))).toMatchObject({ user: { id: "111482481280" } });
  });

  test("lose NUL and what is too long", () => {
    const made = user({ id: "5", nickname: "a\0b", displayId: "x".repeat(5000) });
    expect(made).toMatchObject({ nickname: "ab" });
    expect(made?.displayId?.length).toBe(512);
  });
});

describe("chat", () => {
  test("text keeps its codes", () => {
    const made = event(envelope("ChatMessage", { common: COMMON, user: USER, content: "你好[比心]" }));
    expect(made).toMatchObject({ type: "chat", kind: "text", text: "你好[比心]", segments: [{ text: "你好[比心]" }], luckyBag: false });
  });

  test("rich text gives emoji with their images, the newer one first", () => {
    const image = (name: string) => ({ imageValue: { image: { urlList: [`https://p3.douyinpic.com/${name}.png`], content: { name } } } });
    const made = event(
      envelope("ChatMessage", {
        common: COMMON,
        user: USER,
        content: "哈[比心]哈",
        rtfContent: { pieces: [{ stringValue: "old" }, image("旧")] },
        rtfContentV2: {
          defaultPattern: "{0:string}{1:image}{2:string}",
          pieces: [{ stringValue: "哈" }, image("比心"), { stringValue: "哈" }],
        },
      }),
    );
    expect(made).toMatchObject({
      text: "哈[比心]哈",
      segments: [{ text: "哈" }, { emoji: "比心", url: "https://p3.douyinpic.com/比心.png" }, { text: "哈" }],
    });
  });

  test("a lucky bag's passphrase is marked", () => {
    expect(event(envelope("ChatMessage", { common: COMMON, content: "666", chatBy: 9 }))).toMatchObject({ luckyBag: true });
  });

  test("an emoji alone has its fallback as text", () => {
    const content = {
      defaultPattern: "{0:image}",
      pieces: [{ type: 1, imageValue: { image: { urlList: ["https://lf5.douyinstatic.com/7.png"] } } }],
    };
    const made = event(envelope("EmojiChatMessage", { common: COMMON, user: USER, emojiContent: content, defaultContent: "[表情]" }));
    expect(made).toMatchObject({
      kind: "emoji",
      text: "[表情]",
      segments: [{ emoji: "[表情]", url: "https://lf5.douyinstatic.com/7.png" }],
    });
  });

  test.each([
    ["ScreenChatMessage", "screen"],
    ["PrivilegeScreenChatMessage", "privilege"],
    ["AudioChatMessage", "audio"],
  ])("%s", (name, kind) => {
    expect(event(envelope(name, { common: COMMON, user: USER, content: "在吗" }))).toMatchObject({ type: "chat", kind, text: "在吗" });
  });

  test("an exhibition's text is templated and names its user; without words it is unknown", () => {
    const displayText = { defaultPattern: "{0:user} 点亮了{1:string}", pieces: [{ userValue: { user: USER } }, { stringValue: "图鉴" }] };
    const made = event(envelope("ExhibitionChatMessage", { common: COMMON, displayText }));
    expect(made).toMatchObject({ kind: "exhibition", text: "菊0 点亮了图鉴", user: { id: "111482481280" } });
    expect(event(envelope("ExhibitionChatMessage", { common: COMMON, lightedItem: 3 })).type).toBe("unknown");
  });
});

describe("members", () => {
  const member = (action: number, more: object = {}) => event(envelope("MemberMessage", { common: COMMON, user: USER, action, ...more }));

  test("1 joins", () => {
    expect(member(1, { memberCount: 4 })).toMatchObject({ type: "join", memberCount: 4, via: null });
    expect(member(1, { userEnterTipType: 6 })).toMatchObject({ type: "join", memberCount: null, via: "share" });
  });

  test("2 leaves, 8 shares, 20 follows", () => {
    expect(member(2).type).toBe("leave");
    expect(member(8)).toMatchObject({ type: "share", target: null });
    expect(member(20)).toMatchObject({ type: "follow", followers: null });
  });

  test.each([
    [3, "mute"],
    [4, "unmute"],
    [5, "set_admin"],
    [6, "unset_admin"],
    [7, "kick"],
    [9, "manager_mute"],
    [10, "manager_unmute"],
    [11, "block"],
  ])("%i moderates: %s", (code, action) => {
    expect(member(code, { operator: { id: "9", nickname: "管" } })).toMatchObject({ type: "moderation", action, operator: { id: "9" } });
  });

  test("others are kept as they came", () => {
    expect([0, 12, 21].map((code) => member(code).type)).toEqual(["unknown", "unknown", "unknown"]);
  });

  test("a bare user_id is a user", () => {
    expect(event(envelope("MemberMessage", { common: COMMON, action: 2, userId: "42" }))).toMatchObject({ user: { id: "42" } });
  });
});

describe("social", () => {
  const social = (message: object) => event(envelope("SocialMessage", { common: COMMON, user: USER, ...message }));

  test("1 follows, 3 shares, and no share is ever a follow", () => {
    expect(social({ action: 1, followCount: 1_209_750 })).toMatchObject({ type: "follow", followers: 1_209_750 });
    expect(social({ action: 3, shareTarget: "1" })).toMatchObject({ type: "share", target: "wechat" });
    expect(social({ action: 3, shareTarget: "101" })).toMatchObject({ type: "share", target: "101" });
    expect([0, 2, 4].map((action) => social({ action }).type)).toEqual(["unknown", "unknown", "unknown"]);
  });
});

describe("room", () => {
  test("likes", () => {
    const made = event(envelope("LikeMessage", { common: COMMON, user: USER, count: 13, total: 13826 }));
    expect(made).toMatchObject({ type: "like", count: 13, total: 13826 });
    expect(event(envelope("LikeMessage", { common: COMMON, count: -5 }))).toMatchObject({ count: 0, total: null });
  });

  test("fans club", () => {
    const club = (action: number) => event(envelope("FansclubMessage", { common: COMMON, user: USER, action, content: "恭喜" }));
    expect([1, 2, 6].map(club)).toMatchObject([{ action: "upgrade", text: "恭喜" }, { action: "join" }, { action: "other" }]);
  });

  test("control announces, with its code", () => {
    const control = (action: number, more: object = {}) => event(envelope("ControlMessage", { common: COMMON, action, ...more }));
    expect([1, 2, 3, 4, 5, 6, 7, 99].map((code) => control(code))).toMatchObject([
      { action: "pause", code: 1 },
      { action: "resume", code: 2 },
      { action: "end", code: 3 },
      { action: "end_by_admin", code: 4 },
      { action: "change_node", code: 5 },
      { action: "end_by_switch", code: 6 },
      { action: "ping_timeout", code: 7 },
      { action: "other", code: 99 },
    ]);
    expect(control(3, { tips: "主播离开了" })).toMatchObject({ tips: "主播离开了" });
    expect(control(4, { extra: { violationReason: { defaultPattern: "违规" } } })).toMatchObject({ tips: "违规" });
  });

  test("stats of RoomUserSeq with the contributors", () => {
    const made = event(
      envelope("RoomUserSeqMessage", {
        common: COMMON,
        total: 3434,
        totalUser: 9611,
        totalUserStr: "9611",
        totalStr: "3434",
        totalPvForAnchor: "1.1万",
        ranks: [
          { rank: 1, user: USER, score: 50 },
          { user: { id: "7" }, scoreDescription: "距上一名 3" },
        ],
      }),
    );
    expect(made).toMatchObject({
      type: "stats",
      online: 3434,
      totalViewers: 9611,
      onlineText: "3434",
      totalText: "9611",
      ranks: [
        { rank: 1, score: 50, scoreText: null, user: { id: "111482481280" } },
        { rank: 2, score: null, scoreText: "距上一名 3", user: { id: "7" } },
      ],
    });
    const empty = event(envelope("RoomUserSeqMessage", { common: COMMON }));
    expect(empty).toMatchObject({ online: null, totalViewers: null, onlineText: null, totalText: null });
    expect("ranks" in empty).toBe(false);
  });

  test("stats of RoomStats: 0 is a number only with a text beside it", () => {
    const stats = (message: object) => event(envelope("RoomStatsMessage", { common: COMMON, ...message }));
    expect(stats({ displayLong: "91在线观众", displayValue: 91, displayType: 1 })).toMatchObject({ online: 91, onlineText: "91在线观众" });
    expect(stats({ displayLong: "0在线观众", displayType: 1 })).toMatchObject({ online: 0 });
    expect(stats({ displayType: 1 })).toMatchObject({ online: null });
    expect(stats({ displayLong: "1万人看过", displayValue: 10_000, displayType: 2 })).toMatchObject({
      online: null,
      onlineText: "1万人看过",
    });
  });

  test("rank", () => {
    const made = event(envelope("RoomRankMessage", { common: COMMON, ranks: [{ user: USER, scoreStr: "1.2万" }, { user: { id: "7" } }] }));
    expect(made).toMatchObject({
      type: "rank",
      entries: [
        { rank: 1, score: null, scoreText: "1.2万", user: { id: "111482481280" } },
        { rank: 2, scoreText: null, user: { id: "7" } },
      ],
    });
  });
});

describe("notices", () => {
  const top = {
    defaultPattern: "恭喜{0:user}成为在线观众TOP{1:string}",
    pieces: [{ type: 11, userValue: { user: USER } }, { stringValue: "1" }],
  };

  test("say what the envelope shows when their own words are blank", () => {
    const made = event(envelope("RoomMessage", { common: { ...COMMON, displayText: top }, content: " " }));
    expect(made).toMatchObject({ type: "notice", text: "恭喜菊0成为在线观众TOP1", user: { id: "111482481280" } });
  });

  test("of every kind", () => {
    const shown = { ...COMMON, displayText: { defaultPattern: "欢迎" } };
    expect(event(envelope("RoomIntroMessage", { common: COMMON, user: USER, intro: "每晚八点" }))).toMatchObject({
      text: "每晚八点",
      user: { id: USER.id },
    });
    expect(event(envelope("ToastMessage", { common: COMMON, content: "好" }))).toMatchObject({ text: "好" });
    expect(event(envelope("CommonToastMessage", { common: shown }))).toMatchObject({ text: "欢迎" });
    expect(event(envelope("NotifyEffectMessage", { common: COMMON, text: top }))).toMatchObject({ text: "恭喜菊0成为在线观众TOP1" });
    expect(event(envelope("NoticeMessage", { common: COMMON, noticeContent: { defaultPattern: "提醒" } }))).toMatchObject({ text: "提醒" });
    const banner = { common: COMMON, extra: { contentList: { contents: [{ content: "甲" }, { content: "乙" }] } } };
    expect(event(envelope("NotifyMessage", banner, "1", "WebcastRoomNotifyMessage"))).toMatchObject({ text: "甲乙" });
  });

  test("tell which messages are taken off the screen", () => {
    const made = event(envelope("ImDeleteMessage", { common: COMMON, deleteMsgIds: ["7624523502880936969"] }));
    expect(made).toMatchObject({ type: "notice", text: null, deletes: ["7624523502880936969"] });
  });

  test("without words are unknown", () => {
    const dot = envelope("CommonToastMessage", { common: COMMON }, "1", "WebcastCommonDotMessage");
    expect(event(dot)).toMatchObject({ type: "unknown", method: "WebcastCommonDotMessage", time: 1_775_222_770_095 });
  });
});

describe("the rest", () => {
  test("products", () => {
    const made = event(
      envelope("LiveShoppingMessage", {
        common: COMMON,
        msgType: 9,
        promotionId: "3501",
        updatedProductIds: ["3501", "3502"],
        updatedProductInfo: { title: "面膜", price: 9900 },
        ecomNotice: "上新",
      }),
    );
    expect(made).toMatchObject({
      type: "product",
      action: "type_9",
      text: "上新",
      products: [
        { id: "3501", title: "面膜", price: 9900 },
        { id: "3502", title: null, price: null },
      ],
    });
    expect(event(envelope("ProductChangeMessage", { common: COMMON, updateProductInfo: [{ promotionId: "8" }] }))).toMatchObject({
      action: "list_changed",
      products: [{ id: "8" }],
    });
  });

  test("battles", () => {
    const settings = { battleId: "7624", theme: "PK" };
    const finish = {
      common: COMMON,
      battleSettings: settings,
      battleScores: [
        { score: 9, userId: "5", battleRank: 1 },
        { score: 3, userIdStr: "6" },
      ],
    };
    expect(event(envelope("LinkMicBattle", { common: COMMON, battleSettings: settings }, "1", "WebcastLinkMicBattleMethod"))).toMatchObject(
      {
        type: "battle",
        battleId: "7624",
        phase: "running",
      },
    );
    expect(event(envelope("LinkMicBattleFinish", finish, "1", "WebcastLinkMicBattleFinishMethod"))).toMatchObject({
      phase: "finished",
      scores: [
        { userId: "5", score: 9, rank: 1 },
        { userId: "6", score: 3, rank: null },
      ],
    });
    const armies = envelope("LinkMicArmies", { common: COMMON, topShowText: "助力" }, "1", "WebcastLinkMicArmiesMethod");
    expect(event(armies)).toMatchObject({ phase: "helpers", text: "助力" });
  });

  test("links", () => {
    const scores = { common: COMMON, messageType: 202, channelId: "5", userScores: [{ score: 63434, userId: "5", battleRank: 3 }] };
    for (const method of ["WebcastLinkMicMethod", "LinkMicMethod"]) {
      expect(event(envelope("LinkMicMethod", scores, "1", method))).toMatchObject({
        type: "linkmic",
        code: 202,
        channelId: "5",
        scores: [{ userId: "5", score: 63434, rank: 3 }],
      });
    }
    const enter = { common: COMMON, messageType: 6, linkerId: "7", enterContent: { linkedUsers: [{ user: USER }] } };
    expect(event(envelope("LinkMessage", enter))).toMatchObject({ action: "enter", code: 6, channelId: "7", users: [{ id: USER.id }] });
  });

  test("lotteries", () => {
    const box = { common: COMMON, diamondCount: 1000, boxId: "77", title: "红包", user: USER };
    expect(event(envelope("LuckyBoxMessage", box))).toMatchObject({
      type: "lottery",
      action: "box",
      lotteryId: "77",
      diamonds: 1000,
      text: "红包",
    });
    const draw = event(envelope("LotteryDrawResultEventMessage", { common: COMMON, lotteryId: "8", userIds: ["1", "2"] }));
    expect(draw).toMatchObject({ action: "draw", lotteryId: "8", winners: ["1", "2"], diamonds: null });
    expect(event(envelope("LotteryEventNewMessage", { common: COMMON, lotteryId: "8", awardName: "手机" }))).toMatchObject({
      text: "手机",
    });
    expect(event(envelope("LuckyBoxRewardMessage", { common: COMMON, boxIdStr: "b1", rewardedUserId: ["1"] }))).toMatchObject({
      lotteryId: "b1",
    });
    expect(event(envelope("LuckyBoxEndMessage", { common: COMMON, boxId: "9" }))).toMatchObject({ action: "box_end" });
  });
});

describe("unknown", () => {
  test("keeps the payload of a method that we do not read, with the envelope's time", () => {
    const payload = encode("LikeMessage", { common: COMMON });
    const made = event({ method: "WebcastNewThing", msgId: "5", payload });
    expect(made).toMatchObject({ type: "unknown", id: "5", method: "WebcastNewThing", payload: Buffer.from(payload).toString("base64") });
    expect(made).toMatchObject({ bytes: payload.length, time: 1_775_222_770_095 });
  });

  test("drops the payload above 4 KB", () => {
    expect(event({ method: "X", msgId: "5", payload: new Uint8Array(4096) })).toMatchObject({ bytes: 4096, payload: expect.any(String) });
    expect(event({ method: "X", msgId: "5", payload: new Uint8Array(4097) })).toMatchObject({ bytes: 4097, payload: null });
  });

  test("takes what does not decode, which is counted", () => {
    const drift = new Drift();
    const made = event({ method: "WebcastChatMessage", msgId: "5", payload: Buffer.from([0x0a, 0xff]) }, { drift });
    expect(made).toMatchObject({ type: "unknown", method: "WebcastChatMessage", payload: "Cv8=" });
    expect(drift.toJSON().failures).toEqual({ truncated: 1 });
  });

  test("a damaged rich text costs the rich text only", () => {
    const drift = new Drift();
    const payload = Buffer.concat([encode("ChatMessage", { content: "好" }), Buffer.from([0xca, 0x02, 1, 0xff])]);
    expect(event({ method: "WebcastChatMessage", msgId: "5", payload }, { drift })).toMatchObject({ type: "chat", text: "好" });
    expect(drift.toJSON().failures).toEqual({ truncated: 1 });
  });

  test("an empty envelope is nothing", () => {
    expect(normalise({ method: "", msgId: "0", payload: new Uint8Array(0) }, context())).toBeNull();
  });
});
