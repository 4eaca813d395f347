import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import type { ResumePosition, RoomSettings } from "../store/rooms.js";
import type { Platform } from "./access/platform.js";
import type { PlatformIdentities, PlatformIdentity } from "./access/platform-identity.js";
import type { LoginReading } from "./access/visitor.js";
import { Visitor } from "./access/visitor.js";
import { cookiePairs } from "./accounts/cookies.js";
import { type Account, GUEST } from "./accounts/login-store.js";
import type { InPage } from "./links/resolve.js";

/** The operator's accounts, as far as rooms need them. */
interface AccountSource {
  /** @throws DyliveError not_found, bad_file, bad_request */
  get(name: string): Promise<Account>;
  /** Returns whether the login has ended, as far as one knows without asking the platform. */
  hasLapsed(account: Account): boolean;
  /** Notes whom a page that was read as this account took us for. */
  noteReading(account: Account, reading: LoginReading): unknown;
}

/** Way of rooms to the platform; the same for all but where a room's own settings differ. */
export interface Reach {
  readonly platform: Platform;
  /** Makes the same by a proxy of a room's own. @throws DyliveError bad_config */
  readonly platformBy: (proxyUrl: string) => Platform;
  readonly identities: PlatformIdentities;
  readonly accounts: AccountSource;
  /** The account that rooms are watched as unless they say otherwise; as a guest while there is none of that name. */
  readonly account: string;
  readonly source: "websocket" | "browser";
  /** User agent of requests that no browser makes. */
  readonly userAgent: string;
  /** Name of this process among those of a cluster; none where it is alone. */
  readonly member?: string;
}

/** One session of a room: who watches it, and by which way. Null follows the server's own setting. */
export interface SessionChoice extends Pick<RoomSettings, "account" | "proxy" | "source"> {
  /** Name of the session in its room. */
  readonly name: string;
  /** Label of a guest who is apart from others; null is the usual guest, or an account. */
  readonly apart: string | null;
  /** Visitor or account that it is on the platform: sessions of one room that share it are sent the same. */
  readonly visitor: string;
}

/** Word that takes a session's own proxy away: it then follows the room's. */
const NO_PROXY = "none";

/** Most sessions of a room: each is a connection and a visitor of its own. */
export const MOST_SESSIONS = 8;

/** Labels that would be a second name of the first guest, or of another. */
const MISLEADING_LABEL = /^(?:0\d*|1)$/;
const SESSION = /^(?<who>guest|browser|account)(?::(?<label>[A-Za-z0-9_-]{1,32}))?(?:@(?<source>websocket|browser))?$/;

/**
 * Reads how a session is chosen: `guest`, `guest:2`, `browser` (a guest in the browser), `account:NAME`, with `@browser` or `@websocket`
 * after an account or guest for the source, and `,proxy=URL` after all of it; `,proxy=none` is none of its own.
 * @throws DyliveError bad_request
 */
export function readSession(text: string): SessionChoice {
  // What follows the comma may be a proxy with its password, also where it is mistyped: it is not repeated.
  const [name = "", option] = text.split(/,(.*)/s);
  const proxy = option === undefined ? null : (/^proxy=(.+)$/s.exec(option)?.[1] ?? "");
  const { who, label, source } = SESSION.exec(name)?.groups ?? {};
  const isRead =
    who === "account" ? label !== undefined && label !== GUEST : who !== undefined && (who !== "browser" || source === undefined);
  if (isRead && (proxy === "" || proxy?.includes(",proxy=")))
    throw new DyliveError("bad_request", msg`after the comma of session ${name} stands proxy=URL or proxy=none, once`);
  if (!isRead)
    throw new DyliveError(
      "bad_request",
      msg`${JSON.stringify(name.slice(0, 80))} is no session; write guest, guest:2, browser or account:NAME, then @browser or @websocket, then ,proxy=URL or ,proxy=none`,
    );
  if (who !== "account" && label !== undefined && MISLEADING_LABEL.test(label))
    throw new DyliveError("bad_request", msg`${name} is no guest of its own: the first is ${who ?? ""}, the second ${who ?? ""}:2`);
  const visitor = label === undefined ? who : `${who}:${label}`;
  return {
    name,
    account: who === "account" ? (label ?? null) : GUEST,
    proxy: proxy === NO_PROXY ? null : proxy,
    source: who === "browser" ? "browser" : ((source as "websocket" | "browser" | undefined) ?? null),
    apart: who === "account" || visitor === "browser" ? null : (visitor ?? null),
    visitor: visitor ?? name,
  };
}

