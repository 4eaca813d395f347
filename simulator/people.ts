import type { Random } from "./random.js";
import type { SchemaFields } from "./schema.js";

/** Person of the room's crowd, as fully as messages carry them. */
export interface SimulatedPerson {
  readonly id: string;
  readonly nickname: string;
  readonly secUid: string;
  readonly displayId: string;
  readonly admin: boolean;
  /** The user as the sender of a message. */
  readonly user: SchemaFields;
  /** The user as a piece of a text: less of them. */
  readonly mention: SchemaFields;
}

/** Options of a room's crowd. */
interface CrowdOptions {
  /** The anchor's choice to hide viewers: everyone is 111111 and `x***`. */
  readonly anonymised: boolean;
  /** Whether masked people have no webcast_uid. */
  readonly nameOnly?: boolean;
  readonly clubName: string;
  readonly anchorId: string;
}

/** The viewers of a room, made on demand; the same index is always the same person. */
export class Crowd {
  readonly #random: Random;
  readonly #options: CrowdOptions;
  readonly #people = new Map<number, SimulatedPerson>();

  constructor(random: Random, options: CrowdOptions) {
    this.#random = random;
    this.#options = options;
  }

  /** Picks somebody of the first `size`; low indexes come more often, as in a real room some talk much and most little. */
  somebody(random: Random, size: number): SimulatedPerson {
    return this.at(Math.floor(size * random.unit() ** 2));
  }

