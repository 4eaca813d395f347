import type { Clock } from "../../clock.js";
import { DyliveError } from "../../errors.js";
import { ask, objectOf } from "./ask.js";
import { OfficialRefusal } from "./refusal.js";

/** An app of the Open Platform. */
export interface AppCredentials {
  readonly appId: string;
  /** The app's secret; not a data secret. */
  readonly secret: string;
}

interface Held {
  readonly text: string;
  /** ms UTC */
  readonly refreshAt: number;
  readonly expiresAt: number;
}

/** After a refresh that failed, while the token that we have is still good. */
const RETRY_MS = 60_000;

/**
 * The app's access token, valid for two hours and fetched again after one (facts/official-push.md A1). Fetching shortens the one before to five
 * minutes, so an app has one of these, in one process, and every caller shares a fetch that is under way. The token shows nowhere:
 * no log, no error, no JSON.
 */
export class AccessToken {
  readonly #app: AppCredentials;
  readonly #url: string;
  readonly #clock: Clock;
  readonly #life: AbortSignal;
  #held: Held | null = null;
  #retryAt = 0;
  #fetching: Promise<string> | null = null;

  /** @param url where tokens are given out; @param life ends every fetch */
  constructor(app: AppCredentials, url: string, clock: Clock, life: AbortSignal) {
    this.#app = app;
    this.#url = url;
    this.#clock = clock;
    this.#life = life;
  }

  /** A token that is valid now. @throws DyliveError unreachable, official_refused */
  async get(): Promise<string> {
    const held = this.#held;
    const now = this.#clock.now();
    const valid = held !== null && now < held.expiresAt;
    if (valid && (now < held.refreshAt || now < this.#retryAt)) return held.text;
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = null;
    });
    try {
      return await this.#fetching;
    } catch (error) {
      if (!valid || this.#held !== held) throw error;
      this.#retryAt = now + RETRY_MS;
      return held.text;
    }
  }

  /** Says that the platform did not take this token: unless another was fetched since, the next call fetches one. */
  refused(text: string): void {
    if (this.#held?.text === text) this.#held = null;
  }

  async #fetch(): Promise<string> {
    const { appId, secret } = this.#app;
    const body = { appid: appId, secret, grant_type: "client_credential" };
    const asked = this.#clock.now();
    const answer = await ask({ method: "POST", url: this.#url, headers: {}, body }, this.#life);
    const errNo = Number(answer["err_no"] ?? -1);
    if (errNo !== 0) throw new OfficialRefusal(errNo, "no access token was given");
    const data = objectOf(answer["data"]);
    const text = data?.["access_token"];
    const seconds = Number(data?.["expires_in"]);
    if (typeof text !== "string" || !/^[\x21-\x7e]{1,1024}$/.test(text) || !(seconds > 0 && seconds < 1e9))
      throw new DyliveError("official_refused", "the answer holds no access token");
    const ms = seconds * 1000;
    this.#held = { text, refreshAt: asked + ms / 2, expiresAt: asked + ms };
    return text;
  }
}