/** Returns the way of a room to the platform by its settings, where one session does not matter. */
export function wayOf({ account = null, proxy = null, source = null, sessions = null }: Partial<RoomSettings> = {}): SessionChoice {
  const [first] = sessionsOf({ account, proxy, source, sessions });
  if (first === undefined) throw new DyliveError("internal", "a room has no session");
  return first;
}

/** Returns the sessions that watch a room by its settings; what one does not say, the room's settings say. Always at least one. */
export function sessionsOf({ account, proxy, source, sessions }: Omit<RoomSettings, "record">): readonly SessionChoice[] {
  if (sessions === null) return [{ name: "default", account, proxy, source, apart: null, visitor: "default" }];
  return sessions.map(readSession).map((one) => ({ ...one, proxy: one.proxy ?? proxy, source: one.source ?? source }));
}

/** Access of one session of a room to the platform: by which way, with which account, and the identity that it takes when it must. */
export class PlatformAccess {
  readonly platform: Platform;
  readonly source: "websocket" | "browser";
  readonly #reach: Reach;
  readonly #settings: Omit<SessionChoice, "name" | "visitor">;
  #kept: ResumePosition["visitor"];
  #identity: PlatformIdentity | null = null;
  #taking: Promise<PlatformIdentity> | null = null;
  #asker: { readonly visitor: Visitor; readonly account: Account | null } | null = null;
  #pageAsked = false;
  /** What was noted last of whom the platform takes us for. */
  #noted: LoginReading | null = null;
  /** Count of leaves, so that an identity that comes after the room has left is given back at once. */
  #leaves = 0;

  /**
   * @param kept whom an earlier process was on the platform as
   * @throws DyliveError bad_config when the room's proxy is none
   */
  constructor(reach: Reach, settings: Omit<SessionChoice, "name" | "visitor">, kept: ResumePosition["visitor"] = null) {
    this.#reach = reach;
    this.#settings = settings;
    this.#kept = kept;
    this.platform = settings.proxy === null ? reach.platform : reach.platformBy(settings.proxy);
    this.source = settings.source ?? reach.source;
  }

