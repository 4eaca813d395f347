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
    ? { id: ANONYMOUS_ID, nickname: masked, desensitized_nickname: masked, is_anonymous: true, webcast_uid: webcastUid }
    : { id, short_id: shortId, nickname, display_id: displayId, sec_uid: secUid, desensitized_nickname: nickname, webcast_uid: webcastUid };
  const club =
    clubLevel > 0 ? { club_name: options.clubName, level: clubLevel, user_fans_club_status: 1, anchor_id: options.anchorId } : {};
  const user: SchemaFields = {
    ...seen,
    ...(random.chance(0.6) ? { gender: random.int(1, 2) } : {}),
    avatar_thumb: avatar("100x100"),
    badge_image_list: badges,
    follow_info: {
      following_count: following,
      follower_count: followers,
      follower_count_str: `${followers}`,
      following_count_str: `${following}`,
    },
    pay_grade:
      grade > 0
        ? { level: grade, ...(random.chance(0.3) ? { new_im_icon_with_level: gradeBadge(grade), new_live_icon: gradeIcon(grade) } : {}) }
        : {},
    fans_club: { data: club },
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
