import type { SimulatedComment } from "./comments.js";
import type { MediaFile } from "./media.js";

/** Author of simulated works. */
export interface SimulatedAuthor {
  readonly uid: string;
  readonly secUid: string;
  /** 抖音号 */
  readonly displayId: string;
  readonly shortId: string;
  readonly nickname: string;
  readonly signature: string;
  readonly verified: string | null;
  readonly followers: number;
  readonly following: number;
  /** Likes of all works */
  readonly likes: number;
  /** Province, as the platform shows it behind "IP属地：" */
  readonly ipPlace: string;
}

/** One of the transcodes of a film, called `bit_rate[]` by the platform. */
export interface SimulatedRung {
  /** `gear_name` */
  readonly name: string;
  readonly qualityType: number;
  readonly codec: "h264" | "h265";
  /** `dash` has no sound. */
  readonly format: "mp4" | "dash";
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Bits a second that the platform tells */
  readonly bitrate: number;
  readonly file: MediaFile;
}

/** The sound of dash rungs. */
export interface SimulatedSound {
  readonly quality: string;
  readonly bitrate: number;
  readonly file: MediaFile;
}

/** Picture of a note: one image as WebP and as JPEG, and its clip where it is a live photo (实况). */
export interface SimulatedImage {
  readonly width: number;
  readonly height: number;
  readonly webp: MediaFile;
  readonly jpeg: MediaFile;
  /** With the platform's mark on it, which is nobody's to want */
  readonly watermarked: MediaFile;
  readonly clip: { readonly durationMs: number; readonly width: number; readonly height: number; readonly file: MediaFile } | null;
}

/** Music of a work. */
export interface SimulatedMusic {
  readonly id: string;
  readonly title: string;
  readonly author: string;
  readonly durationMs: number;
  readonly original: boolean;
  readonly file: MediaFile;
}

/** Everything that is true of a simulated work, by which a test judges what was read of it. */
export interface SimulatedWork {
  /** Name in the catalogue, e.g. `plain`: the same whatever the seed and the start are */
  readonly name: string;
  readonly id: string;
  readonly kind: "video" | "images" | "live_photos";
  readonly state: "public" | "private" | "friends" | "deleted" | "needs_login";
  readonly text: string;
  readonly title: string | null;
  /** ms UTC, whole seconds: those in the upper half of its id */
  readonly createdAt: number;
  readonly author: SimulatedAuthor;
  readonly stats: { readonly likes: number; readonly comments: number; readonly favorites: number; readonly shares: number };
  readonly durationMs: number | null;
  readonly width: number | null;
  readonly height: number | null;
  /** Hashtags in the text, with where they stand in it, in UTF-16 units */
  readonly tags: readonly { readonly name: string; readonly id: string; readonly start: number; readonly end: number }[];
  readonly mentions: readonly { readonly secUid: string; readonly userId: string; readonly start: number; readonly end: number }[];
  readonly place: string | null;
  readonly pinned: boolean;
  readonly mix: { readonly id: string; readonly name: string } | null;
  readonly downloadAllowed: boolean;
  readonly commentsAllowed: boolean;
  readonly rungs: readonly SimulatedRung[];
  readonly sounds: readonly SimulatedSound[];
  readonly images: readonly SimulatedImage[];
  readonly cover: MediaFile;
  /** The transcode with the platform's mark on it, which is nobody's to want; null for notes */
  readonly watermarked: MediaFile | null;
  readonly music: SimulatedMusic | null;
  /** Code of its short link, `v.douyin.com/CODE/` */
  readonly shortCode: string;
  /** Whether the HTML of its page holds it; the detail reply always does. */
  readonly inPage: boolean;
  /** Way in which its comments are opened */
  readonly panel: "icon" | "tab" | "open";
  /** Comments as the platform keeps them, floors in the order of heat */
  readonly comments: readonly SimulatedComment[];
  /** Comments that the platform counts and never shows */
  readonly hiddenComments: number;
  /** Floors by which a page of comments overlaps the one before */
  readonly overlap: number;
}

/** A row of works that belong together (合集). */
export interface SimulatedMix {
  readonly id: string;
  readonly name: string;
  readonly author: SimulatedAuthor;
  readonly works: readonly SimulatedWork[];
}

