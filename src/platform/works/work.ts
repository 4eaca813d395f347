import { english } from "../../runtime/msg.js";
import type { Mix, Work } from "../../works/model/work.js";
import { at, streamedState } from "../wire/exact-json.js";
import { countOf, fieldOf, flagOf, idOf, listOf, momentOf, positiveOf, textOf, timeOfId } from "./field.js";
import { canPlay, coversOf, imagesOf, musicOf, variantsOf } from "./media.js";
import { authorOf, mentionsOf } from "./person.js";
import { type NotFound, openReply, type PageReply, type Refusal } from "./refusal.js";

/** Circumstances of a reading that are not in what is read. */
export interface ReadContext {
  /** When the bytes reached us, ms UTC. */
  readonly receivedAt: number;
}

const TYPES_OF_IMAGES = new Set<unknown>([2, 68, 150]); // aweme_type of pictures

/** Reasons why a work that may be seen is unavailable: nothing of such an answer may be taken for the work. */
const NO_PICTURES = "the answer is incomplete: pictures are announced, and none are in it";
const NO_FILM = "the answer is incomplete: it has no address of the film";

/** Returns a work as the platform's object tells it, in either spelling; null when the object names no work. */
export function workOf(aweme: unknown, source: Work["source"], { receivedAt }: ReadContext): Work | null {
  const id = idOf(fieldOf(aweme, "aweme_id"));
  if (id === null) return null;
  const video = fieldOf(aweme, "video");
  const images = imagesOf(aweme);
  const isNote = images.length > 0 || announcesImages(aweme);
  // The film beside pictures is a preview of them, and its address that of the music.
  const media = isNote ? [] : variantsOf(video);
  const time = momentOf(fieldOf(aweme, "create_time"));
  const stats = fieldOf(aweme, "statistics", "stats");
  const missing = isNote ? (images.some(({ urls }) => urls.length > 0) ? null : NO_PICTURES) : media.some(canPlay) ? null : NO_FILM;
  const [state, stateReason] = stateOf(aweme, missing);
  const film = <T>(value: T): T | null => (isNote ? null : value);
  return {
    id,
    url: `https://www.douyin.com/${isNote ? "note" : "video"}/${id}`,
    shareUrl: shareUrlOf(fieldOf(aweme, "share_url") ?? fieldOf(fieldOf(aweme, "share_info"), "share_url")),
    kind: !isNote ? "video" : images.some(({ motion }) => motion !== null) ? "live_photos" : "images",
    text: textOf(fieldOf(aweme, "desc"), 10_000) ?? "",
    title: textOf(fieldOf(aweme, "item_title")),
    time: time ?? timeOfId(id) ?? receivedAt,
    ...(time === null ? { timeEstimated: true as const } : {}),
    author: authorOf(fieldOf(aweme, "author", "authorInfo")),
    stats: {
      likes: countOf(fieldOf(stats, "digg_count")),
      comments: countOf(fieldOf(stats, "comment_count")),
      favorites: countOf(fieldOf(stats, "collect_count")),
      shares: countOf(fieldOf(stats, "share_count")),
      plays: null,
    },
    durationMs: film(positiveOf(fieldOf(video, "duration")) ?? positiveOf(fieldOf(aweme, "duration"))),
    width: film(positiveOf(fieldOf(video, "width"))),
    height: film(positiveOf(fieldOf(video, "height"))),
    tags: tagsOf(aweme),
    mentions: mentionsOf(fieldOf(aweme, "text_extra")),
    place: textOf(fieldOf(fieldOf(aweme, "poi_info"), "poi_name")),
    pinned: flagOf(fieldOf(aweme, "is_top") ?? fieldOf(fieldOf(aweme, "tag"), "is_top")) ?? false,
    mix: mixOf(fieldOf(aweme, "mix_info")),
    state,
    stateReason,
    downloadAllowed: downloadAllowed(aweme),
    commentsAllowed: allOf([
      fieldOf(fieldOf(aweme, "aweme_control"), "can_show_comment"),
      fieldOf(fieldOf(aweme, "status"), "allow_comment"),
    ]),
    paid: paidFor(aweme),
    covers: coversOf(video),
    images,
    media,
    music: musicOf(fieldOf(aweme, "music")),
    captions: [],
    source,
    receivedAt,
    firstSeenAt: receivedAt,
    revision: 0,
  };
}

