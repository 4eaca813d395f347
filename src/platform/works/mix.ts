import type { Mix } from "../../works/model/work.js";
import { at } from "../wire/exact-json.js";
import { type NotFound, openReply, type PageReply } from "./reply.js";
import { mixOf } from "./work.js";

/**
 * Reads what a mix says of itself (`mix/detail/`).
 * @param mixId the mix that was asked for
 */
export function readMix(reply: PageReply, mixId: string): NotFound | { readonly outcome: "found"; readonly mix: Mix } {
  const opened = openReply(reply, { isThere: (root) => mixOf(at(root, "mix_info")) !== null });
  if (opened.outcome !== "opened") return opened;
  const mix = mixOf(at(opened.root, "mix_info"));
  if (mix === null || mix.id !== mixId) return { outcome: "other", id: mix?.id ?? "" };
  return { outcome: "found", mix };
}