  /**
   * Returns the visitor that asks the platform over HTTP. A browser's visitor is left to the browser.
   * @throws DyliveError bad_account when there is no such account
   */
  async asker(signal: AbortSignal): Promise<Visitor> {
    this.#pageAsked = false;
    if (!this.#reach.identities.pages) return (await this.acquireIdentity(null, signal)).visitor;
    const account = await this.#account();
    if (this.#asker === null || !isSame(this.#asker.account, account)) {
      const visitor = new Visitor(this.#reach.userAgent);
      if (account !== null) visitor.adopt(cookiePairs(account.cookies(), "live.douyin.com"));
      this.#asker = { visitor, account };
    }
    return this.#asker.visitor;
  }

  /** User agent of requests that no browser makes. */
  get userAgent(): string {
    return this.#reach.userAgent;
  }

  /** Requests by the site's own page, for what the platform does not answer to plain HTTP; undefined without a browser. */
  get inPage(): InPage | undefined {
    if (!this.#reach.identities.pages) return undefined;
    return async (path, signal) => {
      const { pageGet } = await this.acquireIdentity(null, signal);
      if (pageGet === null) throw new DyliveError("internal", "an identity of a browser has no page");
      this.#pageAsked = true;
      return pageGet(path, signal);
    };
  }

  /**
   * Returns the room's identity, a new one when the account has logged in again.
   * @throws DyliveError no_browser, browser_failed, blocked, unreachable, bad_account, stopping
   */
  async acquireIdentity(webRid: string | null, signal: AbortSignal): Promise<PlatformIdentity> {
    const leaves = this.#leaves;
    const account = await this.#account();
    if (this.#identity !== null && !isSame(this.#identity.account, account)) this.#release();
    if (this.#identity !== null) return this.#identity;
    this.#taking ??= this.#take(account, webRid, leaves, signal).finally(() => {
      this.#taking = null;
    });
    return this.#taking;
  }

  /** Whether it has an identity of an account. */
  get hasAccount(): boolean {
    return (this.#identity?.account ?? null) !== null;
  }

  /** Returns what became of the account that it has an identity of: it was forgotten since, or saved again by another login. */
  async accountChange(): Promise<"forgotten" | "saved" | null> {
    const account = this.#identity?.account ?? null;
    const now = account === null ? null : await this.#named(account.name).catch(() => account);
    if (account === null || isSame(account, now)) return null;
    return now === null ? "forgotten" : "saved";
  }

  /** Name of the account that it has an identity of, where its login has ended as far as one knows. */
  get lapsed(): string | null {
    const account = this.#identity?.account ?? null;
    return account !== null && this.#reach.accounts.hasLapsed(account) ? account.name : null;
  }

  /** Returns whom the platform takes us for here, by the page that was read last, and notes it for the log of accounts too. */
  async noteReading(visitor: Visitor): Promise<{ readonly account: string | null; readonly login: LoginReading["login"] }> {
    // Not the account of now: it may have logged in again since.
    const { account } = [this.#asker, this.#identity].find((one) => one?.visitor === visitor) ?? { account: null };
    const { login } = visitor;
    // A page that did not say it left what one before it said, which is no news.
    if (account !== null && login !== this.#noted) this.#reach.accounts.noteReading(account, login);
    this.#noted = login;
    return { account: account?.name ?? null, login: login.login };
  }

  /** Returns who we are here, for a later process; null where a browser keeps that. */
  keep(): ResumePosition["visitor"] {
    const identity = this.#identity;
    const { userUniqueId } = identity?.visitor ?? { userUniqueId: null };
    if (identity === null || userUniqueId === null || this.#reach.identities.pages) return null;
    // An account's cookies are in the account's own file and nowhere else.
    return { userUniqueId, cookies: identity.account === null ? identity.visitor.cookies() : [] };
  }

  /** Gives a browser's identity back while the room waits, unless its readings need the page. */
  rest(): void {
    if (this.#reach.identities.pages && !this.#pageAsked) this.leave();
  }

  /** Gives the identity back. */
  leave(): void {
    this.#leaves++;
    this.#release();
  }

  #release(): void {
    this.#identity?.release();
    this.#identity = null;
  }

  async #take(account: Account | null, webRid: string | null, leaves: number, signal: AbortSignal): Promise<PlatformIdentity> {
    const identity = await this.#reach.identities.take(
      { account, proxy: this.platform.proxy, webRid, apart: this.#settings.apart },
      signal,
    );
    if (leaves !== this.#leaves) {
      identity.release();
      throw new DyliveError("stopping", "the room is no longer collected");
    }
    if (this.#kept !== null && identity.pageSource === null) {
      identity.visitor.recall(this.#kept.cookies);
      // An account of which only the login was pasted has the cookie that a connection needs from the page alone: it reads that again.
      if (identity.visitor.isAdmitted) identity.visitor.userUniqueId = this.#kept.userUniqueId;
    }
    this.#kept = null;
    this.#identity = identity;
    return identity;
  }

  async #account(): Promise<Account | null> {
    const name = this.#settings.account ?? this.#reach.account;
    if (name === GUEST) return null;
    const account = await this.#named(name);
    if (account !== null || this.#settings.account === null) return account;
    const { member } = this.#reach;
    if (member !== undefined)
      throw new DyliveError(
        "bad_account",
        msg`there is no account ${name} where ${member} runs, which collects the room: log in there with \`dylive login --account ${name}\`, or choose another account or session with \`dylive room set\``,
      );
    throw new DyliveError(
      "bad_account",
      msg`there is no account ${name} any more: log in again with \`dylive login --account ${name}\`, or choose another account or session with \`dylive room set\``,
    );
  }

  /** Returns the account of a name; null where there is none. */
  async #named(name: string): Promise<Account | null> {
    try {
      return await this.#reach.accounts.get(name);
    } catch (error) {
      if (error instanceof DyliveError && error.code === "not_found") return null;
      throw error;
    }
  }
}

function isSame(a: Account | null, b: Account | null): boolean {
  return a?.name === b?.name && a?.savedAt === b?.savedAt;
}
