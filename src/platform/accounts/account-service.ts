import type { Clock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import type { AccountDays, AccountHealth } from "../../store/sql/account-days.js";
import { parseCookies } from "./cookies.js";
import { type AccountStatus, type AccountStore, type AskAs, hasLapsed } from "./login-store.js";

/** Status of an account, as people are shown it. */
interface AccountFacts extends Pick<AccountStatus, "name" | "login" | "nickname" | "expiresAt" | "checkedAt"> {
  /** ms UTC; null when its file is damaged */
  readonly savedAt: number | null;
  /** Whether the login has ended. */
  readonly lapsed: boolean;
  /** Its health in the last 14 days; null: nothing was seen. */
  readonly health: AccountHealth | null;
  /** Why its file cannot be used, or why a check came to nothing; null otherwise. */
  readonly problem: string | null;
}

/** The accounts as their operator manages them beside a running server. */
export class AccountService {
  readonly #store: AccountStore;
  readonly #as: AskAs;
  readonly #days: Pick<AccountDays, "list" | "remove">;
  readonly #clock: Clock;

  constructor(store: AccountStore, as: AskAs, days: Pick<AccountDays, "list" | "remove">, clock: Clock) {
    this.#store = store;
    this.#as = as;
    this.#days = days;
    this.#clock = clock;
  }

  async list(): Promise<readonly AccountFacts[]> {
    const names = await this.#store.names();
    const healths = await this.#days.list(this.#clock.now());
    return (await Promise.all(names.map((name) => this.#look(name, healths)))).filter((facts) => facts !== null);
  }

  /** @throws DyliveError bad_file, bad_request; neither repeats the cookies */
  async save(name: string, cookies: string): Promise<AccountFacts> {
    await this.#store.save(name, parseCookies(cookies, this.#clock.now()));
    return this.#shown(await this.#store.status(name), await this.#days.list(this.#clock.now()));
  }

  /** Forgets an account, with what was seen of it: another one may be given its name. */
  async remove(name: string): Promise<boolean> {
    const removed = await this.#store.remove(name);
    if (removed) await this.#days.remove(name, this.#clock.now());
    return removed;
  }

  /** @throws DyliveError not_found, unreachable */
  async check(name: string, signal: AbortSignal): Promise<AccountFacts> {
    return this.#shown(await this.#store.check(name, this.#as, signal), await this.#days.list(this.#clock.now()));
  }

  /** Returns the account's status; null when it was removed meanwhile. */
  async #look(name: string, healths: readonly AccountHealth[]): Promise<AccountFacts | null> {
    try {
      return this.#shown(await this.#store.status(name), healths);
    } catch (error) {
      if (!(error instanceof DyliveError)) throw error;
      if (error.code === "not_found") return null;
      const unknown = { login: "unknown", nickname: null, savedAt: null, expiresAt: null, checkedAt: null, lapsed: false } as const;
      return { name, ...unknown, health: healthOf(name, healths), problem: error.detail };
    }
  }

  #shown({ ageMs: _, reason, ...status }: AccountStatus, healths: readonly AccountHealth[]): AccountFacts {
    const problem = reason === undefined ? null : `the platform did not say whether it is logged in: ${reason}`;
    return { ...status, lapsed: hasLapsed(status, this.#clock.now()), health: healthOf(status.name, healths), problem };
  }
}

function healthOf(name: string, healths: readonly AccountHealth[]): AccountHealth | null {
  return healths.find(({ account }) => account === name) ?? null;
}