/** Returns what a work announces and lacks, in words; null where it is whole, or where the platform says that it may not be seen. */
function incompleteness({ stateReason }: Work): string | null {
  return stateReason === NO_PICTURES || stateReason === NO_FILM ? stateReason : null;
}

/** Returns what is known of a work that the platform refused by itself: its id, its state and why; null when the refusal is not about it. */
export function refusedWork(id: string, { kind, reason }: Refusal, source: Work["source"], context: ReadContext): Work | null {
  const states: Partial<Record<Refusal["kind"], Work["state"]>> = {
    gone: "deleted",
    private: "private",
    needs_login: "needs_login",
    unavailable: "unavailable",
  };
  const state = states[kind];
  const work = workOf({ aweme_id: id }, source, context);
  return state === undefined || work === null ? null : { ...work, kind: null, state, stateReason: english(reason) };
}

function announcesImages(aweme: unknown): boolean {
  return (
    fieldOf(aweme, "media_type") === 2 || TYPES_OF_IMAGES.has(fieldOf(aweme, "aweme_type")) || flagOf(fieldOf(aweme, "is_slides")) === true
  );
}

function stateOf(aweme: unknown, missing: string | null): [Work["state"], string | null] {
  const status = fieldOf(aweme, "status");
  const says = (...names: string[]) => flagOf(fieldOf(status, ...names)) === true;
  const own = (name: string) => flagOf(fieldOf(aweme, name)) === true;
  const audience = countOf(fieldOf(status, "private_status")); // 1 the author, 2 friends
  if (says("is_delete")) return ["deleted", "the work was deleted"];
  if (audience === 1 || says("self_see") || says("is_private") || own("is_private")) return ["private", "only its author can see it"];
  if (audience === 2 || own("is_friend_limit")) return ["friends", "only friends of its author can see it"];
  if (says("is_prohibited")) return ["unavailable", "the platform forbids it"];
  if (own("pc_need_login")) return ["needs_login", "the platform shows it to people who are logged in"];
  if (missing === null) return ["public", null];
  const inReview = says("in_reviewing", "isReviewing") || flagOf(fieldOf(fieldOf(aweme, "tag"), "in_reviewing")) === true;
  return ["unavailable", inReview ? "the platform is still reviewing it" : missing];
}

function tagsOf(aweme: unknown): Work["tags"] {
  const all = [
    ...listOf(fieldOf(aweme, "text_extra"), 100).map((piece) => ({
      name: textOf(fieldOf(piece, "hashtag_name")),
      id: idOf(fieldOf(piece, "hashtag_id")),
    })),
    ...listOf(fieldOf(aweme, "cha_list"), 100).map((tag) => ({
      name: textOf(fieldOf(tag, "cha_name")),
      id: idOf(fieldOf(tag, "cid")),
    })),
  ];
  const tags = new Map<string, Work["tags"][number]>();
  for (const { name, id } of all) if (name !== null) tags.set(name, { name, id: tags.get(name)?.id ?? id });
  return [...tags.values()];
}

/** Returns the mix that a work is in, or that an object is; null if there is none. */
export function mixOf(mix: unknown): Mix | null {
  const found = { id: idOf(fieldOf(mix, "mix_id")), name: textOf(fieldOf(mix, "mix_name")) };
  return (found.id ?? found.name) === null ? null : found;
}

function downloadAllowed(aweme: unknown): boolean | null {
  const download = fieldOf(aweme, "download");
  const prevented = flagOf(fieldOf(aweme, "prevent_download")) ?? flagOf(fieldOf(download, "prevent"));
  const allowed = fieldOf(fieldOf(aweme, "video_control"), "allow_download") ?? fieldOf(download, "allow_download");
  return prevented === true ? false : allOf([allowed]);
}

