import type { Messages } from "./i18n/tables.js";

/** An entry of the navigation. */
export interface Entry {
  /** Name of a route. */
  readonly to: string;
  readonly label: (m: Messages) => string;
}

/** The pages that are reached from everywhere, in their order. */
export const NAVIGATION: readonly Entry[] = [
  { to: "rooms", label: (m) => m.shell.rooms },
  { to: "sessions", label: (m) => m.sessions.title },
  { to: "works", label: (m) => m.works.title },
  { to: "overlay", label: (m) => m.overlay.title },
  { to: "settings", label: (m) => m.settings.title },
];
