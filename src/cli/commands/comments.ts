import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { type Config, readMachine } from "../../app/config.js";
import { reachOf, workReaderOf } from "../../app/platform.js";
import { type Clock, systemClock } from "../../runtime/clock.js";
import { syncFolder } from "../../runtime/durable-file.js";
import { DyliveError } from "../../runtime/errors.js";
import type { FileLock } from "../../runtime/file-lock.js";
import { joinMsgs, type Msg, msg, msgOf, recorded } from "../../runtime/msg.js";
import { CommentCollector, type KnownComment } from "../../works/comments.js";
import type { Comment, CommentRun } from "../../works/model/comment.js";
import { exitWith, interruptSignal } from "../stop.js";
import { ProgressLine, print, say } from "../terminal.js";
import { lockFor, unwritable } from "../written-file.js";

/** Options of `dylive comments`. */
export interface CommentsFlags {
  /** Most comments to be collected; null for all. */
  readonly limit: number | null;
  readonly replies: boolean;
  /** File that is written, or continued; null shows them. */
  readonly out: string | null;
  readonly json: boolean;
}

/**
 * `dylive comments LINK`: a work's comments as they come, on the terminal or into a file. Exit code 1 when the platform ended them before
 * their end: by a wall, a captcha, a refusal, or by nothing new for long.
 */
export async function comments(
  config: Config,
  text: string,
  { limit, replies, out, json }: CommentsFlags,
  clock: Clock = systemClock,
): Promise<void> {
  const stop = interruptSignal();
  const reach = reachOf(config, readMachine(), clock);
  const reader = workReaderOf(config, reach, clock);
  const progress = new ProgressLine(msg`comments`, msg`collected`);
  let file: CommentFile | null = null;
  try {
    const work = await reader.find(text, stop);
    file = out === null ? null : await CommentFile.open(out, work.id);
    const known = file?.known ?? [];
    if (known.length > 0) say(msg`${out ?? ""}: ${known.length} comments are known; the run goes on with those that are not`);
    const collector = new CommentCollector(work, { reader, clock, limit: limit ?? undefined, replies, known });
    for await (const batch of collector.batches(stop)) {
      if (file !== null) await file.append(batch);
      else for (const comment of batch) await print(json ? JSON.stringify(comment) : lineOf(comment));
      const { collected, shown } = collector.status();
      progress.show(collected, shown === null || shown === 0 ? undefined : Math.min(1, collected / shown));
    }
    const run = collector.status();
    progress.end(wordsOf(run));
    if (run.endedBy !== "end" && run.endedBy !== "limit") exitWith(1);
  } finally {
    await file?.close();
    await reader.close();
    await reach.identities.close();
  }
}

/** Returns a comment as one readable line; what others wrote is made harmless. */
function lineOf({ level, user, place, labels, text, images, sticker, likes, pinned }: Comment): Msg {
  const marks = [...(pinned ? [msg`pinned`] : []), ...labels, ...(place === null ? [] : [place])];
  const beside = [...(images.length === 0 ? [] : [msg`[${images.length} pictures]`]), ...(sticker === null ? [] : [msg`[sticker]`])];
  const who = msg`${user.nickname ?? user.id ?? "?"}${marks.length === 0 ? "" : msg` (${joinMsgs(marks, ", ")})`}:`;
  const line = [who, ...(text === "" ? [] : [text]), ...beside, ...(likes === null || likes === 0 ? [] : [`♥ ${likes}`])];
  return msg`${level === 2 ? "    " : ""}${joinMsgs(line, " ")}`;
}

/** Says how a run ended, with what the platform tells and what came. */
function wordsOf({ endedBy, reason, collected, topLevel, repliesCollected, shown, floorsOpen }: CommentRun): Msg {
  const beside = shown === null ? "" : msg`; the platform tells ${shown}, with hidden ones`;
  const open = floorsOpen === 0 ? "" : msg`; of ${floorsOpen} top comments not all replies came`;
  return msg`${msgOf(endedBy ?? "")}: ${recorded(reason ?? "")}. ${collected} comments are collected (${topLevel} top comments, ${repliesCollected} replies)${beside}${open}`;
}

/** Beginning of a comment's line. */
const BEGIN = '{"id":"';

/**
 * File of a work's comments, one JSON object a line, in the order in which they came. One that exists is continued: what an earlier run left
 * half written at its end is taken away. One process at a time writes it, which has the lock of `FILE.lock`.
 */
export class CommentFile {
  /** Comments that it had when it was opened. */
  readonly known: readonly KnownComment[];
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #lock: FileLock;

  private constructor(path: string, file: FileHandle, lock: FileLock, known: readonly KnownComment[]) {
    this.#path = path;
    this.#file = file;
    this.#lock = lock;
    this.known = known;
  }

  /** Opens it. @throws DyliveError bad_request when it has something else in it; in_use, file_failed */
  static async open(path: string, workId: string): Promise<CommentFile> {
    const lock = lockFor(path, `${path}.lock`);
    let file: FileHandle | null = null;
    try {
      file = await open(path, "a", 0o600);
      const { known, bytes } = await read(path, workId);
      // Only when all before is known to be comments: it may be a file of something else.
      await file.truncate(bytes);
      await syncFolder(dirname(resolve(path)));
      return new CommentFile(path, file, lock, known);
    } catch (error) {
      await file?.close();
      lock.remove();
      throw unwritable(path, error);
    }
  }

  /** Appends comments. @throws DyliveError file_failed when they cannot be written (the disk is full) */
  async append(comments: readonly Comment[]): Promise<void> {
    try {
      await this.#file.appendFile(comments.map((comment) => `${JSON.stringify(comment)}\n`).join(""));
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  /** Leaves it, with everything on the disk. @throws DyliveError file_failed */
  async close(): Promise<void> {
    try {
      await this.#file.sync();
    } catch (error) {
      throw unwritable(this.#path, error);
    } finally {
      await this.#file.close();
      this.#lock.remove();
    }
  }
}

/** Reads the comments of a file. @returns them, and how many bytes of whole lines it has. @throws DyliveError bad_request */
async function read(path: string, workId: string): Promise<{ readonly known: readonly KnownComment[]; readonly bytes: number }> {
  const known: KnownComment[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", from)) {
      known.push(commentIn(text.toString("utf8", from, at), workId, `${path}, line ${known.length + 1},`));
      from = at + 1;
    }
    bytes += from;
    rest = text.subarray(from);
    // Longer than any comment's line.
    if (rest.length > 4 * 1024 * 1024) throw new DyliveError("bad_request", msg`${path} has lines that are no comments: name another file`);
  }
  // A file without a single whole line may be something else.
  if (bytes === 0 && !BEGIN.startsWith(rest.toString("utf8", 0, BEGIN.length)))
    throw new DyliveError("bad_request", msg`${path} does not hold comments: name another file`);
  return { known, bytes };
}

function commentIn(line: string, workId: string, where: string): KnownComment {
  const { id, parentId, rank, workId: work } = (objectIn(line) ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof id !== "string" || (parentId !== null && typeof parentId !== "string") || typeof rank !== "number")
    throw new DyliveError("bad_request", msg`${where} is not a comment: name another file`);
  if (work !== workId) throw new DyliveError("bad_request", msg`${where} is a comment of another work: name another file`);
  return { id, parentId, rank };
}

function objectIn(line: string): object | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
