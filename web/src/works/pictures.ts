import type { Work } from "../api/model.js";
import { safeImage } from "../safe-image.js";

type Picture = Work["images"][number];

/** Returns the first address of a picture that may be shown; null when it has none. */
export function addressOf(picture: Pick<Picture, "urls">): string | null {
  for (const url of picture.urls) if (safeImage(url) !== null) return url;
  return null;
}

/** Returns the address of a work's cover, or of its first picture where it has none; never of one that moves. */
export function coverOf({ covers, images }: Pick<Work, "covers" | "images">): string | null {
  const still = (["cover", "origin"] as const).flatMap((role) => covers.filter((cover) => cover.role === role));
  for (const picture of [...still, ...images.slice(0, 1)]) {
    const address = addressOf(picture);
    if (address !== null) return address;
  }
  return null;
}

/** Returns when the first address of a work's files stops working, ms UTC; null where that is not known. Covers are not counted: they last. */
export function expiryOf({ media, images }: Pick<Work, "media" | "images">): number | null {
  const times = [...media, ...images, ...images.flatMap(({ motion }) => motion?.media ?? [])].map(({ expiresAt }) => expiresAt);
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}
