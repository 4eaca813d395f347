import type { MediaVariant } from "./media.js";

/** Wish for a rung: the one that every player shows, the best, the smallest, or the one nearest to a height (the short edge). */
export type Quality = "compatible" | "best" | "smallest" | `${number}p`;

/** Rung that was chosen, and why. */
interface Choice {
  readonly variant: MediaVariant;
  /** The sound to join with it; null where it has its own, or where there is none. */
  readonly audio: MediaVariant | null;
  /** One sentence for a person: which it is, and why. */
  readonly reason: string;
  /** The second half of that: why it was chosen. */
  readonly why: string;
  /** All rungs without the platform's mark, the best first. */
  readonly rungs: readonly MediaVariant[];
}

/** Returns whether a text is a wish for a rung. */
export function isQuality(text: string): text is Quality {
  return text === "compatible" || text === "best" || text === "smallest" || /^[1-9]\d{1,4}p$/.test(text);
}

/** Worth of a byte of h265 in bytes of h264 (facts/videos.md 4.3). */
const H265_WORTH = 1.6;

/**
 * Chooses a rung of a film; never one with the platform's mark.
 * @param media all forms in which the film can be had
 * @param hdr whether HDR is preferred; otherwise it is taken only where there is nothing else
 * @returns null when there is no film without the mark
 */
export function chooseVariant(media: readonly MediaVariant[], quality: Quality, { hdr = false } = {}): Choice | null {
  const sounds = media.filter(({ role, watermark }) => role === "audio" && !watermark);
  const films = media.filter(({ role, watermark }) => role === "video" && !watermark);
  const rungs = films.toSorted((a, b) => byRank(a, b, hdr));
  const [first] = rungs;
  if (first === undefined) return null;
  const wanted = preferred(rungs, [
    ({ hasAudio }) => hasAudio || sounds.length > 0, // a silent film without a sound to join is the last resort
    ({ codec }) => codec !== "vvc", // hardly a player shows it
    ...(hdr ? [] : [(rung: MediaVariant) => rung.hdr === null]),
  ]);
  const { variant, why } = CHOICES[kindOf(quality)](wanted, quality, sounds);
  const audio = variant.hasAudio ? null : soundFor(quality, sounds);
  const name = named(variant);
  const reason = variant.hasAudio
    ? `${name}: ${why}`
    : audio === null
      ? `${name}, without sound: ${why}`
      : `${name}, joined with its sound: ${why}`;
  return { variant, audio, reason, why, rungs };
}

type Rungs = readonly [MediaVariant, ...MediaVariant[]];
type Choosing = (
  rungs: Rungs,
  quality: Quality,
  sounds: readonly MediaVariant[],
) => { readonly variant: MediaVariant; readonly why: string };

const CHOICES: Readonly<Record<"compatible" | "best" | "smallest" | "height", Choosing>> = {
  best: ([best]) => ({ variant: best, why: "the best of those that can be played" }),
  compatible: (rungs) => {
    const plain = rungs.filter(({ codec, container, hdr }) => codec === "h264" && container === "mp4" && hdr === null);
    const [most] = plain.toSorted((a, b) => pixels(b) - pixels(a));
    if (most !== undefined) return { variant: most, why: "the most pixels of those that every player shows (h264 in mp4, no HDR)" };
    const [next] = preferred(rungs, [({ codec }) => codec === "h264" || codec === null, ({ container }) => container === "mp4"]);
    return { variant: next, why: "there is no h264 in mp4 without HDR, so not every player may show it" };
  },
  smallest: (rungs, _quality, sounds) => {
    const sound = soundFor("smallest", sounds);
    const size = (rung: MediaVariant) => (rung.bytes ?? Number.POSITIVE_INFINITY) + (rung.hasAudio ? 0 : (sound?.bytes ?? 0));
    const [least] = rungs.toSorted((a, b) => compare(size(a), size(b)) || compare(bitrate(a), bitrate(b)) || pixels(a) - pixels(b));
    return { variant: least ?? rungs[0], why: "the fewest bytes" };
  },
  height: (rungs, quality) => {
    const height = Number.parseInt(quality, 10);
    const away = (rung: MediaVariant) => Math.abs(shortEdge(rung) - height);
    const nearest = Math.min(...rungs.map(away));
    // The rungs are in order of rank, so of two that are equally near the larger is met first.
    const variant = rungs.find((rung) => away(rung) === nearest) ?? rungs[0];
    return { variant, why: nearest === 0 ? `the best of ${quality}` : `nearest to ${quality}, which there is none of` };
  },
};

function kindOf(quality: Quality): keyof typeof CHOICES {
  return quality === "best" || quality === "compatible" || quality === "smallest" ? quality : "height";
}

/** Narrows rungs by one wish after another, as far as one is left. */
function preferred(rungs: readonly MediaVariant[], wishes: readonly ((rung: MediaVariant) => boolean)[]): Rungs {
  return wishes.reduce((left, wish) => {
    const kept = left.filter(wish);
    return kept.length > 0 ? kept : left;
  }, rungs) as Rungs;
}

/** Orders rungs, the better first: short edge, pictures a second, HDR only if asked, worth of the bytes, with its own sound before without. */
function byRank(a: MediaVariant, b: MediaVariant, hdr: boolean): number {
  return (
    shortEdge(b) - shortEdge(a) ||
    (b.fps ?? 0) - (a.fps ?? 0) ||
    (hdr ? Number(b.hdr !== null) - Number(a.hdr !== null) : 0) ||
    worth(b, b.bytes) - worth(a, a.bytes) ||
    worth(b, b.bitrate) - worth(a, a.bitrate) ||
    Number(b.container === "mp4") - Number(a.container === "mp4")
  );
}

function worth({ codec }: MediaVariant, amount: number | null): number {
  return (amount ?? 0) * (codec === "h265" ? H265_WORTH : 1);
}

function soundFor(quality: Quality, sounds: readonly MediaVariant[]): MediaVariant | null {
  const rising = sounds.toSorted((a, b) => (a.bitrate ?? 0) - (b.bitrate ?? 0) || (a.bytes ?? 0) - (b.bytes ?? 0));
  return (quality === "smallest" ? rising[0] : rising.at(-1)) ?? null;
}

function shortEdge({ width, height }: MediaVariant): number {
  return Math.min(width ?? 0, height ?? 0);
}

function pixels({ width, height }: MediaVariant): number {
  return (width ?? 0) * (height ?? 0);
}

function bitrate(rung: MediaVariant): number {
  return rung.bitrate ?? Number.POSITIVE_INFINITY;
}

/** Orders numbers of which both may be infinite. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function named(rung: MediaVariant): string {
  const edge = shortEdge(rung);
  return [
    edge === 0 ? rung.name : `${edge}p`,
    rung.codec,
    rung.container,
    rung.fps === null ? null : `${rung.fps} fps`,
    rung.hdr === null ? null : "HDR",
  ]
    .filter((part) => part !== null)
    .join(" ");
}
