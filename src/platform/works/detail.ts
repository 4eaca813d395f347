import type { Work } from "../../works/model/work.js";
import { at } from "../wire/exact-json.js";
import { fieldOf, idOf } from "./field.js";
import { type NotFound, openReply, type PageReply } from "./reply.js";
import { incompleteness, type ReadContext, workOf } from "./work.js";

/** Longest detail reply that is read: one work has about 150 KB. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * Reads the page's detail reply (`aweme/detail/`). The page asks for recommended works at the same path, so what it refuses is about the asked
 * work only if the request names that one.
 * @param workId the work that was asked for
 */
export function readDetail(
  reply: PageReply,
  workId: string,
  context: ReadContext,
): NotFound | { readonly outcome: "found"; readonly work: Work } {
  const opened = openReply(reply, {
    isThere: (root) => idOf(fieldOf(at(root, "aweme_detail"), "aweme_id")) !== null,
    mostBytes: MOST_BYTES,
  });
  if (opened.outcome !== "opened") return opened;
  const work = workOf(at(opened.root, "aweme_detail"), "reply", context);
  if (work === null) return { outcome: "unreadable", reason: "the reply names no work" };
  if (work.id !== workId) return { outcome: "other", id: work.id };
  const missing = incompleteness(work);
  return missing === null ? { outcome: "found", work } : { outcome: "unreadable", reason: missing };
}
