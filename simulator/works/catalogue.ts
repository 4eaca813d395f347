import { makePerson } from "../people.js";
import { makeId, type Random } from "../random.js";
import { makeComments, type SimulatedComment } from "./comments.js";
import { MediaFile } from "./media.js";
import type {
  SimulatedAuthor,
  SimulatedImage,
  SimulatedMix,
  SimulatedMusic,
  SimulatedRung,
  SimulatedSound,
  SimulatedWork,
} from "./work.js";

/** All simulated works with their authors and mixes. */
export interface Catalogue {
  readonly works: readonly SimulatedWork[];
  readonly authors: readonly SimulatedAuthor[];
  readonly mixes: readonly SimulatedMix[];
  /** Publishes a film of an author at an instant, ms UTC. */
  publish(author: SimulatedAuthor, text: string, at: number): SimulatedWork;
  /** Deletes a work: lists leave it out, and its page says that it was deleted. */
  remove(work: SimulatedWork): void;
}

/** Properties that a work of the catalogue has of its own; everything else is as of a public film in h264 with some comments. */
interface WorkTraits
  extends Partial<Pick<SimulatedWork, "state" | "title" | "place" | "pinned" | "mix" | "downloadAllowed" | "commentsAllowed">> {
  readonly text?: readonly (string | Piece)[];
  readonly author?: SimulatedAuthor;
  readonly ageHours?: number;
  readonly inPage?: boolean;
  readonly panel?: SimulatedWork["panel"];
  readonly rungs?: readonly RungWish[];
  readonly sounds?: readonly number[];
  /** Pictures of a note; true where it moves */
  readonly pictures?: readonly boolean[];
  readonly floors?: number;
  readonly replies?: (floor: number) => number;
  readonly hiddenComments?: number;
  readonly overlap?: number;
}

/** A hashtag, or a mention of an author. */
type Piece = { readonly tag: string } | { readonly mention: SimulatedAuthor };

type RungWish = readonly [
  name: string,
  qualityType: number,
  codec: "h264" | "h265",
  format: "mp4" | "dash",
  short: number,
  extraBytes: number,
];

/** Length of the films and of the music in simulator/media, in ms. */
const FILM_MS = 4000;
/** Length of the clips of live photos, in ms. */
const CLIP_MS = 1500;

// Names, types and order of size as in real replies; at equal size the h264 one has the most bytes.
const FULL_HD: RungWish = ["normal_1080_0", 1, "h264", "mp4", 1080, 30_000];
const HD: RungWish = ["normal_720_0", 10, "h264", "mp4", 720, 14_000];
const SD: RungWish = ["normal_540_0", 20, "h264", "mp4", 576, 0];
const FULL_HD_265: RungWish = ["adapt_lowest_1080_1", 2, "h265", "mp4", 1080, 3000];
const SD_265: RungWish = ["adapt_540_1", 28, "h265", "mp4", 576, 0];
const PLAIN = [FULL_HD, HD, FULL_HD_265, SD, SD_265];
const UHD: readonly RungWish[] = [
  ["adapt_lowest_4_1", 72, "h265", "mp4", 2160, 60_000],
  ["adapt_lowest_1440_1", 7, "h265", "mp4", 1440, 20_000],
  ...PLAIN,
];
const DASH: readonly RungWish[] = [
  ["normal_1080_0", 1, "h264", "dash", 1080, 20_000],
  ["adapt_lowest_1080_1", 2, "h265", "dash", 1080, 2000],
  ["normal_720_0", 10, "h264", "dash", 720, 0],
  SD,
];

