import { type ShallowRef, shallowRef, triggerRef } from "vue";
import { type ApiClient, ask } from "../api/client.js";
import { type ApiFailure, asFailure, failureOf } from "../api/failure.js";
import { LiveSocket, type Msg, type Subscribe } from "../api/live-socket.js";
import type { EventPage, LiveEvent } from "../api/model.js";
import type { LinkState } from "../api/retry.js";
import { choiceOf, type FeedQuery, typesOf } from "./feed-query.js";
import { type FeedRow, FeedRows } from "./feed-rows.js";

/** Rows that are kept on the page. */
const ROWS_MAX = 20_000;
/** Events that wait while somebody reads further up; the oldest go first. */
const WAITING_MAX = 10_000;
const FIRST_PAGE = 400;
const OLDER_PAGE = 500;
/** Events are shown together, ten times a second: fast enough to look at once, slow enough for a busy room. */
const SHOW_MS = 100;
/** Time after which the server is asked again for what it refused for now, in ms. */
const AGAIN_MS = 10_000;

/** Which page of the room's events. */
interface Place {
  readonly limit: number;
  readonly before?: string;
  readonly after?: string;
  readonly session?: string;
}
/** Of a person and a filter: a search by these may end before it has found anything. */
const NO_CHOICE = {};

export interface FeedDeps {
  readonly client: ApiClient;
  /** The room's id. */
  readonly room: string;
  readonly query: FeedQuery;
  readonly onRefused: () => void;
}

/** The events of one room on the page: what there is, then what comes, each once and in order, over lost connections. */
export class Feed {
  readonly rows: ShallowRef<readonly FeedRow[]>;
  readonly link = shallowRef<LinkState>({ name: "connecting" });
  readonly failure = shallowRef<ApiFailure | null>(null);
  /** Events that wait to be shown, because the reader is further up. */
  readonly waiting = shallowRef(0);
  /** Whether the first page is there. */
  readonly loaded = shallowRef(false);
  /** Place before the oldest row; null when there is nothing older. */
  readonly older = shallowRef<string | null>(null);
  readonly #parts: FeedDeps;
  #lines = new FeedRows(ROWS_MAX);
  #fresh: LiveEvent[] = [];
  #skipped = 0;
  #paused = false;
  #after = "0";
  /** Place of the newest event that came. */
  #newest = 0;
  /** The last failure of a page that was asked for beside what comes. */
  #ofPage: ApiFailure | null = null;
  #socket: LiveSocket | null = null;
  #showing = 0;
  #retrying = 0;
  readonly #stop = new AbortController();

