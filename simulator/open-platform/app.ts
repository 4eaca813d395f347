import type { Clock } from "../../src/runtime/clock.js";

/** An app as it is registered with the simulated Open Platform. */
export interface RegisteredApp {
  readonly appId: string;
  readonly secret: string;
  /** Data secret by type of message. */
  readonly dataSecrets: Readonly<Record<string, string>>;
  /** Address that its pushes go to. */
  readonly pushUrl: string;
}

/** Life of a token, two hours, in ms; the one before a new one goes on for five minutes. */
const TOKEN_MS = 7_200_000;
const OLD_TOKEN_MS = 300_000;
const CALLS_PER_S = 10;

/** The platform's knowledge of an app: who may call, and how often. */
export class AppAccess {
  readonly app: RegisteredApp;
  readonly #clock: Clock;
  readonly #tokens: { readonly text: string; expiresAt: number }[] = [];
  #calls: number[] = [];
  #made = 0;

  constructor(app: RegisteredApp, clock: Clock) {
    this.app = app;
    this.#clock = clock;
  }

  /** Makes a new token and shortens the one before. */
  makeToken(): { readonly text: string; readonly expiresInS: number } {
    const now = this.#clock.now();
    for (const token of this.#tokens) token.expiresAt = Math.min(token.expiresAt, now + OLD_TOKEN_MS);
    const text = `0801121${String(++this.#made).padStart(4, "0")}${this.app.appId}`;
    this.#tokens.push({ text, expiresAt: now + TOKEN_MS });
    if (this.#tokens.length > 10) this.#tokens.shift();
    return { text, expiresInS: TOKEN_MS / 1000 };
  }

  knows(token: string): boolean {
    return this.#tokens.some(({ text, expiresAt }) => text === token && this.#clock.now() < expiresAt);
  }

  /** Makes every token that was given out invalid. */
  forgetTokens(): void {
    this.#tokens.length = 0;
  }

  /** Whether one more call within this second is allowed. */
  admits(): boolean {
    const now = this.#clock.now();
    this.#calls = this.#calls.filter((at) => at > now - 1000);
    if (this.#calls.length >= CALLS_PER_S) return false;
    this.#calls.push(now);
    return true;
  }
}

/** A broadcast in which an anchor has mounted an app. */
export interface MountedBroadcast {
  readonly appId: string;
  readonly roomId: string;
  /** Launch token that the live companion gives the game. */
  readonly launchToken: string;
  live: boolean;
  /** Types whose task runs. */
  readonly running: Set<string>;
  /** Bodies that could not be pushed, by type; kept for gifts and fans club alone. */
  readonly failed: Map<string, string[]>;
  /** Messages that the app confirmed. */
  readonly acks: ConfirmedMessage[];
}

/** A message that the app has confirmed. */
export interface ConfirmedMessage {
  readonly ackType: number;
  readonly msgId: string;
  readonly msgType: string;
  readonly at: number;
}

/** Types whose failed pushes can be queried. */
export const QUERYABLE: ReadonlySet<string> = new Set(["live_gift", "live_fansclub"]);
/** Number of items that are kept: the first ones. */
const KEPT = 100_000;

/** Keeps a body that was not taken, as long as there is room. */
export function keepFailed(broadcast: MountedBroadcast, msgType: string, body: string): void {
  if (!QUERYABLE.has(msgType)) return;
  const list = broadcast.failed.get(msgType) ?? [];
  broadcast.failed.set(msgType, list);
  if (list.length < KEPT) list.push(body);
}
