import { EVENT_KINDS, type FeedKind } from "./feed-kinds.js";

/** What a feed shows. */
export interface FeedQuery {
  readonly kinds: ReadonlySet<FeedKind>;
  /** An expression of the filter language; empty for none. */
  readonly filter: string;
  /** Only this person; null for all. */
  readonly user: string | null;
}

/** The event types of a query, as the API takes them. */
export function typesOf({ kinds }: FeedQuery): readonly string[] {
  return Object.entries(EVENT_KINDS).flatMap(([kind, types]) => (kinds.has(kind as FeedKind) ? types : []));
}

/** The person and the filter of a query, as the API takes them. */
export function choiceOf({ filter, user }: FeedQuery): { readonly filter?: string; readonly user?: string } {
  return { ...(filter.trim() !== "" && { filter: filter.trim() }), ...(user !== null && { user }) };
}
