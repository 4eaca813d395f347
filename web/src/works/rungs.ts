import { chooseVariant } from "../../../src/works/model/quality.js";
import type { MediaVariant, Work } from "../api/model.js";

/** Wishes of which the page says what they would take. */
export const WISHES = ["compatible", "best"] as const;
export type Wish = (typeof WISHES)[number];

/** A rung of a film as the table shows it. */
export interface Rung {
  readonly variant: MediaVariant;
  /** Wishes that take it. */
  readonly wishes: readonly Wish[];
  readonly sound: "own" | "silent" | "joined" | "only";
}

/** What a wish takes, and why, in the server's words. */
export interface Pick {
  readonly wish: Wish;
  readonly name: string;
  readonly why: string;
}

/** Rungs of a film, and which of them are taken. */
export interface Ladder {
  /** The best first, then sounds, then those with the platform's mark. */
  readonly rungs: readonly Rung[];
  readonly picks: readonly Pick[];
}

/** Returns the rungs of a film with what would be taken of them, by the rule by which files are downloaded. */
export function ladderOf(media: Work["media"]): Ladder {
  const choices = WISHES.flatMap((wish) => {
    const choice = chooseVariant(media, wish);
    return choice === null ? [] : [{ wish, choice }];
  });
  const films = choices[0]?.choice.rungs ?? [];
  const others = media.filter((variant) => !films.includes(variant));
  const sounds = others.filter(({ watermark }) => !watermark);
  const marked = others.filter(({ watermark }) => watermark);
  const rungs = [...films, ...sounds, ...marked].map((variant) => ({
    variant,
    wishes: choices.filter(({ choice }) => choice.variant === variant).map(({ wish }) => wish),
    sound: soundOf(variant, sounds.length > 0),
  }));
  return { rungs, picks: choices.map(({ wish, choice }) => ({ wish, name: choice.variant.name, why: choice.why })) };
}

function soundOf({ role, hasAudio }: MediaVariant, hasSounds: boolean): Rung["sound"] {
  if (role === "audio") return "only";
  if (hasAudio) return "own";
  return hasSounds ? "joined" : "silent";
}

/** Returns the heights that a film of a work can be had in, the largest first, as they are asked for: `1080p`. */
export function heightsOf({ media, images }: Work): readonly string[] {
  const films = [media, ...images.map(({ motion }) => motion?.media ?? [])].flat();
  const rungs = films.filter(({ role, watermark }) => role === "video" && !watermark);
  const edges = rungs.map(({ width, height }) => Math.min(width ?? 0, height ?? 0)).filter((edge) => edge >= 10);
  return [...new Set(edges)].sort((a, b) => b - a).map((edge) => `${edge}p`);
}
