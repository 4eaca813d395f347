import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../runtime/clock.js";
import { makeFolder, removeWhole, writeWhole } from "../../runtime/durable-file.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { Platform } from "../access/platform.js";
import { type LoginReading, Visitor } from "../access/visitor.js";
import { type Cookie, cookiePairs, hasSession, loginExpiry } from "./cookies.js";

/** The name that stands for no account. */
export const GUEST = "guest";

/** An account of the operator's own. Its cookies are behind a method, so that no log and no JSON shows them. */
export class Account {
  readonly name: string;
  /** ms UTC */
  readonly savedAt: number;
  readonly #cookies: readonly Cookie[];

  constructor(name: string, savedAt: number, cookies: readonly Cookie[]) {
    this.name = name;
    this.savedAt = savedAt;
    this.#cookies = cookies;
  }

  cookies(): readonly Cookie[] {
    return this.#cookies;
  }
}

/** Status of an account's login; nothing in it is secret. */
export interface AccountStatus extends LoginReading {
  readonly name: string;
  /** Time when its cookies were saved, ms UTC. */
  readonly savedAt: number;
  readonly ageMs: number;
  /** Time when the platform will end the login, ms UTC; null where the cookies do not say. */
  readonly expiresAt: number | null;
  /** Time when the platform was asked last, ms UTC; null is never. */
  readonly checkedAt: number | null;
}

interface StoredAccount extends LoginReading {
  readonly checkedAt: number;
  /** Time when the cookies that were checked were saved, ms UTC. */
  readonly savedAt: number;
}

/** Way to ask the platform. */
export interface AskAs {
  readonly platform: Platform;
  readonly userAgent: string;
}

/** Options for watching accounts. */
interface LoginWatch extends AskAs {
  readonly everyMs: number;
  /** Tells that a login is found to have ended: once each time, but again in the next round where it rejects. */
  readonly onLapsed: (status: AccountStatus) => Promise<void>;
  /** Called when the platform could not be asked, or the end of a login not be reported; the next round tries again. */
  readonly onFailed?: (name: string, error: unknown) => void;
}

const NAME = /^[A-Za-z0-9_-]{1,32}$/;

/** Returns whether a login has ended, by what the platform showed or by the date that it gave. */
export function hasLapsed({ login, expiresAt }: Pick<AccountStatus, "login" | "expiresAt">, now: number): boolean {
  return login === "guest" || (expiresAt !== null && expiresAt <= now);
}

/** The accounts of a data folder: one file each, readable by its owner only. */
export class AccountStore {
  readonly #folder: string;
  readonly #profile: string;
  readonly #clock: Clock;
  readonly #checked = new Map<string, StoredAccount>();

  /**
   * @param folder made when the first account is saved
   * @param profile folder in which browsers keep what the site left in them, also as an account
   */
  constructor(folder: string, clock: Clock, profile = join(folder, "..", "browser")) {
    this.#folder = folder;
    this.#profile = profile;
    this.#clock = clock;
  }

  /** Opens the accounts of a data folder. */
  static inside(data: string, clock: Clock): AccountStore {
    return new AccountStore(join(data, "accounts"), clock);
  }

