// Guards: Every event has words in Chinese that say what happened.
import { expect, test } from "vitest";
import { describe as line } from "../../src/events/describe.js";
import type { NewEvent } from "../../src/events/event.js";
import { normalise } from "../../src/platform/messages/normalise.js";
import { chat, person } from "../http/events.js";
import { context, envelope } from "../platform/messages/encode.js";
import { gift } from "../platform/messages/gift-event.js";

const ranks = [{ user: { nickname: "甲" } }, { user: { id: "7" } }];
test.each<[string, object, string, string?]>([
  // The words of the seed interface.
  ["MemberMessage", { action: 1 }, "来了"],
  ["SocialMessage", { action: 1 }, "关注了主播"],
  ["SocialMessage", { action: 3 }, "分享了直播间"],
  ["LikeMessage", { count: 3 }, "点赞"],
  ["ChatMessage", { content: "我不会买" }, "我不会买"],
  // What the room does.
  ["ControlMessage", { action: 3 }, "直播已结束"],
  ["ControlMessage", { action: 3, tips: "主播下播了" }, "主播下播了"],
  ["MemberMessage", { action: 3 }, "被禁言"],
  ["FansclubMessage", { action: 2, user: { id: "7" } }, "加入了粉丝团"],
  ["RoomUserSeqMessage", { total: 4, totalUserStr: "1万+", totalUser: 10_386 }, "在线4人 累计10386人"],
  ["RoomStatsMessage", { displayLong: "4在线观众", displayValue: 4, displayType: 1 }, "在线4人"],
  ["RoomRankMessage", { ranks }, "贡献榜 甲、7"],
  ["ImDeleteMessage", { deleteMsgIds: ["1", "2"] }, "撤回了2条消息"],
  ["LinkMicBattleFinish", { battleScores: [{ score: 9 }, { score: 3 }] }, "PK结束 9 : 3", "WebcastLinkMicBattleFinishMethod"],
  ["LuckyBoxMessage", { title: "好运" }, "发了红包 好运"],
  ["LinkMessage", { enterContent: {} }, "加入了连麦"],
  ["LiveShoppingMessage", {}, "商品更新"],
])("%s of %j is %s", (name, message, words, method = `Webcast${name}`) => {
  const draft = normalise(envelope(name, { common: { msgId: "1" }, ...message }, "1", method), context());
  expect(draft && line(draft.event)).toBe(words);
});

test("a gift tells its new units, its settling the whole", () => {
  const { event } = gift({ id: "1", combo: "c", total: 3 });
  expect(line({ ...event, delta: 3 })).toBe("送出 小心心 x3");
  expect(line({ ...event, settled: true })).toBe("连送结束 小心心 x3");
  expect(line({ ...event, delta: 1, gift: { id: "77", name: null, icon: null } })).toBe("送出 礼物77 x1");
});

test("our own events", () => {
  const base = { ...chat("", { source: "system" }), id: "x" };
  const events: NewEvent[] = [
    { ...base, type: "state", from: null, to: "live", evidence: {} },
    { ...base, type: "gap", from: 1000, to: 61_000, reason: "reconnect" },
    { ...base, type: "system", kind: "disk", text: "磁盘不足" },
    { ...base, type: "work", user: person({ id: "1" }), workId: "7", url: null, kind: "images", text: "秋天" },
    { ...base, type: "work", user: person({ id: "1" }), workId: null, url: null, kind: null, text: null },
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
