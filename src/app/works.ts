// The entry `dylive/works`: a video, a note, live photos; their files and comments; all works of an author, or of a mix.

import { Type } from "typebox";
import { readPaste, worksDoor } from "../platform/links/paste.js";
import { type Clock, systemClock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { CommentCollector, type KnownComment, type OpenFloor } from "../works/comments.js";
import { type DownloadOptions, downloadWork } from "../works/download.js";
import { foundWork } from "../works/found-work.js";
import type { Comment, CommentRun } from "../works/model/comment.js";
import type { Download } from "../works/model/download.js";
import { isQuality } from "../works/model/quality.js";
import type { Work } from "../works/model/work.js";
import type { WorkListRun } from "../works/model/work-list.js";
import type { WorkLink, WorkReader } from "../works/reader.js";
import { wantedFiles as filesOf, type WantedFile, type Wish } from "../works/wanted-files.js";
import { WorkLister } from "../works/work-lister.js";
import { type Config, readMachine, settingsOf } from "./config.js";
import { platformOf, reachOf, withReach, workReaderOf } from "./platform.js";
import { callOption, optionOf, WAITING } from "./setting-schema.js";

export { DyliveError, ERRORS, type ErrorCode, type Fault } from "../runtime/errors.js";
export type { KnownComment, OpenFloor } from "../works/comments.js";
export type { DownloadProgress } from "../works/download.js";
export { WorkError } from "../works/found-work.js";
export type { Author, Person } from "../works/model/author.js";
export { type Comment, type CommentRun, CommentRunSchema, CommentSchema } from "../works/model/comment.js";
export type { Download, DownloadFile } from "../works/model/download.js";
export type { Image, MediaVariant, Music } from "../works/model/media.js";
export type { Quality } from "../works/model/quality.js";
export { type Mix, type Work, WorkSchema } from "../works/model/work.js";
export { type WorkListRun, WorkListRunSchema } from "../works/model/work-list.js";
export type { WorkLink } from "../works/reader.js";
export type { FileSource, WantedFile, Wish } from "../works/wanted-files.js";

const READING = ["upstream", "worksAccount", "data", "browser", "cdp", "proxy", "userAgent"] as const;
/** Options of {@link readWork}: the same settings as the server has, by hand; their environment variables are not read. */
export interface ReadWorkOptions extends Partial<Pick<Config, (typeof READING)[number]>> {
  readonly signal?: AbortSignal | undefined;
  /** The real time by default. */
  readonly clock?: Clock | undefined;
}

/**
 * Finds what a text means: a link, a short link, the app's share text, or an id. Only short links ask the platform, and a browser is opened only for
 * one that does not redirect a plain client.
 * @throws DyliveError bad_work when it means neither a work, an author nor a mix; no_work, work_unknown where a short link leads nowhere;
 *   unreachable, bad_config
 * @example
 * const found = await resolveWork("7.66 看看 https://v.douyin.com/AbCdEf1/ 复制此链接");
 * if (found.kind === "author") for await (const { id } of works(`https://www.douyin.com/user/${found.secUid}`)) console.log(id);
 */
export async function resolveWork(text: string, options: ReadWorkOptions = {}): Promise<WorkLink> {
  return reading(options, (reader, signal) => reader.findAny(text, signal));
}

/**
 * Reads a work: a video, a note of pictures, or one of live photos, by a browser of its own that opens the work's page, as a guest unless
 * `worksAccount` names an account. The `state` of a work says that it was deleted, is private or needs a login. Nothing is kept.
 * @param link a link, a short link, share text, or a work's id
 * @throws DyliveError bad_work, no_work, bad_config, no_browser, browser_failed, unreachable; WorkError (`blocked`, `work_unknown`) when the
 *   platform tells nothing of the work
 * @example
 * const work = await readWork("https://v.douyin.com/AbCdEf1/");
 * console.log(work.kind, work.text, work.media.find(({ recommended }) => recommended)?.urls[0]);
 */
export async function readWork(link: string, options: ReadWorkOptions = {}): Promise<Work> {
  return reading(options, async (reader, signal) => foundWork(await reader.read(await reader.find(link, signal), signal)).work);
}

/** Reads once, by a reader that is closed then. */
async function reading<T>(options: ReadWorkOptions, read: (reader: WorkReader, signal: AbortSignal) => Promise<T>): Promise<T> {
  const config = settingsOf(options, READING, WAITING);
  const { signal = new AbortController().signal, clock = systemClock } = options;
  return withReach(config, clock, async (reach) => {
    const reader = workReaderOf(config, reach, clock);
    return read(reader, signal).finally(() => reader.close());
  });
}

const WISH = {
  quality: optionOf("compatible, best, smallest, or a height such as 720p", (value) => isQuality(String(value)), "which rung of a film"),
  hdr: Type.Boolean({ description: "whether HDR is preferred" }),
  music: Type.Boolean({ description: "whether the music is wanted, too" }),
  covers: Type.Boolean({ description: "whether the covers are wanted, too" }),
};

/**
 * Returns the files of a work that are wanted, in their order: the film, or the pictures each with its clip, then covers and music. None has
 * the platform's mark. Asks nothing: the addresses are those that came with the work, of which a film's expire after hours.
 * @throws DyliveError bad_work, bad_config
 */
export function wantedFiles(work: Work, wish: Wish = {}): readonly WantedFile[] {
  assertWork(work);
  settingsOf(wish, [], WISH);
  return filesOf(work, wish);
}

/** Refuses a link in place of a work, which JavaScript lets through. @throws DyliveError bad_work */
function assertWork(work: unknown): void {
  const isWork = typeof work === "object" && work !== null && Array.isArray(Reflect.get(work, "media"));
  if (!isWork) throw new DyliveError("bad_work", "it is no work that was read: readWork(link) reads one");
}

const BYTES = optionOf("a number of bytes above 0", (value) => typeof value === "number" && value > 0, "most bytes that are fetched");
const DOWNLOADING = {
  folder: Type.String({ minLength: 1, description: "folder for the files" }),
  ...WISH,
  template: Type.String({ description: "names of the files" }),
  ignoreAuthorSetting: Type.Boolean({ description: "downloads what the author does not allow" }),
  onProgress: callOption("called with the progress of the download"),
  tell: callOption("called with lines for a log"),
  maxFileBytes: BYTES,
  maxBytes: BYTES,
  ...WAITING,
};
/** Options of {@link download}: what is wanted of a work, and the settings by which it is read again where its addresses have expired. */
export interface DownloadWorkOptions extends ReadWorkOptions, Omit<DownloadOptions, "platform" | "refresh" | "id"> {}

/**
 * Downloads the files of a work that was read into a folder: the film, its sound joined with it where it is silent, or the pictures with their
 * clips. The state of a file says whether it failed, with the reason; what is there already is not fetched again. Where the addresses have
 * expired, the work is read again by a browser.
 * @throws DyliveError bad_request for a template that is none; bad_work, bad_config, file_failed
 * @example
 * const work = await readWork("https://v.douyin.com/AbCdEf1/");
 * const { state, files } = await download(work, { folder: "works", quality: "best" });
 * console.log(state, files.map(({ name, reason }) => name ?? reason));
 */
export async function download(work: Work, options: DownloadWorkOptions): Promise<Download> {
  assertWork(work);
  const config = settingsOf({ ...options, folder: options?.folder ?? null }, READING, DOWNLOADING);
  const { folder, quality, hdr, template, music, covers, ignoreAuthorSetting, onProgress, tell, maxFileBytes, maxBytes, ...rest } = options;
  const { signal, clock, ...settings } = rest;
  return downloadWork(work, {
    ...{ folder, quality, hdr, template, music, covers, ignoreAuthorSetting, onProgress, tell, maxFileBytes, maxBytes, signal, clock },
    platform: platformOf(config),
    refresh: (until) => readWork(work.url, { ...settings, clock, signal: until }),
  });
}

const MOST = { minimum: 1, maximum: 10_000_000 };
const COLLECTING = {
  limit: Type.Integer({ ...MOST, description: "most comments that are collected" }),
  replies: Type.Boolean({ description: "whether replies are collected, too" }),
  known: optionOf("comments, such as a list of them", (value) => isIterable(value, isKnownComment), "comments of an earlier run"),
  ...WAITING,
};

function isKnownComment(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, "id") === "string";
}

