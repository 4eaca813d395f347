import type { OverlayKind, OverlayOptions } from "./options.js";

const NEEDED: { readonly [K in OverlayKind]?: readonly string[] } = { flying: ["chat"], gifts: ["gift"] };

/** Only what is shown or said is asked for; always something, because no type at all means the usual ones. */
export function typesOf({ kind, show, say }: Pick<OverlayOptions, "kind" | "show" | "say">): readonly string[] {
  const shown = kind === "danmu" ? show : (NEEDED[kind] ?? []);
  const types = [...new Set<string>([...shown, ...say])];
  return types.length > 0 ? types : ["control"];
}
