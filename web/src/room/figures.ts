import { type ShallowRef, shallowRef } from "vue";
import { type ApiClient, ask } from "../api/client.js";
import { type ApiFailure, asFailure } from "../api/failure.js";
import type { GiftSum, LiveEventOf, Minute, Person, Totals, Word } from "../api/model.js";

/** Figures are asked for anew so often, and as long as somebody can see the page. */
const RENEW_MS = 15_000;
/** Until there are any. */
const FIRST_MS = 2_000;
/** Of a longer broadcast its newest minutes are shown. */
const MINUTES_MAX = 3_000;
const MINUTES_PAGE = 1_000;

/** What a broadcast adds up to. */
export interface BroadcastFigures {
  readonly totals: Totals | null;
  readonly minutes: readonly Minute[];
  readonly gaps: readonly LiveEventOf<"gap">[];
  readonly gifters: readonly Person[];
  readonly chatters: readonly Person[];
  readonly gifts: readonly GiftSum[];
  readonly words: readonly Word[];
}

/** The figures of a broadcast, renewed until the signal aborts. */
export class Figures {
  readonly figures: ShallowRef<BroadcastFigures | null> = shallowRef(null);
  readonly failure: ShallowRef<ApiFailure | null> = shallowRef(null);
  readonly #client: ApiClient;
  readonly #path: { readonly room: string; readonly session: string };
  readonly #signal: AbortSignal;
  /** Minutes of the pages before the last one: they are over, and need not be asked for again. */
  #past: readonly Minute[] = [];
  /** Where the last page begins. */
  #cursor: string | null = null;

  constructor(client: ApiClient, room: string, session: string, signal: AbortSignal) {
    this.#client = client;
    this.#path = { room, session };
    this.#signal = signal;
    void this.#go();
  }

  async #go(): Promise<void> {
    while (!this.#signal.aborted) {
      if (!document.hidden) await this.#renew();
      await pause((this.figures.value?.minutes.length ?? 0) > 0 ? RENEW_MS : FIRST_MS, this.#signal);
    }
  }

  async #renew(): Promise<void> {
    try {
      const figures = await this.#ask();
      if (this.#signal.aborted) return;
      this.figures.value = figures;
      this.failure.value = null;
    } catch (error) {
      // A broadcast that has just begun may not be counted yet.
      if (!this.#signal.aborted && asFailure(error).code !== "not_found") this.failure.value = asFailure(error);
    }
  }

  async #ask(): Promise<BroadcastFigures> {
    const { v1 } = this.#client;
    const { room, session } = this.#path;
    const signal = this.#signal;
    const path = { room, session };
    const people = (by: "diamonds" | "chats") =>
      ask(v1.GET("/v1/rooms/{room}/sessions/{session}/top", { params: { path, query: { by, limit: 10 } }, signal }));
    const [about, minutes, gaps, gifters, chatters, gifts, words] = await Promise.all([
      ask(v1.GET("/v1/rooms/{room}/sessions/{session}", { params: { path }, signal })),
      this.#minutes(),
      ask(v1.GET("/v1/rooms/{room}/events", { params: { path: { room }, query: { types: "gap", session, limit: 500 } }, signal })),
      people("diamonds"),
      people("chats"),
      ask(v1.GET("/v1/rooms/{room}/sessions/{session}/gifts", { params: { path, query: { by: "gift", limit: 20 } }, signal })),
      ask(v1.GET("/v1/rooms/{room}/sessions/{session}/words", { params: { path, query: { kind: "word", limit: 60 } }, signal })),
    ]);
    return {
      totals: about.totals,
      minutes,
      gaps: gaps.events as unknown as readonly LiveEventOf<"gap">[],
      gifters: gifters.people.filter(({ units }) => units > 0),
      chatters: chatters.people.filter(({ chats }) => chats > 0),
      gifts: gifts.gifts,
      words: words.words,
    };
  }

  async #minutes(): Promise<readonly Minute[]> {
    for (;;) {
      const query = { limit: MINUTES_PAGE, ...(this.#cursor !== null && { cursor: this.#cursor }) };
      const page: { readonly minutes: readonly Minute[]; readonly next: string | null } = await ask(
        this.#client.v1.GET("/v1/rooms/{room}/sessions/{session}/stats", { params: { path: this.#path, query }, signal: this.#signal }),
      );
      const minutes = [...this.#past, ...page.minutes].slice(-MINUTES_MAX);
      if (page.next === null) return minutes;
      this.#past = minutes;
      this.#cursor = page.next;
    }
  }
}

/** Waits, or less long when the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
