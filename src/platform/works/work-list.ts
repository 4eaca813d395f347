import type { Author } from "../../works/model/author.js";
import type { Mix, Work } from "../../works/model/work.js";
import { at } from "../wire/exact-json.js";
import { countOf, flagOf, listOf, textOf } from "./field.js";
import { authorOf } from "./person.js";
import { codeOf, type NotFound, openReply, type PageReply } from "./refusal.js";
import { mixOf, type ReadContext, workOf } from "./work.js";

/** List that was asked for: the works of a user, or of a mix. */
export type AskedList = { readonly secUid: string } | { readonly mixId: string };

/** One page of a list of works. */
interface WorkPage {
  readonly outcome: "found";
  /** Works of this page, each once, in the platform's order: pinned ones come first, out of the order of time. */
  readonly works: readonly Work[];
  /** Items that were left out: works that others may not see, and what is no work. */
  readonly hidden: number;
  readonly hasMore: boolean;
}

/** States of works that a list may name, and that only the author or their friends can see. */
const HIDDEN: ReadonlySet<Work["state"]> = new Set(["deleted", "private", "friends"]);

/** Reads a page of a user's works (`aweme/post/`) or of a mix (`mix/aweme/`). A page may be empty and more follow. */
export function readWorkList(reply: PageReply, asked: AskedList, context: ReadContext): NotFound | WorkPage {
  const opened = openReply(reply, { isThere: (root) => itemsOf(root).length > 0, isNone: saysThatNone });
  if (opened.outcome !== "opened") return opened;
  const { root } = opened;
  const works = new Map<string, Work>();
  let hidden = 0;
  for (const item of itemsOf(root)) {
    const work = workOf(item, "list", context);
    if (work === null || HIDDEN.has(work.state)) hidden++;
    else if (!works.has(work.id)) works.set(work.id, work);
  }
  const owners = new Set([...works.values()].map((work) => ownerOf(work, asked)));
  const [owner] = owners;
  // A work may be made by several people, so one of the asked owner is enough; a list without any belongs to another tab.
  if (owner != null && !owners.has(null) && !owners.has("secUid" in asked ? asked.secUid : asked.mixId))
    return { outcome: "other", id: owner };
  return {
    outcome: "found",
    works: [...works.values()],
    hidden,
    hasMore: flagOf(at(root, "has_more")) ?? true, // a missing flag is no end
  };
}

function itemsOf(root: unknown): readonly unknown[] {
  return listOf(at(root, "aweme_list"), 200); // a page has about 20
}

/** Whether a list is complete, though nothing is in it. */
function saysThatNone(root: unknown): boolean {
  return codeOf(root) === 0 && flagOf(at(root, "has_more")) !== null;
}

function ownerOf(work: Work, asked: AskedList): string | null {
  return "secUid" in asked ? work.author.secUid : (work.mix?.id ?? null);
}

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