/** Returns whether all known rights are given; null if none is known. */
function allOf(rights: readonly unknown[]): boolean | null {
  const known = rights.map(flagOf).filter((right) => right !== null);
  return known.length === 0 ? null : !known.includes(false);
}

function paidFor(aweme: unknown): boolean | null {
  const prices = [
    countOf(fieldOf(fieldOf(aweme, "series_paid_info"), "series_paid_status")),
    countOf(fieldOf(fieldOf(aweme, "entertainment_video_paid_way"), "paid_type")),
    flagOf(fieldOf(fieldOf(aweme, "series_info"), "is_charge")),
  ].filter((price) => price !== null);
  return prices.length === 0 ? null : prices.some((price) => price !== 0 && price !== false);
}

/** Returns the address of a share page without its query, which holds ids of devices. */
function shareUrlOf(value: unknown): string | null {
  const text = textOf(value, 4096);
  if (text === null || !URL.canParse(text)) return null;
  const { protocol, hostname, pathname, port } = new URL(text);
  if (protocol !== "https:" || port !== "" || !/^(?:[a-z0-9-]+\.)*(?:ies)?douyin\.com$/.test(hostname)) return null;
  return textOf(`https://${hostname}${pathname}`);
}

/**
 * Reads the page's detail reply (`aweme/detail/`). The page asks for recommended works at the same path, so what it refuses is about the asked
 * work only if the request names that one.
 * @param workId the work that was asked for
 */
export function readDetail(
  reply: PageReply,
  workId: string,
  context: ReadContext,
): NotFound | { readonly outcome: "found"; readonly work: Work } {
  const opened = openReply(reply, {
    isThere: (root) => idOf(fieldOf(at(root, "aweme_detail"), "aweme_id")) !== null,
    mostBytes: 4 * 1024 * 1024, // one work has about 150 KB
  });
  if (opened.outcome !== "opened") return opened;
  const work = workOf(at(opened.root, "aweme_detail"), "reply", context);
  if (work === null) return { outcome: "unreadable", reason: "the reply names no work" };
  if (work.id !== workId) return { outcome: "other", id: work.id };
  const missing = incompleteness(work);
  return missing === null ? { outcome: "found", work } : { outcome: "unreadable", reason: missing };
}

/**
 * Finds a work in the state that a page streams; null when it is not there, or not whole, which says nothing about the work.
 * @param page the page's HTML, or the texts of its scripts one after another
 */
export function readPageState(page: string, workId: string, context: ReadContext): Work | null {
  if (page.length > 4 * 1024 * 1024)
    // UTF-16 units; real pages have about a million
    return null;
  for (const row of streamedState(page)) {
    for (const node of nodesOf(row)) {
      const work = workIn(node, workId, context);
      if (work !== null && incompleteness(work) === null) return work;
    }
  }
  return null;
}

/** Yields the objects and arrays of a value, those further out first: at most 25,000, and 32 levels (facts/videos.md 2.3). */
function* nodesOf(value: object): Generator<object> {
  let level = [value];
  let left = 25_000;
  for (let depth = 0; depth < 32 && level.length > 0; depth++) {
    const next: object[] = [];
    for (const node of level) {
      yield node;
      for (const child of Object.values(node)) {
        if (typeof child !== "object" || child === null) continue;
        if (--left <= 0) break;
        next.push(child);
      }
    }
    level = next;
  }
}

/** Reads a node that is the asked work, or that names it and holds it as `aweme.detail`. */
function workIn(node: object, workId: string, context: ReadContext): Work | null {
  if (at(node, "awemeId") !== workId) return null;
  const inside = at(at(node, "aweme"), "detail");
  const aweme = inside ?? node;
  if (fieldOf(aweme, "video") === undefined && fieldOf(aweme, "images") === undefined) return null;
  const work = workOf(aweme, "page", context);
  return work?.id === workId ? work : null;
}
