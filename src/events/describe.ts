import type { NewEvent, NewEventOf, RankEntry } from "./event.js";

const CONTROLS: Record<NewEventOf<"control">["action"], string> = {
  pause: "主播暂时离开",
  resume: "主播回来了",
  end: "直播已结束",
  end_by_admin: "直播被管理员结束",
  change_node: "直播线路切换",
  end_by_switch: "直播因切换直播间而结束",
  ping_timeout: "主播连接超时",
  other: "直播状态变化",
};
const MODERATIONS: Record<NewEventOf<"moderation">["action"], string> = {
  mute: "被禁言",
  unmute: "被解除禁言",
  set_admin: "被设为管理员",
  unset_admin: "被取消管理员",
  kick: "被移出直播间",
  manager_mute: "被管理员禁言",
  manager_unmute: "被管理员解除禁言",
  block: "被拉黑",
};
const RANKS: Readonly<Record<NewEventOf<"rank">["list"], string>> = {
  ...{ audience: "贡献榜", room: "贡献榜", guest: "嘉宾贡献榜", likes: "点赞榜" },
};
const FANSCLUBS: Record<NewEventOf<"fansclub">["action"], string> = {
  join: "加入了粉丝团",
  upgrade: "粉丝团升级了",
  leave: "退出了粉丝团",
  other: "粉丝团消息",
};
const LINKS = new Map([
  ["enter", "加入了连麦"],
  ["leave", "离开了连麦"],
  ["list_changed", "连麦名单变化"],
]);
const LOTTERIES = new Map([
  ["box", "发了红包"],
  ["box_reward", "红包开奖"],
  ["box_end", "红包已结束"],
  ["lottery", "福袋"],
  ["draw", "福袋开奖"],
]);

const WORKS: Record<NonNullable<NewEventOf<"work">["kind"]>, string> = { video: "视频", images: "图文", live_photos: "实况" };

/**
 * Describes an event in one Chinese line, without its user's name, as the seed interface's `msg` and the CLI's `watch` show it
 * (seed-interface.md: 关注了主播, 来了, 送出 小心心 x3, 点赞, 分享了直播间). The words are the platform's and users' own where they exist: untrusted, like all
 * of them.
 */
export function describe(event: NewEvent): string {
  switch (event.type) {
    case "chat":
      return event.text;
    case "gift":
      return giftLine(event);
    case "like":
      return "点赞";
    case "join":
      return "来了";
    case "follow":
      return "关注了主播";
    case "share":
      return "分享了直播间";
    case "leave":
      return "离开了";
    case "moderation":
      return MODERATIONS[event.action];
    case "fansclub":
      return event.text ?? FANSCLUBS[event.action];
    case "stats":
      return statsLine(event);
    case "rank":
      return `${RANKS[event.list]} ${event.entries.slice(0, 3).map(rankName).join("、")}`.trimEnd();
    case "control":
      return event.tips ?? CONTROLS[event.action];
    case "notice":
      return event.text ?? `撤回了${event.deletes?.length ?? 0}条消息`;
    case "pin":
      return event.pins.length === 0 ? "取消了置顶评论" : `置顶评论 ${event.pins.map(pinLine).join(" | ")}`;
    case "product":
      return productLine(event);
    case "battle":
      return battleLine(event);
    case "linkmic":
      return event.text ?? LINKS.get(event.action ?? "") ?? "连麦";
    case "lottery":
      return lotteryLine(event);
    case "state":
      return `状态 ${event.from ?? "?"} → ${event.to}`;
    case "gap":
      return `${event.from === null ? "一段时间" : `${Math.max(0, Math.round((event.to - event.from) / 1000))}秒`}内没有收到数据(${event.reason})`;
    case "system":
      return event.text;
    case "work":
      return [`发布了${event.kind === null ? "作品" : WORKS[event.kind]}`, event.text].filter(Boolean).join(" ");
    case "erased":
      return "已删除";
    case "unknown":
      return event.method;
  }
}

function giftLine(event: NewEventOf<"gift">): string {
  const name = event.gift.name ?? `礼物${event.gift.id}`;
  const test = event.test ? "(测试)" : "";
  return event.delta === 0 ? `连送结束 ${name} x${event.comboTotal}${test}` : `送出 ${name} x${event.delta}${test}`;
}

function statsLine(event: NewEventOf<"stats">): string {
  const online = event.online === null ? event.onlineText : `在线${event.online}人`;
  const total = event.totalViewers === null ? event.totalText : `累计${event.totalViewers}人`;
  return [online, total].filter(Boolean).join(" ");
}

function battleLine(event: NewEventOf<"battle">): string {
  if (event.phase === "helpers") return event.text ?? "PK助力";
  const scores = event.scores.map(({ score }) => score).join(" : ");
  return [event.phase === "finished" ? "PK结束" : "PK进行中", scores, event.text].filter(Boolean).join(" ");
}

function productLine({ explaining, products, text }: NewEventOf<"product">): string {
  const explained = products.find(({ id }) => id === explaining);
  if (explained === undefined) return text ?? products.find(hasTitle)?.title ?? "商品更新";
  const place = explained.index === null ? "" : `${explained.index}号`;
  return `正在讲解${place} ${explained.title ?? text ?? ""}`.trimEnd();
}

function hasTitle(product: NewEventOf<"product">["products"][number]): boolean {
  return product.title !== null;
}

function lotteryLine({ action, text, diamonds, luckyCount, participants, conditions }: NewEventOf<"lottery">): string {
  const prize = action === "lottery" && diamonds !== null ? `${diamonds}抖币` : null;
  const winners = luckyCount === undefined ? null : `${luckyCount}人中奖`;
  const taking = participants === undefined ? null : `${participants}人参与`;
  const asked = conditions?.map((condition) => condition.text).filter((words) => words !== null) ?? [];
  return [LOTTERIES.get(action ?? "") ?? "抽奖", text, prize, winners, taking, ...asked].filter(Boolean).join(" ");
}

function pinLine({ user, text }: NewEventOf<"pin">["pins"][number]): string {
  return `${rankName({ user })}:${text}`;
}

function rankName({ user }: Pick<RankEntry, "user">): string {
  return user.nickname ?? user.displayId ?? user.id ?? "***";
}

/** Returns the platform's id of an event's message, in digits; null for our own events and for messages that came without. */
export function platformId({ id, method }: { readonly id: string; readonly method: string }): string | null {
  const bare = id.endsWith(`:${method}`) ? id.slice(0, -method.length - 1) : id;
  return /^\d{1,20}$/.test(bare) ? bare : null;
}