/** Makes the catalogue: the same for the same seed and start. */
export function makeCatalogue(random: Random, startMs: number): Catalogue {
  const works: SimulatedWork[] = [];
  const maker = new Maker(random, startMs, works);
  const author = maker.author("main", {
    nickname: "山里的相机",
    signature: "拍山，拍云，拍路上的人\n合作请私信",
    verified: "优质摄影领域创作者",
  });
  const archive = maker.author("archive", { nickname: "每天一条", signature: "", verified: null });
  const teacher = maker.author("series", { nickname: "木工老周", signature: "从零开始学木工", verified: null });
  const tag = (name: string): Piece => ({ tag: name });

  const own = (name: string, wish: WorkTraits) => maker.work(name, { author, ...wish });
  own("plain", { text: ["雨后的山路 ", tag("徒步"), " ", tag("云海"), " ", { mention: archive }], floors: 34, title: "雨后的山路" });
  own("uhd", { text: ["4K 日出 ", tag("日出")], rungs: UHD, inPage: true, panel: "tab" });
  own("dash", { text: ["分轨的一条"], rungs: DASH, sounds: [64_000, 32_000] });
  own("pictures", { text: ["二十张秋天 ", tag("秋天")], pictures: Array<boolean>(20).fill(false), floors: 23 });
  own("live_photos", { text: ["十四张会动的照片"], pictures: Array<boolean>(14).fill(true) });
  own("mixed", { text: ["只有一张会动"], pictures: [false, true, false] });
  own("incomplete", { text: ["图还没有来"], pictures: [] });
  own("long_text", { text: [LONG_TEXT, tag("长文")], title: "</script><b>标题</b>" });
  own("place", { text: ["在湖边住了三天"], place: "洱海生态廊道", inPage: true });
  own("no_download", { text: ["请不要下载"], downloadAllowed: false });
  own("closed_comments", { text: ["评论已关闭"], commentsAllowed: false, floors: 0 });
  own("quiet", { text: ["还没有人说话"], floors: 0 });
  own("crowded", { text: ["三千条评论"], floors: 600, replies: repliesOfCrowd, hiddenComments: 47, overlap: 1 });
  own("busy", { text: ["三百条评论"], floors: 60, replies: repliesOfCrowd, hiddenComments: 5, overlap: 2 });
  own("deleted", { state: "deleted" });
  own("private", { state: "private" });
  own("friends", { state: "friends" });
  own("needs_login", { state: "needs_login", inPage: true });

  const lessons = { id: maker.id("mix", 2000), name: "零基础木工" };
  const inMix = Array.from({ length: 23 }, (_, index) =>
    maker.work(`lesson_${index + 1}`, {
      author: teacher,
      text: [`第${index + 1}课`],
      mix: lessons,
      ageHours: 1500 - index * 24,
      floors: 3,
    }),
  );
  // The newest first, a day apart; two old ones are pinned.
  for (let day = 0; day < 45; day++)
    maker.work(`day_${day}`, {
      author: archive,
      text: [`第${45 - day}天`],
      ageHours: 5 + day * 24,
      pinned: day === 30 || day === 40,
      floors: 2,
    });
  return {
    works,
    authors: [author, archive, teacher],
    mixes: [{ ...lessons, author: teacher, works: inMix }],
    publish: (by, text, at) =>
      maker.work(`published_${works.length}`, { author: by, text: [text], ageHours: (startMs - at) / HOUR_MS, floors: 1 }),
    remove: (work) => void works.splice(works.indexOf(work), 1, { ...work, state: "deleted" }),
  };
}

/** Answers of the 600 floors: 2,400 in all, so that the work has 3,000 comments. Of a tenth of them a tenth. */
function repliesOfCrowd(floor: number): number {
  return floor % 4 === 0 ? 10 : floor % 4 === 1 ? 5 : floor % 4 === 2 ? 1 : 0;
}

/** Makes the parts of a catalogue, each of a random generator of its own. */
class Maker {
  readonly #random: Random;
  readonly #startMs: number;
  readonly #works: SimulatedWork[];

  constructor(random: Random, startMs: number, works: SimulatedWork[]) {
    this.#random = random;
    this.#startMs = startMs;
    this.#works = works;
  }

