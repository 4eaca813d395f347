import type { OverlayKind, OverlayOptions } from "./options.js";

const NEEDED: { readonly [K in OverlayKind]?: readonly string[] } = { flying: ["chat"], gifts: ["gift"] };

/** Only what is shown, said or heard is asked for; always something, because no type at all means the usual ones. */
export function typesOf({ kind, show, say, sound }: Pick<OverlayOptions, "kind" | "show" | "say" | "sound">): readonly string[] {
  const shown = kind === "danmu" ? show : (NEEDED[kind] ?? []);
  const types = [...new Set<string>([...shown, ...say, ...sound])];
  return types.length > 0 ? types : ["control"];
}
