import type { MsgOrText } from "../../runtime/msg.js";
import type { Author } from "../../works/model/author.js";
import type { Comment, CommentRun } from "../../works/model/comment.js";
import type { Mix, Work } from "../../works/model/work.js";
import type { WorkListRun } from "../../works/model/work-list.js";
import type { Account } from "../accounts/login-store.js";
import type { OpenPage } from "../links/follow.js";
import type { Refusal } from "../works/refusal.js";
import type { AskedList } from "../works/work-list.js";
import type { ProxyServer } from "./proxy.js";

/** Work that is asked for. */
export interface AskedWork {
  readonly id: string;
  /** Kind of its page; null where that is unknown: the site leads from the one to the other by itself. */
  readonly page: "video" | "note" | null;
}

/** Outcome of reading a work's page. `reply` is the text of the page's own detail reply; null where the work was read from the page's state. */
export type WorkReading =
  | { readonly outcome: "found"; readonly work: Work; readonly reply: string | null }
  /** The platform refuses; `work` is what that tells of the work (deleted, private …), null where it is about the visitor. */
  | { readonly outcome: "refused"; readonly refusal: Refusal; readonly work: Work | null; readonly reply: string | null }
  /** The page says nothing of the work. */
  | { readonly outcome: "silent"; readonly reason: MsgOrText };

/** Works of an author or a mix that are asked for. */
export interface ListRequest {
  readonly list: AskedList;
  /** Waits until the page may be made to ask for more. */
  readonly turn: () => Promise<void>;
}

/** Works of an author or a mix that one reply of the page brought. */
export interface ListSeen {
  /** The author, by the profile; null for a mix, and where the page does not say. */
  readonly author: Author | null;
  /** The mix; null for an author. */
  readonly mix: Mix | null;
  /** Works that did not come before, in the platform's order: pinned ones come first, out of the order of time. */
  readonly works: readonly Work[];
  /** Items that were left out: works that others may not see, and what is no work. */
  readonly hidden: number;
  /** Whether a part of the list that came before this one did not reach us. */
  readonly torn?: boolean;
}

/** End of a page's list, with the reason in words. */
export interface ListEnd {
  readonly endedBy: Exclude<WorkListRun["endedBy"], "limit" | "known" | "stopped" | null>;
  readonly reason: string;
}

/** Comments of a work that are asked for. */
export interface CommentsRequest {
  readonly work: AskedWork;
  /** Returns whether a comment is known from before: pages of such are passed over faster. */
  readonly knows: (id: string) => boolean;
  /** Returns whether more replies of a floor are wanted, by the id of its top comment; null where it is not certain which floor it is. */
  readonly wantsReplies: (floorId: string | null) => boolean;
  /** Called with what the page tells of the work itself, before its comments. What it throws ends the reading. */
  readonly onWork?: ((work: Work, reply: string | null) => Promise<void>) | undefined;
}

/** Content of one reply of the page, as it came: comments may have come before. */
export interface CommentsSeen {
  /** The top comment whose replies these are; null for top comments. */
  readonly floorId: string | null;
  readonly comments: readonly Comment[];
  /** Where the platform goes on; null when it does not say. */
  readonly cursor: number | null;
  /** Comments that the platform says there are, or replies of the floor. */
  readonly total: number | null;
}

/** End of a page's comments, with the reason in words. */
export interface CommentsEnd {
  readonly endedBy: Exclude<CommentRun["endedBy"], "limit" | "stopped" | null>;
  readonly reason: string;
  /** Whether the work itself is kept from everybody: that is no refusal of the visitor. */
  readonly ofWork?: true;
}

/** Account and proxy that works are read by. */
export interface WorkVisitorRequest {
  /** An account only where the operator says so; null is a guest. */
  readonly account: Account | null;
  readonly proxy: ProxyServer | null;
}

/** Visitor of works' pages, apart from those of rooms. The site's home page is never opened. */
export interface WorkVisitor {
  /** Opens a work's page and reads what it asks for and holds. @throws DyliveError no_browser, browser_failed, unreachable, stopping */
  read(asked: AskedWork, signal: AbortSignal): Promise<WorkReading>;
  /**
   * Opens the page of an author or a mix, and scrolls through its works. Goes on when the next is taken; the page is closed when it is left.
   * @throws DyliveError no_account, no_work where there is no such author or mix, and as `read`; from the loop
   */
  list(request: ListRequest, signal: AbortSignal): AsyncGenerator<ListSeen, ListEnd, void>;
  /**
   * Opens a work's page and its comments, scrolls through them as a reader does and opens the replies of each floor. Goes on when the next is
   * taken; the page is closed when it is left.
   * @throws DyliveError no_work, and as `read`; from the loop
   */
  comments(request: CommentsRequest, signal: AbortSignal): AsyncGenerator<CommentsSeen, CommentsEnd, void>;
  /** Opens an address, as a short link's, and returns where the page settles. @throws DyliveError as `read` */
  readonly open: OpenPage;
  /** Gives the visitor back. */
  release(): void;
}

/** Provider of visitors of works. */
export interface WorkVisitors {
  /** @throws DyliveError no_browser, browser_failed, stopping */
  visitWorks(request: WorkVisitorRequest): Promise<WorkVisitor>;
}
