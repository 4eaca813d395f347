import type { Lang } from "../format/number.js";

/** Chinese first: English for those who chose it, or whose browser asks for another language than Chinese. */
export function languageOf(kept: string | null, preferred: string | undefined): Lang {
  if (kept === "zh" || kept === "en") return kept;
  return preferred === undefined || preferred.startsWith("zh") ? "zh" : "en";
}