  constructor(parts: FeedDeps) {
    this.#parts = parts;
    this.rows = shallowRef(this.#lines.rows);
    void this.#start();
  }

  close(): void {
    this.#stop.abort();
    this.#socket?.close();
    clearTimeout(this.#showing);
    clearTimeout(this.#retrying);
  }

  /** While paused, what comes waits: the rows do not move under the reader. */
  pause(on: boolean): void {
    if (this.#paused === on) return;
    this.#paused = on;
    if (!on) this.#show();
  }

  /** Loads the page before the oldest row. @returns how many rows came */
  async loadOlder(): Promise<number> {
    if (this.older.value === null) return 0;
    try {
      const page = await this.#page({ before: this.older.value, limit: OLDER_PAGE });
      if (this.#stop.signal.aborted) return 0;
      this.#pageCame();
      this.older.value = page.more ? page.previous : null;
      const count = this.#lines.prepend(page.events);
      triggerRef(this.rows);
      return count;
    } catch (error) {
      this.#pageFailed(error);
      return 0;
    }
  }

  /** Takes away what is of broadcasts that were deleted, here or elsewhere; the other lines stay where they are. */
  async prune(): Promise<void> {
    const lines = this.#lines;
    for (const [session, from] of lines.sessions) {
      // What comes while the server is asked is of what the broadcast goes on with.
      const until = this.#newest + 1;
      let kept: number;
      try {
        kept = (await this.#first(from, session)) ?? until;
      } catch (error) {
        if (this.#stop.signal.aborted || lines !== this.#lines) return;
        this.#pageFailed(error);
        return;
      }
      if (this.#stop.signal.aborted || lines !== this.#lines) return;
      this.#fresh = this.#fresh.filter((event) => event.sessionId !== session || event.seq >= kept);
      this.#pageCame();
      if (lines.drop(session, kept)) triggerRef(this.rows);
    }
  }

  #pageFailed(error: unknown): void {
    this.#ofPage = asFailure(error);
    this.failure.value = this.#ofPage;
  }

  /** Says no longer that a page failed; why nothing new is given stays. */
  #pageCame(): void {
    if (this.failure.value === this.#ofPage) this.failure.value = null;
  }

  /** Returns the place of the first event of a broadcast that is kept from a place on; null when there is none. */
  async #first(from: number, session: string): Promise<number | null> {
    const place = { after: String(from - 1), limit: 1 };
    try {
      return (await this.#page({ ...place, session }, NO_CHOICE)).events[0]?.seq ?? null;
    } catch (error) {
      if (asFailure(error).code !== "not_found") throw error;
      // Not every event is of a broadcast that has an entry.
      return (await this.#page(place, NO_CHOICE)).events[0]?.seq === from ? from : null;
    }
  }

  async #start(): Promise<void> {
    try {
      const page = await this.#page({ limit: FIRST_PAGE });
      if (this.#stop.signal.aborted) return;
      this.failure.value = null;
      this.#after = page.next;
      this.#newest = page.events.at(-1)?.seq ?? 0;
      this.older.value = page.events.length > 0 ? page.previous : null;
      this.#lines.add(page.events);
      triggerRef(this.rows);
      this.loaded.value = true;
      this.#follow();
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      const failure = asFailure(error);
      this.failure.value = failure;
      if (failure.code === "bad_token" || failure.code === "no_token") this.#parts.onRefused();
      else if (failure.code !== "bad_request" && failure.code !== "not_found")
        this.#retrying = window.setTimeout(() => void this.#start(), 3_000);
    }
  }

  async #page(place: Place, choice: ReturnType<typeof choiceOf> = choiceOf(this.#parts.query)): Promise<EventPage> {
    const { client, room, query } = this.#parts;
    const wanted = { types: typesOf(query).join(","), ...place, ...choice };
    const { signal } = this.#stop;
    return (await ask(client.v1.GET("/v1/rooms/{room}/events", { params: { path: { room }, query: wanted }, signal }))) as EventPage;
  }

  #subscribe(): Subscribe {
    const { room, query } = this.#parts;
    return {
      op: "subscribe",
      rooms: [room],
      after: this.#after,
      types: typesOf(query),
      ...choiceOf(query),
    };
  }

  #follow(): void {
    const { client, onRefused } = this.#parts;
    this.#socket = new LiveSocket({
      client,
      onRefused,
      subscribe: () => this.#subscribe(),
      onEvents: (events, cursor) => this.#take(events, cursor),
      onNotice: (notice) => this.#notice(notice),
      onState: (state) => {
        this.link.value = state;
      },
    });
  }

  #take(events: readonly LiveEvent[], cursor: string): void {
    this.#after = cursor;
    this.#newest = events.at(-1)?.seq ?? this.#newest;
    this.#fresh.push(...events);
    const over = this.#fresh.length - WAITING_MAX;
    if (over > 0) {
      this.#fresh.splice(0, over);
      this.#skipped += over;
    }
    if (this.#showing === 0) this.#showing = window.setTimeout(() => this.#show(), SHOW_MS);
  }

  #notice(notice: Msg): void {
    const { type, cursor, from, to, code } = notice;
    if (type === "position") this.#after = String(cursor);
    else if (type === "removed" && typeof from === "number" && typeof to === "number") {
      this.#after = String(cursor);
      // After what came before it.
      this.#show();
      this.#lines.note("removed", to - from + 1);
      triggerRef(this.rows);
    } else if (type === "subscribed") {
      clearTimeout(this.#retrying);
      this.failure.value = null;
    } else if (type === "gone" || (type === "error" && code === "cursor_reset")) this.#again();
    else if (type === "error") {
      this.failure.value = failureOf({ error: notice }, 0);
      clearTimeout(this.#retrying);
      if (this.failure.value.retryable) this.#retrying = window.setTimeout(() => this.#socket?.send(this.#subscribe()), AGAIN_MS);
    }
  }

  /** The log is another than before, or the room is gone: everything begins anew. */
  #again(): void {
    this.#socket?.close();
    clearTimeout(this.#retrying);
    clearTimeout(this.#showing);
    this.#showing = 0;
    this.#fresh = [];
    this.#skipped = 0;
    this.waiting.value = 0;
    this.#lines = new FeedRows(ROWS_MAX);
    this.rows.value = this.#lines.rows;
    void this.#start();
  }

  #show(): void {
    clearTimeout(this.#showing);
    this.#showing = 0;
    if (this.#paused) {
      this.waiting.value = this.#fresh.length + this.#skipped;
      return;
    }
    if (this.#skipped > 0) this.#lines.note("skipped", this.#skipped);
    // What was cut off can be loaded again, from the first row that is left.
    if (this.#lines.add(this.#fresh)) this.older.value = String(this.#lines.oldestSeq ?? 0);
    this.#fresh = [];
    this.#skipped = 0;
    this.waiting.value = 0;
    triggerRef(this.rows);
  }
}
