/** Items of pushes in the platform's form (facts/official-push.md A3). Each has what all have; the rest is by type. */
interface Item extends Readonly<Record<string, unknown>> {
  readonly msg_id: string;
}

/** The four types that a game can ask for. */
export const ITEM_TYPES = ["live_comment", "live_gift", "live_like", "live_fansclub"] as const;
type ItemType = (typeof ITEM_TYPES)[number];

/** Makes the n-th item of a type: ids of 19 digits, forty people, values that follow from n. @param at ms UTC */
export function makeItem(type: ItemType, n: number, at: number): Item {
  const person = {
    msg_id: `73${String(n).padStart(17, "0")}`,
    sec_openid: `_000person${n % 40}`,
    avatar_url: `https://p3.douyinpic.com/${n % 40}.jpeg`,
    nickname: `观众${n % 40}`,
    timestamp: at,
  };
  switch (type) {
    case "live_comment":
      return { ...person, content: `第${n}条 "666" \\ 😀` };
    case "live_gift": {
      const count = 1 + (n % 9);
      return {
        ...person,
        sec_gift_id: `gift${n % 5}+/=`,
        gift_num: count,
        gift_value: count * 10 * (1 + (n % 5)),
        ...(n % 50 === 0 && { test: true }),
      };
    }
    case "live_like":
      return { ...person, like_num: 1 + (n % 20) };
    case "live_fansclub":
      return { ...person, fansclub_reason_type: 1 + (n % 2), fansclub_level: 1 + (n % 15) };
  }
}
