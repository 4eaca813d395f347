import type { Clock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { ask, OfficialRefusal, objectOf } from "./ask.js";

/** An app of the Open Platform. */
interface AppCredentials {
  readonly appId: string;
  /** The app's secret; not a data secret. */
  readonly secret: string;
}

/** Token with the time when it is to be renewed. */
export interface HeldToken {
  readonly text: string;
  /** ms UTC */
  readonly refreshAt: number;
  readonly expiresAt: number;
}

/** Store through which processes that share an app share its token. */
export interface SharedToken {
  /**
   * Renews the token, one process at a time: `renewed` is given the shared token, and answers with that or with a new one, which is shared from then on.
   */
  renew(renewed: (known: HeldToken | null) => Promise<HeldToken>): Promise<HeldToken>;
}

/** Pause after a refresh that failed, in ms, while the token that we have is still good. */
const RETRY_MS = 60_000;

/**
 * The app's access token, valid for two hours and fetched again after one (facts/official-push.md A1). Fetching shortens the one before to five
 * minutes, so an app has one of these in a process, the processes share what is fetched, and every caller shares a fetch that is under way. The token shows nowhere:
 * no log, no error, no JSON.
 */
export class AccessToken {
  readonly #app: AppCredentials;
  readonly #url: string;
  readonly #clock: Clock;
  readonly #life: AbortSignal;
  readonly #shared: SharedToken | null;
  #held: HeldToken | null = null;
  /** Last token that the platform did not take. */
  #refused: string | null = null;
  #retryAt = 0;
  #fetching: Promise<string> | null = null;

  /** @param url where tokens are given out; @param life ends every fetch; @param shared shared with other processes, if there are any */
  constructor(app: AppCredentials, url: string, clock: Clock, life: AbortSignal, shared: SharedToken | null = null) {
    this.#app = app;
    this.#url = url;
    this.#clock = clock;
    this.#life = life;
    this.#shared = shared;
  }

  /** Returns a token that is valid now. @throws DyliveError unreachable, official_refused */
  async get(): Promise<string> {
    const held = this.#held;
    const now = this.#clock.now();
    const valid = held !== null && now < held.expiresAt;
    if (valid && (now < held.refreshAt || now < this.#retryAt)) return held.text;
    this.#fetching ??= this.#renew().finally(() => {
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
    this.#refused = text;
  }

  async #renew(): Promise<string> {
    const isGood = ({ text, refreshAt }: HeldToken) => text !== this.#refused && this.#clock.now() < refreshAt;
    const renewed = async (known: HeldToken | null) => (known !== null && isGood(known) ? known : this.#fetch());
    const held = await (this.#shared?.renew(renewed) ?? this.#fetch());
    this.#held = held;
    return held.text;
  }

  async #fetch(): Promise<HeldToken> {
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
    return { text, refreshAt: asked + ms / 2, expiresAt: asked + ms };
  }
}
