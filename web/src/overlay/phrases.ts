import type { LiveEvent, User } from "../api/model.js";
import type { Lang } from "../format/number.js";
import type { Part } from "../i18n/strangers.js";

const zh = {
  anonymous: "匿名观众",
  sent: "送出",
  follow: "关注了主播",
  share: "分享了直播间",
  join: "来了",
  like: (n: string) => `点赞 ×${n}`,
  fansclub: { join: "加入了粉丝团", upgrade: "粉丝团升级了", leave: "退出了粉丝团", other: "粉丝团消息" },
  diamonds: (n: string) => `${n} 抖币`,
  viewers: "在线",
  goals: { follows: "新增关注", likes: "点赞", diamonds: "抖币", units: "礼物", chats: "弹幕", viewers: "累计观看" },
  top: "送礼榜",
  saySent: (name: string, gift: string, n: number) => `${name} 送出 ${n} 个${gift}`,
  sayFollow: (name: string) => `${name} 关注了主播`,
  allowSound: "点击这里允许播放声音",
  noVoice: "这个浏览器没有语音",
  noEngine: "服务器上没有语音引擎",
  noRoom: "地址里缺少 room 或 token",
  refused: "token 无效或已被吊销",
  failed: (why: Part) => `读取失败：${why}`,
};
export type Phrases = typeof zh;
const en: Phrases = {
  anonymous: "anonymous",
  sent: "sent",
  follow: "followed",
  share: "shared the room",
  join: "joined",
  like: (n) => `likes ×${n}`,
  fansclub: { join: "joined the fan club", upgrade: "rose in the fan club", leave: "left the fan club", other: "fan club" },
  diamonds: (n) => (n === "1" ? "1 diamond" : `${n} diamonds`),
  viewers: "online",
  goals: { follows: "New followers", likes: "Likes", diamonds: "Diamonds", units: "Gifts", chats: "Chats", viewers: "Viewers" },
  top: "Top gifters",
  saySent: (name, gift, n) => `${name} sent ${n} ${gift}`,
  sayFollow: (name) => `${name} followed`,
  allowSound: "Click here to allow sound",
  noVoice: "This browser has no voice",
  noEngine: "The server has no speech engine",
  noRoom: "The address lacks room or token",
  refused: "The token is not valid or was revoked",
  failed: (why) => `Cannot read: ${why}`,
};

/** The words of an overlay itself, apart from the dashboard's: an overlay is to be light. */
export const PHRASES: Readonly<Record<Lang, Phrases>> = { zh, en };

/** What a person is called. */
export function calledBy(user: Pick<User, "nickname" | "displayId">, phrases: Phrases): string {
  return user.nickname || user.displayId || phrases.anonymous;
}

/** What is read out of an event; null for those that are not. */
export function sentenceOf(event: LiveEvent, phrases: Phrases): string | null {
  if (event.type === "chat") return event.text;
  if (event.type === "follow") return phrases.sayFollow(calledBy(event.user, phrases));
  if (event.type !== "gift" || !event.settled || event.comboTotal === 0) return null;
  return phrases.saySent(calledBy(event.user, phrases), event.gift.name ?? "", event.comboTotal);
}

/** All that strangers wrote in an event, for the block list. */
export function theirWords(event: LiveEvent): string {
  const name = "user" in event ? (event.user?.nickname ?? "") : "";
  return `${name} ${"text" in event ? (event.text ?? "") : ""}`;
}