  /** Makes an id of something that is so many hours old. */
  id(name: string, ageHours: number): string {
    return makeId(this.#startMs - ageHours * HOUR_MS, this.#random.fork(`id/${name}`).uint32());
  }

  author(name: string, known: Pick<SimulatedAuthor, "nickname" | "signature" | "verified">): SimulatedAuthor {
    const random = this.#random.fork(`author/${name}`);
    const { id, secUid, displayId, user } = makePerson(random, { anonymised: false, clubName: "", anchorId: "" });
    const counts = { followers: random.int(1000, 900_000), following: random.int(10, 900), likes: random.int(10_000, 9_000_000) };
    return { uid: id, secUid, displayId, shortId: String(user["short_id"]), ...counts, ipPlace: "云南", ...known };
  }

  /** Makes a work and puts it into the catalogue. */
  work(name: string, wish: WorkTraits & { readonly author: SimulatedAuthor }): SimulatedWork {
    const random = this.#random.fork(`work/${name}`);
    const index = this.#works.length;
    const createdAt = Math.floor((this.#startMs - (wish.ageHours ?? 30 + index * 7) * HOUR_MS) / 1000) * 1000;
    const id = makeId(createdAt, random.uint32());
    const { pictures, author } = wish;
    const floors = wish.floors ?? 4;
    const shown = {
      id,
      createdAt,
      author,
      floors,
      replies: wish.replies ?? ((floor: number) => FEW_REPLIES[floor % FEW_REPLIES.length] ?? 0),
    };
    let count = 0;
    for (let floor = 0; floor < floors; floor++) count += 1 + shown.replies(floor);
    const hiddenComments = wish.hiddenComments ?? (floors > 10 ? 3 : 0);
    let comments: SimulatedComment[] | null = null;
    const images = (pictures ?? []).map((moves, at) => image(id, at, moves));
    const rungs = pictures === undefined ? (wish.rungs ?? PLAIN).map((rung) => rungOf(id, rung)) : [];
    const width = Math.max(0, ...rungs.map((rung) => rung.width));
    const work: SimulatedWork = {
      name,
      id,
      kind: pictures === undefined ? "video" : pictures.includes(true) ? "live_photos" : "images",
      state: wish.state ?? "public",
      title: wish.title ?? null,
      createdAt,
      author,
      ...this.#text(wish.text ?? [name]),
      stats: {
        likes: random.int(100, 90_000),
        comments: count + hiddenComments,
        favorites: random.int(1, 9000),
        shares: random.int(1, 900),
      },
      ...(pictures === undefined
        ? { durationMs: FILM_MS, width, height: Math.round((width * 16) / 9) }
        : { durationMs: null, width: null, height: null }),
      place: wish.place ?? null,
      pinned: wish.pinned ?? false,
      mix: wish.mix ?? null,
      downloadAllowed: wish.downloadAllowed ?? true,
      commentsAllowed: wish.commentsAllowed ?? true,
      rungs,
      sounds: (wish.sounds ?? []).map((bitrate, at) => soundOf(id, bitrate, at)),
      images,
      cover: new MediaFile("picture-2.jpeg", `${id}/cover`),
      watermarked: pictures === undefined ? new MediaFile("h264.mp4", `${id}/watermarked`, 40_000) : null,
      music: musicOf(random, id, createdAt),
      shortCode: `WORK${String(index + 1).padStart(3, "0")}`,
      inPage: wish.inPage ?? pictures !== undefined,
      panel: pictures === undefined ? (wish.panel ?? "icon") : "open",
      // Thousands of people are made when somebody looks at them, not at each start.
      get comments() {
        comments ??= makeComments(random.fork("comments"), { ...shown, workId: id });
        return comments;
      },
      hiddenComments,
      overlap: wish.overlap ?? 0,
    };
    this.#works.push(work);
    return work;
  }

  /** Puts a text together, with where its hashtags and mentions stand. */
  #text(pieces: readonly (string | Piece)[]): Pick<SimulatedWork, "text" | "tags" | "mentions"> {
    let text = "";
    const tags: SimulatedWork["tags"][number][] = [];
    const mentions: SimulatedWork["mentions"][number][] = [];
    for (const piece of pieces) {
      const start = text.length;
      if (typeof piece === "string") text += piece;
      else if ("tag" in piece) {
        text += `#${piece.tag}`;
        tags.push({ name: piece.tag, id: this.#random.fork(`tag/${piece.tag}`).digits(16), start, end: text.length });
      } else {
        text += `@${piece.mention.nickname}`;
        mentions.push({ secUid: piece.mention.secUid, userId: piece.mention.uid, start, end: text.length });
      }
    }
    return { text, tags, mentions };
  }
}

function rungOf(id: string, [name, qualityType, codec, format, short, extraBytes]: RungWish): SimulatedRung {
  const source = format === "mp4" ? (`${codec}.mp4` as const) : codec === "h264" ? "video-avc1.mp4" : "video-hvc1.mp4";
  const file = new MediaFile(source, `${id}/${name}/${format}`, extraBytes);
  return {
    name,
    qualityType,
    codec,
    format,
    width: short,
    // The platform's "540" is 576 wide.
    height: Math.round((short * 16) / 9),
    fps: 30,
    get bitrate() {
      return Math.round((file.size * 8) / (FILM_MS / 1000));
    },
    file,
  };
}

function soundOf(id: string, bitrate: number, index: number): SimulatedSound {
  return { quality: index === 0 ? "normal" : "low", bitrate, file: new MediaFile("audio.mp4", `${id}/sound/${index}`, bitrate / 32) };
}

function image(id: string, index: number, moves: boolean): SimulatedImage {
  const picture = ((index % 4) + 1) as 1 | 2 | 3 | 4;
  return {
    width: 2160,
    height: 2880,
    webp: new MediaFile(`picture-${picture}.webp`, `${id}/image/${index}/webp`),
    jpeg: new MediaFile(`picture-${picture}.jpeg`, `${id}/image/${index}/jpeg`),
    watermarked: new MediaFile(`picture-${picture}.jpeg`, `${id}/image/${index}/watermarked`),
    clip: moves ? { durationMs: CLIP_MS, width: 720, height: 960, file: new MediaFile("clip.mp4", `${id}/image/${index}/clip`) } : null,
  };
}

function musicOf(random: Random, id: string, createdAt: number): SimulatedMusic {
  return {
    id: makeId(createdAt - 1000, random.uint32()),
    title: random.pick(["@山里的相机创作的原声", "起风的下午", "Slow Train"]),
    author: random.pick(["山里的相机", "林间乐队"]),
    durationMs: FILM_MS,
    original: random.chance(0.5),
    file: new MediaFile("music.mp3", `${id}/music`),
  };
}

const HOUR_MS = 3_600_000;
/** Answers of the floors of an ordinary work, by turns. */
const FEW_REPLIES = [5, 0, 2, 1, 0, 4];
/** Everything that a text may hold: lines, symbols of several units, what is HTML or a formula elsewhere. */
const LONG_TEXT = `${"走了很远的路，看了很多的云。\n".repeat(120)}👨‍👩‍👧‍👦 ＜b＞</script><img src=x onerror=alert(1)> \u202e=1+1 `;
