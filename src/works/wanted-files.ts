import type { DownloadFile } from "./model/download.js";
import type { MediaVariant } from "./model/media.js";
import { chooseVariant, type Quality } from "./model/quality.js";
import type { Work } from "./model/work.js";

/** Wish for files of a work. */
export interface Wish {
  /** Which rung of a film; `compatible` by default. */
  readonly quality?: Quality | undefined;
  /** Whether HDR is preferred. */
  readonly hdr?: boolean | undefined;
  /** Whether the music is wanted, too. */
  readonly music?: boolean | undefined;
  /** Whether the covers are wanted, too. */
  readonly covers?: boolean | undefined;
}

/** A stream of bytes that addresses lead to. */
export type FileSource = Pick<MediaVariant, "urls" | "bytes" | "hash">;

/** A file of a work that is wanted, and what it is made of. */
export interface WantedFile extends Pick<DownloadFile, "role" | "index"> {
  readonly source: FileSource;
  /** Sound that is joined with it; null where it has its own, or needs none. */
  readonly sound: FileSource | null;
  /** Name of the rung, and why it was chosen; null for what has none. */
  readonly variant: string | null;
  readonly reason: string | null;
  /** Short edge of a film, as `1080p`. */
  readonly quality: string | null;
  /** All rungs of a film, the best first; none of anything else. */
  readonly rungs: readonly MediaVariant[];
}

/**
 * Returns the files of a work that are wanted, in their order: the film, or the pictures each with its clip, then covers and music. None has
 * the platform's mark. Asks no server: their addresses are those that came with the work, of which a film's expire after hours.
 */
export function wantedFiles(work: Work, wish: Wish = {}): readonly WantedFile[] {
  const film = work.images.length > 0 ? [] : filmOf("video", 0, work.media, wish);
  const pictures = work.images.flatMap((image) => [
    only("image", image.index, image.urls),
    ...(image.motion === null ? [] : filmOf("clip", image.index, image.motion.media, wish)),
  ]);
  const covers = wish.covers === true ? work.covers.map((cover) => only("cover", cover.index, cover.urls)) : [];
  const address = wish.music === true ? work.music?.url : null;
  const music = address == null ? [] : [only("music", 0, [address])];
  return [...film, ...pictures, ...covers, ...music];
}

/** Returns the same file by another reading of its work, the same rung if there still is; null when the work has it no more. */
export function sameFile(file: WantedFile, work: Work, wish: Wish): WantedFile | null {
  const found = wantedFiles(work, wish).find(({ role, index }) => role === file.role && index === file.index);
  if (found === undefined) return null;
  const all = file.role === "video" ? work.media : (work.images.find(({ index }) => index === file.index)?.motion?.media ?? []);
  const source = all.find((one) => one.role === "video" && !one.watermark && isSame(one, file.source));
  const sound = file.sound === null ? null : all.find((one) => one.role === "audio" && isSame(one, file.sound));
  return source === undefined || sound === undefined ? found : { ...file, source, sound };
}

/** Whether two readings tell of the same bytes. */
function isSame(one: FileSource, other: FileSource | null): boolean {
  return other !== null && one.bytes !== null && one.hash !== null && one.bytes === other.bytes && one.hash === other.hash;
}

function filmOf(
  role: "video" | "clip",
  index: number,
  media: readonly MediaVariant[],
  { quality = "compatible", hdr = false }: Wish,
): readonly WantedFile[] {
  const choice = chooseVariant(media, quality, { hdr });
  // A clip that is missing is wanted all the same: a download without it is not complete.
  if (choice === null) return role === "clip" ? [only(role, index, [])] : [];
  const { variant, audio, reason, rungs } = choice;
  const edge = Math.min(variant.width ?? 0, variant.height ?? 0);
  const short = edge === 0 ? null : `${edge}p`;
  return [{ role, index, source: variant, sound: audio, variant: variant.name, reason, quality: short, rungs }];
}

/** Returns a file of which there is one form, of unknown length. */
function only(role: WantedFile["role"], index: number, urls: string[]): WantedFile {
  return { role, index, source: { urls, bytes: null, hash: null }, sound: null, variant: null, reason: null, quality: null, rungs: [] };
}
