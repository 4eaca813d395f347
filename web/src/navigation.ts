import type { Messages } from "./i18n/tables.js";

/** An entry of the navigation. */
export interface Entry {
  /** Name of a route. */
  readonly to: string;
  readonly label: (m: Messages) => string;
  /** Whether a token that is limited to some rooms sees nothing there. */
  readonly needsAll?: boolean;
}

/** The pages that are reached from everywhere, in their order. */
export const NAVIGATION: readonly Entry[] = [
  { to: "rooms", label: (m) => m.shell.rooms },
  { to: "search", label: (m) => m.search.title },
  { to: "sessions", label: (m) => m.sessions.title },
  { to: "works", label: (m) => m.works.title, needsAll: true },
  { to: "overlay", label: (m) => m.overlay.title },
  { to: "settings", label: (m) => m.settings.title },
];
