import type { Author } from "../../works/model/author.js";
import { at } from "../wire/exact-json.js";
import { countOf, textOf } from "./field.js";
import { authorOf } from "./person.js";
import { type NotFound, openReply, type PageReply } from "./reply.js";

/**
 * Reads an author's profile (`user/profile/other/`).
 * @param secUid the author who was asked for
 */
export function readAuthor(reply: PageReply, secUid: string): NotFound | { readonly outcome: "found"; readonly author: Author } {
  const opened = openReply(reply, { isThere: (root) => textOf(at(at(root, "user"), "sec_uid")) !== null });
  if (opened.outcome !== "opened") return opened;
  const author = authorOf(at(opened.root, "user"), countOf);
  return author.secUid === secUid ? { outcome: "found", author } : { outcome: "other", id: author.secUid ?? "" };
}
