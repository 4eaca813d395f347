import { image } from "./people.js";
import type { SchemaFields } from "./schema.js";

/** A gift of the panel. */
export interface Gift {
  readonly id: string;
  readonly name: string;
  /** diamonds for one unit */
  readonly diamonds: number;
  /** Whether clicks on it add up to a combo. */
  readonly combo: boolean;
  /** Units that one click may give. */
  readonly groups: readonly number[];
  /** Weight of the gift: how often it is given, against the others. */
  readonly weight: number;
  readonly picture: string;
}

/** The gift panel. Ids and prices are of the platform's kind; apart from 小心心 (463, in the captures) they are made up. */
export const GIFTS: readonly Gift[] = [
  {
    id: "463",
    name: "小心心",
    diamonds: 1,
    combo: true,
    groups: [1, 1, 1, 10, 66],
    weight: 40,
    picture: "7ef47758a435313180e6b78b056dda4e",
  },
  { id: "3992", name: "玫瑰", diamonds: 1, combo: true, groups: [1, 1, 10], weight: 20, picture: "4960c39f645d524beda5d50dc372510e" },
  { id: "2053", name: "人气票", diamonds: 1, combo: true, groups: [1, 10, 66], weight: 14, picture: "6402b1f1cf1a4ad8b6a5d0e7c4fa3d11" },
  { id: "3243", name: "大啤酒", diamonds: 2, combo: true, groups: [1], weight: 8, picture: "a24b3cc863742fd4bc3de0f53dac4487" },
  { id: "4021", name: "棒棒糖", diamonds: 9, combo: true, groups: [1], weight: 8, picture: "0c6b3ae0a1f54d05b6d8b5b4b9e7cf21" },
  { id: "164", name: "墨镜", diamonds: 99, combo: true, groups: [1], weight: 4, picture: "08af67ab13a8053269bf539fd27f3873" },
  { id: "3447", name: "跑车", diamonds: 1200, combo: false, groups: [1], weight: 2, picture: "d6db4e8cb6d3d6a3b6b0a4c0e7e1f902" },
  { id: "2306", name: "嘉年华", diamonds: 30000, combo: false, groups: [1], weight: 1, picture: "f21c5d0e4b7a4f0fb7e0aa62d9b3c644" },
];

/** Returns a gift as GiftMessage describes it. */
export function giftStruct(gift: Gift): SchemaFields {
  const file = `webcast/${gift.picture}.png`;
  const picture = image(`-webcast.douyinpic.com/img/${file}~tplv-obj.png`, file, 1, { avg_color: "#FADCDC" });
  return {
    image: picture,
    describe: `送出${gift.name}`,
    id: gift.id,
    combo: gift.combo,
    type: 1,
    diamond_count: gift.diamonds,
    is_displayed_on_panel: true,
    name: gift.name,
    icon: picture,
  };
}