  /** Returns the names of all accounts, sorted. */
  async names(): Promise<readonly string[]> {
    const files = await readdir(this.#folder).catch(orMissing);
    return (files ?? []).flatMap((file) => (file.endsWith(".json") && NAME.test(file.slice(0, -5)) ? [file.slice(0, -5)] : [])).sort();
  }

  /** @throws DyliveError not_found, bad_file, bad_request */
  async get(name: string): Promise<Account> {
    const text = await readFile(this.#file(name), "utf8").catch(orMissing);
    if (text === undefined)
      throw new DyliveError("not_found", msg`there is no account ${JSON.stringify(name)}; make it with \`dylive login --account ${name}\``);
    try {
      const { savedAt, cookies } = JSON.parse(text) as { savedAt: number; cookies: readonly Cookie[] };
      if (typeof savedAt === "number" && Array.isArray(cookies)) return new Account(name, savedAt, cookies);
    } catch {}
    throw new DyliveError("bad_account", msg`the file of account ${name} is damaged`);
  }

  /** Keeps cookies under a name, in place of those before. @throws DyliveError bad_request for a bad name or cookies without a session */
  async save(name: string, cookies: readonly Cookie[]): Promise<Account> {
    const file = this.#file(name);
    if (name === GUEST) throw new DyliveError("bad_request", msg`${GUEST} stands for no account; choose another name`);
    if (!hasSession(cookies))
      throw new DyliveError("bad_request", "these cookies hold no login (no sessionid): log in on live.douyin.com first, then copy them");
    await makeFolder(this.#folder);
    const account = new Account(name, this.#clock.now(), cookies);
    await writeWhole(file, JSON.stringify({ savedAt: account.savedAt, cookies }));
    this.#checked.delete(name);
    return account;
  }

  /** Forgets an account, with what browsers keep of its login. @returns false when there was none */
  async remove(name: string): Promise<boolean> {
    this.#checked.delete(name);
    const file = this.#file(name);
    const removed = existsSync(this.#folder) && (await removeWhole(file));
    // After the account: a browser that closes keeps nothing of one that is gone.
    const ofBrowsers = new RegExp(`^(works-)?account-${name}(-by-[^/]*)?-\\d+\\.json$`);
    for (const one of (await readdir(this.#profile).catch(orMissing)) ?? [])
      if (ofBrowsers.test(one)) await removeWhole(join(this.#profile, one));
    return removed;
  }

  /** Tells whether a login is still the account's: it may have been forgotten, or saved again. */
  async isCurrent({ name, savedAt }: Account): Promise<boolean> {
    const now = await this.get(name).catch(() => null);
    return now?.savedAt === savedAt;
  }

  /** Returns what is known without asking the platform. @throws DyliveError not_found */
  async status(name: string): Promise<AccountStatus> {
    return this.#statusOf(await this.get(name));
  }

  /** Returns whether a login has ended, as far as one knows without asking the platform. */
  hasLapsed(account: Account): boolean {
    return hasLapsed(this.#statusOf(account), this.#clock.now());
  }

  /** Asks the platform whether the account is still logged in. @throws DyliveError not_found, unreachable */
  async check(name: string, as: AskAs, signal: AbortSignal): Promise<AccountStatus> {
    const account = await this.get(name);
    return this.noteReading(account, await checkLogin(account.cookies(), as, signal));
  }

  /** Notes what a page that was read as this account said; `unknown` says nothing and changes nothing. */
  noteReading(account: Account, reading: LoginReading): AccountStatus {
    if (reading.login !== "unknown")
      this.#checked.set(account.name, { ...reading, checkedAt: this.#clock.now(), savedAt: account.savedAt });
    const status = this.#statusOf(account);
    return { ...status, ...(status.login === "unknown" && reading.reason !== undefined && { reason: reading.reason }) };
  }

  /** Checks every account at an interval, and reports each login that has ended. @returns a function that stops it */
  watch(options: LoginWatch): () => void {
    const stop = new AbortController();
    const reported = new Map<string, number>();
    const round = async () => {
      for (const name of await this.names()) {
        if (stop.signal.aborted) return;
        try {
          const status = await this.check(name, options, stop.signal);
          if (hasLapsed(status, this.#clock.now()) && reported.get(name) !== status.savedAt) {
            await options.onLapsed(status);
            reported.set(name, status.savedAt);
          }
        } catch (error) {
          if (!stop.signal.aborted) options.onFailed?.(name, error);
        }
      }
    };
    const run = () => void round().catch((error: unknown) => options.onFailed?.("*", error));
    run();
    const end = this.#clock.every(options.everyMs, run);
    return () => {
      end();
      stop.abort();
    };
  }

  #statusOf(account: Account): AccountStatus {
    const checked = this.#checked.get(account.name);
    const known = checked?.savedAt === account.savedAt ? checked : undefined;
    const { name, savedAt } = account;
    return {
      name,
      savedAt,
      ageMs: Math.max(0, this.#clock.now() - savedAt),
      expiresAt: loginExpiry(account.cookies()),
      checkedAt: known?.checkedAt ?? null,
      login: known?.login ?? "unknown",
      nickname: known?.nickname ?? null,
    };
  }

  #file(name: string): string {
    if (!NAME.test(name))
      throw new DyliveError("bad_request", "an account's name has 1 to 32 letters, digits, _ or -, such as the name of the phone it is on");
    return join(this.#folder, `${name}.json`);
  }
}

function orMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

const HEADER = "header-user-info";
/** Characters after the name in which the flag is looked for: far more than the object that follows the name needs. */
const WITHIN = 4000;

/**
 * Reads from any page of live.douyin.com who is logged in (facts/protocol.md 1.5: an expired session is shown as a guest, silently).
 * The pages that are read anyway say it, so a check costs nothing more.
 */
export function readLogin(html: string): LoginReading {
  const at = html.lastIndexOf(HEADER);
  if (at === -1) return unknown("the page does not say who is logged in: a captcha, or a page of another kind");
  const part = html.slice(at, at + WITHIN).replaceAll('\\"', '"');
  const flag = /"isLogin"\s*:\s*(true|false)/.exec(part)?.[1];
  if (flag === undefined) return unknown("the page names people, and not whether one is logged in");
  const nickname = flag === "true" ? /"nickname"\s*:\s*"((?:[^"\\]|\\.){1,100})"/.exec(part)?.[1] : undefined;
  return { login: flag === "true" ? "logged_in" : "guest", nickname: nickname ?? null };
}

function unknown(reason: string): LoginReading {
  return { login: "unknown", nickname: null, reason };
}

/** Statuses by which servers refuse headers. */
const REFUSED: ReadonlySet<number> = new Set([400, 413, 414, 431, 494]);
/** Bytes of headers that one can rely on servers to take. */
const HEADERS_BYTES = 8_192;

function tooLarge(visitor: Visitor, status: number): string {
  const bytes = Buffer.byteLength(visitor.headers({})["cookie"] ?? "");
  if (!REFUSED.has(status) || bytes < HEADERS_BYTES) return "";
  return `: the cookies have ${bytes} bytes, which may be more than it takes; give those of douyin.com alone`;
}

/**
 * Asks the platform whether cookies are still those of a login.
 * @throws DyliveError unreachable
 */
export async function checkLogin(
  cookies: readonly Cookie[],
  { platform, userAgent }: { readonly platform: Platform; readonly userAgent: string },
  signal: AbortSignal,
): Promise<LoginReading> {
  const visitor = new Visitor(userAgent);
  visitor.adopt(cookiePairs(cookies, "live.douyin.com"));
  let reading = unknown("the platform was not asked");
  // The first visit may be answered with a challenge that only sets a cookie.
  for (let visit = 0; visit < 2 && reading.login === "unknown"; visit++) {
    const reply = await platform.get("live.douyin.com", "/", visitor.headers({ accept: "text/html" }), signal);
    visitor.learn(reply.headers["set-cookie"]);
    const { status, body } = reply;
    if (status !== 200) reading = unknown(`live.douyin.com answered HTTP ${status}${tooLarge(visitor, status)}`);
    else reading = body.length === 0 ? unknown("live.douyin.com answered an empty page") : readLogin(body.toString("utf8"));
  }
  return reading;
}