/** Tells whether a value may be iterated. What a list holds is looked at; of anything else it would be gone then. */
function isIterable(value: unknown, holds: (one: unknown) => boolean): boolean {
  if (Array.isArray(value)) return value.every(holds);
  return typeof value === "object" && value !== null && typeof Reflect.get(value, Symbol.iterator) === "function";
}

/** Options of {@link comments}. */
export interface CommentsOptions extends ReadWorkOptions {
  /** Most comments that are collected, 100,000 by default. */
  readonly limit?: number | undefined;
  /** Whether replies are collected beside the few that are shown with their comment; true by default. */
  readonly replies?: boolean | undefined;
  /** Comments of an earlier run, which are passed over: the platform has only forward cursors, so a run that goes on begins at the top. */
  readonly known?: Iterable<KnownComment> | undefined;
}

/** A work's comments as they come; each loop over them is a run of its own, from the top. */
export interface WorkComments extends AsyncIterable<Comment> {
  /** Returns the state of the last run, which tells by what it ended; null before the first. */
  status(): CommentRun | null;
  /** Returns the floors of the last run that have more replies than came. */
  openFloors(): readonly OpenFloor[];
}

/**
 * Collects the comments of a work by a browser of its own, which scrolls through them as a reader does: a few thousand take half an hour. How
 * many a guest is shown is the platform's to decide; `status().endedBy` tells whether it was all. It ends quietly when the signal aborts.
 * Nothing is kept.
 * @param link a link, a short link, share text, or a work's id
 * @throws DyliveError bad_config at once; from the loop bad_work, no_work, no_browser, browser_failed, unreachable
 * @example
 * const all = comments("https://v.douyin.com/AbCdEf1/", { limit: 500 });
 * for await (const { user, text } of all) console.log(user.nickname, text);
 * console.log(all.status()?.endedBy, all.status()?.reason);
 */
