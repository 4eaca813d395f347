import { ref, watchEffect } from "vue";
import type { Lang } from "../format/number.js";
import { languageOf } from "./language-of.js";

const KEY = "dylive.language";

/** The language of the page. */
export const lang = ref<Lang>("zh");

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