  /** Returns the person of an index. */
  at(index: number): SimulatedPerson {
    let person = this.#people.get(index);
    if (person === undefined) {
      person = makePerson(this.#random.fork(`person/${index}`), this.#options);
      this.#people.set(index, person);
    }
    return person;
  }
}

/** Makes an image under several hosts, as the platform gives each picture. */
export function image(path: string, uri: string, hosts: number, more: SchemaFields = {}): SchemaFields {
  return { url_list: HOSTS.slice(0, hosts).map((host) => `https://${host}${path}`), uri, ...more };
}

/** Makes a person who may be anyone: badges, grade and club come with the probabilities of real rooms. */
export function makePerson(random: Random, options: CrowdOptions): SimulatedPerson {
  const nickname = makeNickname(random);
  const id = random.chance(0.4) ? random.digits(random.int(10, 12)) : random.digits(random.int(15, 16));
  const shortId = random.digits(random.int(9, 11));
  const displayId = random.chance(0.6) ? shortId : `${random.token(6).toLowerCase()}${random.digits(4)}`;
  const secUid = `MS4wLjABAAAA${random.token(random.chance(0.5) ? 43 : 64)}`;
  const webcastUid = `MS4wLj${random.token(66)}`;
  const grade = random.chance(0.7) ? Math.min(75, Math.floor(1 + 40 * random.unit() ** 2)) : 0;
  const clubLevel = random.chance(0.35) ? random.int(1, 20) : 0;
  const admin = random.chance(0.02);
  const followers = Math.floor(3000 * random.unit() ** 4);
  const following = random.int(0, 2000);
  const uri = `aweme-avatar/${random.pick(AVATAR_STORES)}_${random.hex(32)}`;
  // The platform gives one to three addresses of a picture; mostly one.
  const urls = random.chance(0.75) ? 1 : random.int(2, 3);
  const avatar = (size: string): SchemaFields => image(`.douyinpic.com/aweme/${size}/${uri}.jpeg?from=3067671334`, `${size}/${uri}`, urls);
  const badges: SchemaFields[] = [];
  if (grade > 0) badges.push(gradeBadge(grade));
  if (clubLevel > 0) badges.push(clubBadge(options.clubName, clubLevel));
  const masked = `${[...nickname][0] ?? "用"}***`;
  const seen = options.anonymised
    ? {
        id: ANONYMOUS_ID,
        nickname: masked,
        desensitized_nickname: masked,
        is_anonymous: true,
        ...(!options.nameOnly && { webcast_uid: webcastUid }),
      }
    : { id, short_id: shortId, nickname, display_id: displayId, sec_uid: secUid, desensitized_nickname: nickname, webcast_uid: webcastUid };
  const club =
    clubLevel > 0
      ? { club_name: options.clubName, level: clubLevel, user_fans_club_status: clubLevel % 10 === 0 ? 2 : 1, anchor_id: options.anchorId }
      : {};
  // Some wear the badge of another anchor's club.
  const worn = clubLevel % 5 === 1 ? { prefer_data: [{ key: 1, value: { club_name: "别家的团", level: clubLevel + 2 } }] } : {};
  const user: SchemaFields = {
    ...seen,
    ...(random.chance(0.6) ? { gender: random.int(1, 2) } : {}),
    avatar_thumb: avatar("100x100"),
    badge_image_list: badges,
    follow_info: {
      following_count: following,
      follower_count: followers,
      ...(following % 3 === 0 ? { follow_status: 1 } : {}),
      follower_count_str: `${followers}`,
      following_count_str: `${following}`,
    },
    pay_grade:
      grade > 0
        ? { level: grade, ...(random.chance(0.3) ? { new_im_icon_with_level: gradeBadge(grade), new_live_icon: gradeIcon(grade) } : {}) }
        : {},
    fans_club: { data: club, ...worn },
    user_attr: admin ? { is_admin: true } : {},
    authorization_info: 3,
    ...(random.chance(0.25) ? { badge_image_list_v2: badges } : {}),
    mystery_man: 1,
  };
  const mention: SchemaFields = { ...seen, ...(random.chance(0.5) ? { badge_image_list_v2: badges.slice(0, 1) } : {}), mystery_man: 1 };
  return {
    id: options.anonymised ? ANONYMOUS_ID : id,
    nickname: options.anonymised ? masked : nickname,
    secUid,
    displayId,
    admin,
    user,
    mention,
  };
}

/** The uid of everyone in a room that hides its viewers. */
export const ANONYMOUS_ID = "111111";
/** Name of people who hide themselves; a rank follows it. */
export const MYSTERY = "神秘人";

const HOSTS = ["p3", "p11", "p26"];
const AVATAR_STORES = ["tos-cn-avt-0015", "tos-cn-i-0813", "tos-cn-i-0813c000-ce"];
const SURNAMES = [..."春夏秋冬风花雪月山川江河林竹梅兰菊桃李松云雨星海田园茶米盐糖桥塔舟灯"];
const NAMES = [
  "小",
  "大",
  "老",
  "阿",
  "清",
  "晚",
  "明",
  "安",
  "半夏",
  "北方",
  "南风",
  "有点甜",
  "不加糖",
  "同学",
  "先生",
  "姐姐",
  "的猫",
  "🌸",
  "❤️",
];

function makeNickname(random: Random): string {
  if (random.chance(0.1)) return `用户${random.digits(random.int(6, 13))}`;
  const parts = [
    random.pick(SURNAMES),
    random.pick(NAMES),
    random.pick(SURNAMES),
    random.chance(0.4) ? random.digits(random.int(1, 4)) : "",
  ];
  return parts.join("");
}

function gradeBadge(level: number): SchemaFields {
  const file = `webcast/new_user_grade_level_v1_${level}.png`;
  const content = { level, alternative_text: `荣誉等级${level}级勋章` };
  return image(`-webcast.douyinpic.com/img/${file}~tplv-obj.image`, file, 1, { height: 16, width: 32, image_type: 1, content });
}

function gradeIcon(level: number): SchemaFields {
  const low = Math.floor(level / 5) * 5;
  const file = `webcast/aweme_pay_grade_2x_${low}_${low + 4}.png`;
  return image(`-webcast.douyinpic.com/img/${file}~tplv-obj.image`, file, 1, { height: 12, width: 12, image_type: 1 });
}

function clubBadge(name: string, level: number): SchemaFields {
  const file = `webcast/fansclub_new_badge_${level}_xmp.png`;
  const content = { name, font_color: "#FFFFFF", level, alternative_text: `${name}粉丝团勋章` };
  return image(`-webcast.douyinpic.com/img/${file}~tplv-obj.image`, file, 1, { image_type: 51, content });
}

/** A viewer's place in the rank of those who gave. */
export interface Contributor {
  readonly person: SimulatedPerson;
  /** Diamonds of what they gave in this broadcast. */
  readonly score: number;
}

/** Ranking of those who gave in one broadcast, by how much they gave. */
export class Contributors {
  readonly #scores = new Map<string, { readonly person: SimulatedPerson; score: number }>();

