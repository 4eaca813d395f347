import { type ShallowRef, shallowRef } from "vue";
import { type ApiClient, ask } from "../api/client.js";
import { type ApiFailure, asFailure, sleepFor } from "../api/failure.js";
import type { GiftSum, LiveEventOf, Minute, MinuteList, Person, Totals, Word } from "../api/model.js";

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
      await sleepFor((this.figures.value?.minutes.length ?? 0) > 0 ? RENEW_MS : FIRST_MS, this.#signal);
    }
  }

  async #renew(): Promise<void> {
    try {
      const figures = await this.#ask();
      if (this.#signal.aborted) return;
      this.figures.value = figures;
      this.failure.value = null;
    } catch (error) {
      if (!this.#signal.aborted) this.failure.value = asFailure(error);
    }
  }

  /** @returns null while nothing of the broadcast is kept */
  async #ask(): Promise<BroadcastFigures | null> {
    const { room, session } = this.#path;
    const query = { session, ...(this.#cursor !== null && { minutes: this.#cursor }) };
    const summary = await ask(this.#client.v1.GET("/v1/rooms/{room}/summary", { params: { path: { room }, query }, signal: this.#signal }));
    if (summary.session === null) return null;
    return {
      totals: summary.session.totals,
      minutes: await this.#minutes(summary.minutes),
      gaps: (summary.gaps ?? []) as unknown as readonly LiveEventOf<"gap">[],
      gifters: summary.gifters?.people.filter(({ units }) => units > 0) ?? [],
      chatters: summary.chatters?.people.filter(({ chats }) => chats > 0) ?? [],
      gifts: summary.gifts?.gifts ?? [],
      words: summary.words?.words ?? [],
    };
  }

  /** Returns the newest minutes. What follows a full page of a long broadcast is asked for page by page. */
  async #minutes(first: MinuteList | null): Promise<readonly Minute[]> {
    for (let page = first; page !== null; ) {
      const minutes = [...this.#past, ...page.minutes].slice(-MINUTES_MAX);
      if (page.next === null) return minutes;
      this.#past = minutes;
      this.#cursor = page.next;
      const query = { limit: MINUTES_PAGE, cursor: page.next };
      page = await ask(
        this.#client.v1.GET("/v1/rooms/{room}/sessions/{session}/stats", { params: { path: this.#path, query }, signal: this.#signal }),
      );
    }
    return this.#past;
  }
}
