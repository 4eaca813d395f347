import { type Config, readMachine } from "../../app/config.js";
import { reachOf, workReaderOf } from "../../app/platform.js";
import { withoutPassword } from "../../platform/links/link.js";
import { systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { joinMsgs, type Msg, type MsgOrText, msg, msgOf, recorded } from "../../runtime/msg.js";
import { foundWork, WorkError } from "../../works/found-work.js";
import type { Image, MediaVariant } from "../../works/model/media.js";
import type { Work } from "../../works/model/work.js";
import { exitWith, interruptSignal } from "../stop.js";
import { type Cell, moment, plain, print, printColumns } from "../terminal.js";

/** Kinds of works in words. */
export const KIND_WORDS: Readonly<Record<NonNullable<Work["kind"]>, string>> = {
  video: "video",
  images: "pictures",
  live_photos: "live photos",
};

/** `dylive work LINK`: what a work is, in words or as JSON. Exit code 1 when that is unknown, 2 when the text names no work. */
export async function work(config: Config, text: string, { json }: { readonly json: boolean }): Promise<void> {
  const stop = interruptSignal();
  const reach = reachOf(config, readMachine(), systemClock);
  const reader = workReaderOf(config, reach, systemClock);
  try {
    const found = foundWork(await reader.read(await reader.find(text, stop), stop)).work;
    if (json) await print(JSON.stringify(found));
    else await show(found);
  } catch (error) {
    if (!json || !(error instanceof DyliveError)) throw error;
    exitWith(error.row.fault === "caller" ? 2 : 1);
    const refusal = error instanceof WorkError ? error.refusal : null;
    await print(JSON.stringify({ text: withoutPassword(text), error: error.code, refusal, reason: error.detail }));
  } finally {
    await reader.close();
    await reach.identities.close();
  }
}

/** Shows a work as people read it; what others wrote is made harmless. */
async function show(work: Work): Promise<void> {
  for (const line of linesOf(work)) await print(typeof line === "string" ? plain(line) : line);
  if (work.media.length > 0) await printColumns([msg`rung`, msg`size`, "fps", msg`codec`, msg`form`, "MB", ""], work.media.map(rungCells));
  if (work.images.length > 0) await printColumns([msg`picture`, msg`size`, msg`film`], work.images.map(pictureCells));
}

function linesOf(work: Work): readonly MsgOrText[] {
  const { kind, text, title, author, time, timeEstimated, stats, durationMs, state, stateReason } = work;
  const name = author.nickname ?? author.secUid;
  const figures = [
    [msg`likes`, stats.likes],
    [msg`comments`, stats.comments],
    [msg`favorites`, stats.favorites],
    [msg`shares`, stats.shares],
  ] as const;
  const known = figures.flatMap(([word, count]) => (count === null ? [] : [msg`${count} ${word}`]));
  return [
    joinMsgs(
      [msgOf(kind === null ? "work" : KIND_WORDS[kind]), work.id, ...(durationMs === null ? [] : [`${(durationMs / 1000).toFixed(1)} s`])],
      "  ",
    ),
    work.url,
    ...(state === "public" ? [] : [msg`state: ${msgOf(state)}${stateReason === null ? "" : msg`: ${recorded(stateReason)}`}`]),
    ...(title === null ? [] : [msg`title: ${title}`]),
    ...(text === "" ? [] : [msg`text: ${text}`]),
    ...(name === null ? [] : [msg`author: ${name}${author.displayId === null ? "" : msg` (${author.displayId})`}`]),
    msg`published: ${moment(time)}${timeEstimated === true ? msg`, by its id` : ""}`,
    ...(known.length === 0 ? [] : [joinMsgs(known, ", ")]),
    ...(work.downloadAllowed === false ? [msg`The author does not want it to be downloaded.`] : []),
    ...(work.music?.title == null ? [] : [msg`music: ${work.music.title}`]),
  ];
}

function rungCells(variant: MediaVariant): readonly Cell[] {
  const { name, role, container, codec, hasAudio, watermark, width, height, fps, bytes, recommended } = variant;
  const marks = [
    ...(role === "audio" ? [msg`sound for silent films`] : hasAudio ? [] : [msg`silent`]),
    ...(watermark ? [msg`with the platform's mark`] : []),
    ...(recommended === true ? [msg`is taken by default`] : []),
  ];
  return [name, sizeOf(width, height), fps, codec, container, bytes === null ? null : (bytes / 1e6).toFixed(1), joinMsgs(marks, ", ")];
}

function pictureCells({ index, width, height, motion }: Image): readonly Cell[] {
  return [index + 1, sizeOf(width, height), motion === null ? "" : clipOf(motion)];
}

function clipOf({ durationMs, media }: NonNullable<Image["motion"]>): Msg {
  if (media.length === 0) return msg`moves, but its clip is missing`;
  return durationMs === null ? msg`moves` : msg`moves ${(durationMs / 1000).toFixed(1)} s`;
}

function sizeOf(width: number | null, height: number | null): string | null {
  return width === null || height === null ? null : `${width}×${height}`;
}
