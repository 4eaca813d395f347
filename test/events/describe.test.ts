// Guards: each event has the words of the first interface.
import { expect, test } from "vitest";
import { describe as line } from "../../src/events/describe.js";
import type { NewEvent } from "../../src/events/event.js";
import { normalise } from "../../src/platform/messages/normalise.js";
import { userOf } from "../contracts/events.js";
import { context, envelope } from "../platform/messages/encode.js";
import { gift } from "../platform/messages/gift-event.js";

function of(name: string, message: object, method = `Webcast${name}`): string {
  const draft = normalise(envelope(name, { common: { msgId: "1" }, ...message }, "1", method), context());
  return draft === null ? "" : line(draft.event);
}

test("the words of the seed interface", () => {
  expect(of("MemberMessage", { action: 1 })).toBe("来了");
  expect(of("SocialMessage", { action: 1 })).toBe("关注了主播");
  expect(of("SocialMessage", { action: 3 })).toBe("分享了直播间");
  expect(of("LikeMessage", { count: 3 })).toBe("点赞");
  expect(of("ChatMessage", { content: "我不会买" })).toBe("我不会买");
});

test("a gift tells its new units, its settling the whole", () => {
  const { event } = gift({ id: "1", combo: "c", total: 3 });
  expect(line({ ...event, delta: 3 })).toBe("送出 小心心 x3");
  expect(line({ ...event, settled: true })).toBe("连送结束 小心心 x3");
  expect(line({ ...event, delta: 1, gift: { id: "77", name: null, icon: null } })).toBe("送出 礼物77 x1");
});

test("what the room does", () => {
  expect(of("ControlMessage", { action: 3 })).toBe("直播已结束");
  expect(of("ControlMessage", { action: 3, tips: "主播下播了" })).toBe("主播下播了");
  expect(of("MemberMessage", { action: 3 })).toBe("被禁言");
  expect(of("FansclubMessage", { action: 2, user: { id: "7" } })).toBe("加入了粉丝团");
  expect(of("RoomUserSeqMessage", { total: 4, totalUserStr: "1万+", totalUser: 10_386 })).toBe("在线4人 累计10386人");
  expect(of("RoomStatsMessage", { displayLong: "4在线观众", displayValue: 4, displayType: 1 })).toBe("在线4人");
  expect(of("RoomRankMessage", { ranks: [{ user: { nickname: "甲" } }, { user: { id: "7" } }] })).toBe("贡献榜 甲、7");
  expect(of("ImDeleteMessage", { deleteMsgIds: ["1", "2"] })).toBe("撤回了2条消息");
  expect(of("LinkMicBattleFinish", { battleScores: [{ score: 9 }, { score: 3 }] }, "WebcastLinkMicBattleFinishMethod")).toBe(
    "PK结束 9 : 3",
  );
  expect(of("LuckyBoxMessage", { title: "好运" })).toBe("发了红包 好运");
  expect(of("LinkMessage", { enterContent: {} })).toBe("加入了连麦");
  expect(of("LiveShoppingMessage", {})).toBe("商品更新");
});

test("our own events", () => {
  const base = {
    id: "x",
    room: 1,
    webRid: null,
    sessionId: null,
    method: "dylive",
    time: 0,
    receivedAt: 0,
    source: "system" as const,
    revision: 0,
  };
  const events: NewEvent[] = [
    { ...base, type: "state", from: null, to: "live", evidence: {} },
    { ...base, type: "gap", from: 1000, to: 61_000, reason: "reconnect" },
    { ...base, type: "system", kind: "disk", text: "磁盘不足" },
    { ...base, type: "work", user: userOf("1"), workId: "7", url: null, kind: "images", text: "秋天" },
    { ...base, type: "work", user: userOf("1"), workId: null, url: null, kind: null, text: null },
    { ...base, type: "erased" },
  ];
  expect(events.map(line)).toEqual([
    "状态 ? → live",
    "60秒内没有收到数据(reconnect)",
    "磁盘不足",
    "发布了图文 秋天",
    "发布了作品",
    "已删除",
  ]);
});
