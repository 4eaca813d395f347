/** Target to which a room was shared: the platform's code, which both formats use, and its name in Chinese (facts/protocol.md 4.2). */
interface ShareTarget {
  readonly code: number;
  readonly word: string;
}

const TARGETS = new Map<string, ShareTarget>([
  ["wechat", { code: 1, word: "微信" }],
  ["moments", { code: 2, word: "朋友圈" }],
  ["weibo", { code: 3, word: "微博" }],
  ["qzone", { code: 4, word: "QQ空间" }],
  ["qq", { code: 5, word: "QQ" }],
  ["douyin", { code: 112, word: "抖音好友" }],
]);
const UNKNOWN: ShareTarget = { code: 0, word: "未知" };

/** Returns the target that an event of ours names; code 0 for none or another. */
export function shareTarget(name: string | null): ShareTarget {
  return TARGETS.get(name ?? "") ?? UNKNOWN;
}