export function comments(link: string, options: CommentsOptions = {}): WorkComments {
  const config = settingsOf(options, READING, COLLECTING);
  const { signal, clock = systemClock, limit, replies, known } = options;
  let last: CommentCollector | null = null;
  return {
    status: () => last?.status() ?? null,
    openFloors: () => last?.openFloors() ?? [],
    [Symbol.asyncIterator]: () =>
      inLoop(config, { signal, clock }, async function* (reader, until) {
        last = new CommentCollector(await reader.find(link, until), { reader, clock, limit, replies, known });
        yield* last.batches(until);
      }),
  };
}

const LISTING = {
  limit: Type.Integer({ ...MOST, description: "most works that are listed" }),
  known: optionOf("ids, such as a list of them", (value) => isIterable(value, (id) => typeof id === "string"), "works of an earlier run"),
  stopAfterKnown: Type.Integer({ ...MOST, description: "ends the list after so many known works in a row" }),
  ...WAITING,
};
/** Options of {@link works}. */
export interface WorksOptions extends ReadWorkOptions {
  /** Most works that are listed, 10,000 by default. */
  readonly limit?: number | undefined;
  /** Ids of works from an earlier run. They are given again, since their figures may have changed. */
  readonly known?: Iterable<string> | undefined;
  /** Ends the list of an author after so many known works in a row, not counting pinned ones: for works of a run that did not break off. */
  readonly stopAfterKnown?: number | undefined;
}

/** Works of an author or a mix as they come; each loop over them is a run of its own, from the top. */
export interface WorkList extends AsyncIterable<Work> {
  /** Returns the state of the last run, with whose works they are and by what it ended; null before the first. */
  status(): WorkListRun | null;
}

/**
 * Lists the works of an author, or of a mix, by a browser of its own that scrolls through their page. A guest is shown about the first 20 of an
 * author: `status().endedBy` tells whether it was all. It ends quietly when the signal aborts. Nothing is kept.
 * @param link a link of an author or a mix, a short link, share text, or an author's sec_uid
 * @throws DyliveError bad_work, bad_config at once; from the loop no_account, no_work, no_browser, browser_failed, unreachable
 * @example
 * const list = works("https://www.douyin.com/user/MS4wLjABAAAA…");
 * for await (const { id, text } of list) console.log(id, text);
 * console.log(list.status()?.endedBy, list.status()?.reason);
 */
export function works(link: string, options: WorksOptions = {}): WorkList {
  const config = settingsOf(options, READING, LISTING);
  const { signal, clock = systemClock, limit, known, stopAfterKnown } = options;
  readPaste(link, worksDoor(["author", "mix"], clock.now()));
  const ids = new Set(known);
  let last: WorkLister | null = null;
  return {
    status: () => last?.status() ?? null,
    [Symbol.asyncIterator]: () =>
      inLoop(config, { signal, clock }, async function* (reader, until) {
        const list = await reader.findList(link, until);
        last = new WorkLister(list, { reader, clock, limit, stopAfterKnown, knows: (id) => ids.has(id) });
        yield* last.batches(until);
      }),
  };
}

/** Yields what is read in batches, by a reader that is closed with the loop, which ends quietly when the signal aborts. */
async function* inLoop<T>(
  config: Config,
  { signal: until = new AbortController().signal, clock }: { readonly signal: AbortSignal | undefined; readonly clock: Clock },
  batches: (reader: WorkReader, until: AbortSignal) => AsyncIterable<readonly T[]>,
): AsyncGenerator<T, void> {
  if (until.aborted) return;
  const reach = reachOf(config, readMachine(), clock);
  const reader = workReaderOf(config, reach, clock);
  try {
    for await (const batch of batches(reader, until)) yield* batch;
  } catch (error) {
    if (!until.aborted) throw DyliveError.forProgram(error);
  } finally {
    await reader.close();
    await reach.identities.close();
  }
}