/** Faults that a work, or for those that begin with `post_` and `author_` an author, can be given, each with what is seen of it. */
export const WORK_FAULTS = {
  detail_no_such: "the reply says null, filter_reason core_dep",
  detail_self_see: "the reply says null, filter_reason status_self_see",
  detail_images_base: "the reply says null, filter_reason images_base",
  detail_gone: "status_code 2053",
  detail_not_logged_in: "status_code 2483",
  detail_captcha: "status_code 10000 with verify_center_decision_conf",
  detail_empty: "200 and not a byte",
  detail_blocked: "status_msg blocked",
  detail_no_uifid: "403, Uifid Not Found, to the page itself",
  detail_no_signature: "403, Signature Not Found, to the page itself",
  detail_bad_signature: "403, Sign Invalid, to the page itself",
  detail_old_signature: "403, Sign Expired, to the page itself",
  detail_444: "status 444",
  detail_429: "status 429",
  detail_html: "HTML where JSON is due",
  detail_huge: "more than 4 MiB",
  detail_other_work: "the reply holds another work",
  detail_late: "the reply comes after 29 s",
  detail_twice: "the page asks twice",
  detail_lost: "the page loads itself again while the reply is on its way, once",
  detail_never: "the page does not ask",
  page_absent: "the HTML does not hold the work",
  page_present: "the HTML holds the work",
  page_half: "the work's chunk of the state stands in two scripts",
  page_cut: "the second half of the work's chunk is missing",
  page_foreign: "the HTML holds other works alone",
  page_relative: "addresses in the state begin with //",
  page_malformed: "the work's chunk is no JSON",
  page_deep: "the work stands behind more than 25,000 nodes",
  page_captcha: "a captcha page",
  page_rate: "a page that says 访问过于频繁",
  page_login_card: "a dialog asks to log in",
  page_missing: "404",
  // On Linux, Chrome asks in a window of its own whether to open the app: until that is gone, the page gets no input.
  app_frame: "a hidden frame of the page navigates to the app's scheme",
  app_navigation: "the page navigates to the app's scheme",
  app_popup: "the page opens the app's scheme in a window at the first click",
  comments_none: "null, with total 0, though there are some",
  comments_untold: "null, with total 1",
  comments_stuck: "has_more 1 with the same cursor for ever, after the first page",
  comments_endless: "has_more 1 with empty pages for ever, after the first page",
  comments_wall: "a login wall after three pages",
  comments_bare: "17 bytes, after the first page",
  comments_blocked: "status_msg blocked, after the first page",
  comments_captcha: "status_code 10000, after the first page, and the captcha page",
  comments_numeric_ids: "cid is a number",
  reply_click_ignored: "the first click on 展开 of each floor does nothing",
  reply_short: "a floor gives one reply less than it tells",
  post_status_5: "a guest's second page is aweme_list null and status_code 5",
  post_hidden: "two works of each page are left out",
  post_private: "works that nobody but the author or their friends can see are named, too",
  post_endless: "has_more 1 with empty pages for ever",
  post_captcha: "status_code 10000, after the first page",
  post_once: "the page does not ask for a second page",
  post_empty_page: "an empty page with has_more 1 in between",
  post_other_tab: "a reply of another tab comes first",
  post_other_author: "the page asks for the works of another author first",
  author_private: "works are not shown, as of a banned account",
  author_banned: "works are not shown, as of a private account",
  cdn_dead_mirror: "the first address of each file answers 403",
  cdn_dead: "every address answers 403",
  cdn_forbidden: "403, Forbid_code: 020200, whatever the Referer is",
  cdn_html: "200 with a page of HTML",
  cdn_short: "the first half of what was asked, as if it were all",
  cdn_cut: "the connection is cut at the half, the first time that a file is asked for",
  cdn_drip: "a few bytes a second, at the first address of each file",
  cdn_wrong_type: "a JPEG, whatever it is",
  cdn_no_range: "416 to whoever continues",
  cdn_expired: "addresses that have expired when they are given",
  cdn_expires_midway: "cut at the half, and from then on that address has expired",
  cdn_play_astray: "the play address leads to a host that does not answer",
} as const satisfies Readonly<Record<string, string>>;

/** Name of a fault of a work or an author. */
export type WorkFault = keyof typeof WORK_FAULTS;

/** Returns the path of a work's page. */
export function pathOf(work: SimulatedWork): string {
  return work.kind === "video" ? `/video/${work.id}` : `/note/${work.id}`;
}
