/** Login of a visitor, as the platform sees it. */
export interface LoginReading {
  /** `unknown`: the page did not say (a captcha, an empty reply), which is never "guest". */
  readonly login: "logged_in" | "guest" | "unknown";
  /** Name that the platform gives the account, or null. */
  readonly nickname: string | null;
  /** Why it is unknown; absent when it is not. */
  readonly reason?: string;
}

/** One visitor as the platform sees them: the cookies that it gave us and the id that its page named. Nothing in it is made up by us. */
export class Visitor {
  readonly userAgent: string;
  /** The page's `user_unique_id`; null until a page names it. */
  userUniqueId: string | null = null;
  /** Login as the page that was read last saw it. */
  login: LoginReading = { login: "unknown", nickname: null };
  readonly #cookies = new Map<string, string>();

  constructor(userAgent: string) {
    this.userAgent = userAgent;
  }

  /** Keeps what `Set-Cookie` headers say; at most 64 cookies, the rest are ignored. */
  learn(setCookie: string | readonly string[] | undefined): void {
    for (const line of typeof setCookie === "string" ? [setCookie] : (setCookie ?? [])) {
      const pair = line.split(";", 1)[0] ?? "";
      const at = pair.indexOf("=");
      if (at <= 0 || (this.#cookies.size >= 64 && !this.#cookies.has(pair.slice(0, at).trim()))) continue;
      this.#cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
    }
  }

  /** Takes over the cookies of a browser or an account, whole: what was known before is forgotten. */
  adopt(cookies: Iterable<readonly [name: string, value: string]>): void {
    this.#cookies.clear();
    for (const [name, value] of cookies) this.#cookies.set(name, value);
  }

  /** Adds cookies that this visitor had before, as {@link cookies} gave them. */
  recall(cookies: Iterable<readonly [name: string, value: string]>): void {
    for (const [name, value] of cookies) this.#cookies.set(name, value);
  }

  cookies(): readonly (readonly [name: string, value: string])[] {
    return [...this.#cookies];
  }

  /** Whether the platform gave it the cookie that it gives every visitor, which a captcha page does not. */
  get isAdmitted(): boolean {
    return this.#cookies.has("ttwid");
  }

  /** Returns the headers of a request to the platform as this visitor. */
  headers(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    return { "user-agent": this.userAgent, ...(cookie ? { cookie } : {}), ...more };
  }
}