  /** Books a gift. */
  add(person: SimulatedPerson, diamonds: number): void {
    const known = this.#scores.get(person.secUid);
    if (known !== undefined) known.score += diamonds;
    else this.#scores.set(person.secUid, { person, score: diamonds });
  }

  /** Returns the diamonds of what somebody gave in this broadcast. */
  of({ secUid }: SimulatedPerson): number {
    return this.#scores.get(secUid)?.score ?? 0;
  }

  /** Returns the first `size`; places that nobody gave for are filled with viewers without a score. */
  top(size: number, viewer: (index: number) => SimulatedPerson): Contributor[] {
    const first = [...this.#scores.values()].sort((a, b) => b.score - a.score).slice(0, size);
    for (let index = 0; first.length < size; index++) {
      const person = viewer(index);
      if (!first.some((each) => each.person.secUid === person.secUid)) first.push({ person, score: 0 });
    }
    return first;
  }
}

/** Chat lines that people write, by kind of room. */
export const LINES: Readonly<Record<"shopping" | "pk" | "talk", readonly string[]>> = {
  shopping: [
    "这个多少钱",
    "目标65kg 减到60kg",
    "有优惠券吗",
    "3号链接再讲讲",
    "已拍",
    "身高165体重110穿什么码",
    "主播身上这件是哪个链接",
    "什么时候发货啊",
    "质量怎么样，会不会起球",
    "已下单，坐等收货[比心]",
    "包邮吗",
    "可以退换吗",
    "蓝色还有没有货",
    "上次买的很好，回购了",
    "便宜点呗主播[捂脸]",
    "拍了两件",
    "小黄车怎么不见了",
    "敏感肌能用吗",
    "1",
    "666",
  ],
  pk: [
    "加油加油[玫瑰]",
    "冲啊家人们",
    "对面别跑",
    "哈哈哈哈哈哈",
    "主播唱得好听",
    "来首《晴天》",
    "守塔守塔",
    "最后十秒了！",
    "点点赞不要停",
    "这局稳了[赞]",
    "输了惩罚什么",
    "感谢大哥",
    "刚来，现在什么情况",
    "主播今天好美[比心][比心]",
    "上票上票",
    "😂😂😂",
    "666666",
    "对面那个是谁啊",
    "榜一大哥来了",
    "晚上好[微笑]",
  ],
  talk: ["晚上好", "主播在干嘛", "这是哪里呀", "好安静", "下雨了吗", "路过看看", "[看]", "关注了", "几点下播", "哈哈"],
};

/** Goods that a shopping room shows. */
export const GOODS: readonly { readonly title: string; readonly cents: number }[] = [
  { title: "【现货速发】加绒加厚圆领卫衣女秋冬新款", cents: 6990 },
  { title: "东北五常大米10斤装 当季新米", cents: 3980 },
  { title: "一次性洗脸巾 加厚珍珠纹 6包", cents: 1990 },
  { title: "儿童保温杯316不锈钢大容量", cents: 5900 },
  { title: "懒人拖把免手洗家用一拖净", cents: 2980 },
  { title: "云南小粒咖啡挂耳美式无蔗糖", cents: 2590 },
];
