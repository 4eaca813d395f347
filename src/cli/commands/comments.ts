import { type Config, readMachine } from "../../app/config.js";
import { reachOf, workReaderOf } from "../../app/platform.js";
import { type Clock, systemClock } from "../../runtime/clock.js";
import { CommentCollector } from "../../works/comments.js";
import type { Comment, CommentRun } from "../../works/model/comment.js";
import { CommentFile } from "../comment-file.js";
import { exitWith, interruptSignal } from "../stop.js";
import { ProgressLine, plain, print, say } from "../terminal.js";

/** Options of `dylive comments`. */
interface CommentsFlags {
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
  const progress = new ProgressLine("comments", "collected");
  let file: CommentFile | null = null;
  try {
    const work = await reader.find(text, stop);
    file = out === null ? null : await CommentFile.open(out, work.id);
    const known = file?.known ?? [];
    if (known.length > 0) say(plain(`${out}: ${known.length} comments are known; the run goes on with those that are not`));
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
function lineOf({ level, user, place, labels, text, images, sticker, likes, pinned }: Comment): string {
  const marks = [...(pinned ? ["pinned"] : []), ...labels, ...(place === null ? [] : [place])];
  const beside = [...(images.length === 0 ? [] : [`[${images.length} pictures]`]), ...(sticker === null ? [] : ["[sticker]"])];
  const who = `${user.nickname ?? user.id ?? "?"}${marks.length === 0 ? "" : ` (${marks.join(", ")})`}:`;
  const line = [who, ...(text === "" ? [] : [text]), ...beside, ...(likes === null || likes === 0 ? [] : [`♥ ${likes}`])].join(" ");
  return `${level === 2 ? "    " : ""}${plain(line)}`;
}

/** Says how a run ended, with what the platform tells and what came. */
function wordsOf({ endedBy, reason, collected, topLevel, repliesCollected, shown, floorsOpen }: CommentRun): string {
  const told = shown === null ? "" : `; the platform tells ${shown}, with hidden ones`;
  const open = floorsOpen === 0 ? "" : `; of ${floorsOpen} top comments not all replies came`;
  return `${endedBy}: ${reason}. ${collected} comments are collected (${topLevel} top comments, ${repliesCollected} replies)${told}${open}`;
}
