import { ref, watchEffect } from "vue";
import type { Lang } from "../format/number.js";

const KEY = "dylive.language";

/** The language of the page. */
export const lang = ref<Lang>("zh");

/** Chinese first: English for those who chose it, or whose browser asks for another language than Chinese. */
export function languageOf(kept: string | null, preferred: string | undefined): Lang {
  if (kept === "zh" || kept === "en") return kept;
  return preferred === undefined || preferred.startsWith("zh") ? "zh" : "en";
}

export function startLanguage(): void {
  lang.value = languageOf(localStorage.getItem(KEY), navigator.languages[0]);
  watchEffect(() => {
    document.documentElement.lang = lang.value === "zh" ? "zh-CN" : "en";
  });
}

/** Changes to the other language, and keeps the choice. */
export function switchLanguage(): void {
  lang.value = lang.value === "zh" ? "en" : "zh";
  localStorage.setItem(KEY, lang.value);
}
