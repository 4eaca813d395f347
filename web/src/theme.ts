import { ref, watchEffect } from "vue";

const KEY = "dylive.theme";
const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** The chosen theme; `auto` follows the system. */
export const theme = ref<Theme>("auto");

/** Takes the kept choice, and shows and keeps every later one. */
export function startTheme(): void {
  theme.value = THEMES.find((one) => one === localStorage.getItem(KEY)) ?? "auto";
  watchEffect(() => {
    document.documentElement.dataset["theme"] = theme.value;
    localStorage.setItem(KEY, theme.value);
  });
}

/** The choice after this one. */
export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "auto";
}
