import { type Config, readMachine } from "../../app/config.js";
import { reachOf, workReaderOf } from "../../app/platform.js";
import { systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import type { Image, MediaVariant } from "../../works/model/media.js";
import type { Work } from "../../works/model/work.js";
import { toldIn, WorkError } from "../../works/told.js";
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
    const told = toldIn(await reader.read(await reader.find(text, stop), stop)).work;
    if (json) await print(JSON.stringify(told));
    else await show(told);
  } catch (error) {
    if (!json || !(error instanceof DyliveError)) throw error;
    exitWith(error.row.fault === "caller" ? 2 : 1);
    const refusal = error instanceof WorkError ? error.refusal : null;
    await print(JSON.stringify({ text, error: error.code, refusal, reason: error.detail }));
  } finally {
    await reader.close();
    await reach.identities.close();
  }
}

/** Shows a work as people read it; what others wrote is made harmless. */
async function show(told: Work): Promise<void> {
  for (const line of linesOf(told)) await print(plain(line));
  if (told.media.length > 0) await printColumns(["rung", "size", "fps", "codec", "form", "MB", ""], told.media.map(rungCells));
  if (told.images.length > 0) await printColumns(["picture", "size", "film"], told.images.map(pictureCells));
}

function linesOf(told: Work): readonly string[] {
  const { kind, text, title, author, time, timeEstimated, stats, durationMs, state, stateReason } = told;
  const name = author.nickname ?? author.secUid;
  const figures = [
    ["likes", stats.likes],
    ["comments", stats.comments],
    ["favorites", stats.favorites],
    ["shares", stats.shares],
  ].filter(([, count]) => count !== null);
  return [
    [kind === null ? "work" : KIND_WORDS[kind], told.id, ...(durationMs === null ? [] : [`${(durationMs / 1000).toFixed(1)} s`])].join(
      "  ",
    ),
    told.url,
    ...(state === "public" ? [] : [`state: ${state}${stateReason === null ? "" : `: ${stateReason}`}`]),
    ...(title === null ? [] : [`title: ${title}`]),
    ...(text === "" ? [] : [`text: ${text}`]),
    ...(name === null ? [] : [`author: ${name}${author.displayId === null ? "" : ` (${author.displayId})`}`]),
    `published: ${moment(time)}${timeEstimated === true ? ", by its id" : ""}`,
    ...(figures.length === 0 ? [] : [figures.map(([word, count]) => `${count} ${word}`).join(", ")]),
    ...(told.downloadAllowed === false ? ["The author does not want it to be downloaded."] : []),
    ...(told.music?.title == null ? [] : [`music: ${told.music.title}`]),
  ];
}

function rungCells(variant: MediaVariant): readonly Cell[] {
  const { name, role, container, codec, hasAudio, watermark, width, height, fps, bytes, recommended } = variant;
  const marks = [
    ...(role === "audio" ? ["sound for silent films"] : hasAudio ? [] : ["silent"]),
    ...(watermark ? ["with the platform's mark"] : []),
    ...(recommended === true ? ["is taken by default"] : []),
  ];
  return [name, sizeOf(width, height), fps, codec, container, bytes === null ? null : (bytes / 1e6).toFixed(1), marks.join(", ")];
}

function pictureCells({ index, width, height, motion }: Image): readonly Cell[] {
  const film = motion === null ? "" : motion.durationMs === null ? "moves" : `moves ${(motion.durationMs / 1000).toFixed(1)} s`;
  return [index + 1, sizeOf(width, height), film];
}

function sizeOf(width: number | null, height: number | null): string | null {
  return width === null || height === null ? null : `${width}×${height}`;
}
