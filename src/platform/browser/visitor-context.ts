import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { type Clock, untilAborted, within } from "../../runtime/clock.js";
import { makeFolder, writeWhole } from "../../runtime/durable-file.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { FairSemaphore } from "../../runtime/semaphore.js";
import type { Reply } from "../access/platform.js";
import type { Signer } from "../access/push.js";
import { Visitor } from "../access/visitor.js";
import type { Account } from "../accounts/login-store.js";
import type { EgressProxy, HostRule } from "./egress-proxy.js";
import { answerOf, fetchIn, LIVE_SITE, openPage, settle, signIn, userAgentOf, visit } from "./page.js";
import { type BrowserSupervisor, browserError, pauseMs } from "./supervisor.js";

/** Dependencies and settings of a visitor context. */
interface VisitorContextOptions {
  readonly supervisor: BrowserSupervisor;
  readonly clock: Clock;
  readonly allows: HostRule;
  /** Opens its way to the network; null in the user's own context, which has the user's. */
  readonly egressProxy: (() => Promise<EgressProxy>) | null;
  readonly account: Account | null;
  /** Tells whether a login is still the account's, neither forgotten nor saved again. */
  readonly isCurrent: (account: Account) => Promise<boolean>;
  /** File in which its cookies outlive this process; null keeps them in memory. */
  readonly stateFile: string | null;
  /** Room whose page is looked at when the home page does not have what is needed. */
  readonly webRid: string | null;
  /** Semaphore by which all desks of a browser open. */
  readonly opening: FairSemaphore;
  /** Promise to wait for before it opens: a predecessor may still save the same state. */
  readonly after: Promise<unknown>;
}

interface Opened {
  readonly browser: Browser;
  readonly context: BrowserContext;
}
type Ready = Opened & { readonly page: Page };

/** Longest wait for the state of a context, and for its end, in ms: Chromium never closes some pages in the middle of a navigation. */
const CLOSE_TIMEOUT_MS = 5_000;
/** Longest reply to a request of the page, in bytes. */
const MAX_REPLY_BYTES = 8 * 1024 * 1024;

/**
 * Visitor of the site: a browser context. For rooms one page of it is kept open, which gives the cookies, the visitor's id and signatures to
 * many of them; it is opened when the first of these is wanted. When the page crashes or the browser dies, the next that needs it opens it
 * again as the same visitor.
 */
export class VisitorContext {
  readonly #options: VisitorContextOptions;
  readonly #stop = new AbortController();
  readonly #stopSaving: () => void;
  /** Browser and context; outlives its page: the pages of rooms and works are in it, too. */
  #opened: Opened | null = null;
  #opening: Promise<Opened> | null = null;
  #ready: Ready | null = null;
  #entering: Promise<Ready> | null = null;
  #visitor: Visitor | null = null;
  #state: ContextState | null = null;
  #failures = 0;

  constructor(options: VisitorContextOptions) {
    this.#options = options;
    this.#stopSaving = options.clock.every(300_000, () => void this.#save().catch(() => {}));
  }

  /** Returns the visitor, complete. @throws DyliveError no_browser, browser_failed, blocked, unreachable */
  async visitor(signal: AbortSignal): Promise<Visitor> {
    await this.#enter(signal);
    if (this.#visitor === null) throw new DyliveError("internal", "a visitor context is open without a visitor");
    return this.#visitor;
  }

  /** Signs with the site's own SDK. */
  readonly signer: Signer = {
    sign: (stub, signal) =>
      this.#withPage(signal, async ({ context, page }) => {
        const signature = await signIn(page, stub);
        await this.#learn(context);
        return signature;
      }),
  };

  /** Makes a GET of live.douyin.com by the page itself. */
  async get(path: string, signal: AbortSignal): Promise<Reply> {
    if (!path.startsWith("/") || path.startsWith("//")) throw new DyliveError("internal", "a page of ours asks only its own site");
    const reply = await this.#withPage(signal, ({ page }) => fetchIn(page, path, MAX_REPLY_BYTES));
    if ("failed" in reply) throw new DyliveError("unreachable", msg`the site's page could not ask its own site: ${reply.failed}`);
    const { status, headers, body } = reply;
    if (body === null) throw new DyliveError("unreachable", msg`the reply is larger than ${MAX_REPLY_BYTES} bytes`);
    return { status, headers, body: Buffer.from(body, "base64") };
  }

  /** Opens one more empty page as the same visitor, without the page that signs; its opener closes it. */
  async newPage(signal: AbortSignal): Promise<Page> {
    try {
      const { context } = await untilAborted(this.#open(), signal);
      return await openPage(context, this.#options.allows, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw browserError("no page could be opened", error);
    }
  }

  async close(): Promise<void> {
    this.#stopSaving();
    this.#stop.abort(new DyliveError("stopping", "the browser is closed"));
    await this.#entering?.catch(() => {});
    await this.#opening?.catch(() => {});
    // A page that hangs holds up what is read of it, and not the end.
    const ends = new AbortController().signal;
    await untilAborted(this.#save(), within(ends, CLOSE_TIMEOUT_MS)).catch(() => {});
    // The user's own context stays; only our page in it goes.
    const closing = (this.#options.egressProxy === null ? this.#ready?.page : this.#opened?.context)?.close();
    await untilAborted(Promise.resolve(closing), within(ends, CLOSE_TIMEOUT_MS)).catch(() => {});
  }

  /** Does something with the page; once more on a new one if it went away meanwhile. */
  async #withPage<T>(signal: AbortSignal, work: (ready: Ready) => Promise<T>): Promise<T> {
    for (let again = false; ; again = true) {
      const ready = await this.#enter(signal);
      try {
        return await answerOf(work(ready), signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof DyliveError && error.code !== "browser_failed") throw error;
        // Crashed, closed or hanging: in each case this page is of no more use.
        if (this.#ready === ready) this.#ready = null;
        void ready.page.close().catch(() => {});
        if (again) throw browserError("the page failed", error);
      }
    }
  }

  #open(): Promise<Opened> {
    if (this.#opened?.browser.isConnected()) return Promise.resolve(this.#opened);
    this.#opening ??= this.#openContext(this.#stop.signal).finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #openContext(signal: AbortSignal): Promise<Opened> {
    await untilAborted(this.#options.after, signal);
    const browser = await this.#options.supervisor.browser(signal);
    const making = this.#newContext(browser);
    const context = await answerOf(making, signal).catch((error: unknown) => {
      making.then((late) => late.close()).catch(() => {});
      throw error;
    });
    const opened = { browser, context };
    this.#opened = opened;
    return opened;
  }

  #enter(signal: AbortSignal): Promise<Ready> {
    const { page, browser } = this.#ready ?? {};
    if (this.#ready !== null && page?.isClosed() === false && browser?.isConnected()) return Promise.resolve(this.#ready);
    this.#entering ??= this.#comeIn(this.#stop.signal).finally(() => {
      this.#entering = null;
    });
    return untilAborted(this.#entering, signal);
  }

  async #comeIn(signal: AbortSignal): Promise<Ready> {
    const { after, clock, opening } = this.#options;
    await untilAborted(after, signal);
    await clock.sleep(pauseMs(this.#failures), signal);
    return opening.run(() => this.#start(signal), signal);
  }

  async #start(signal: AbortSignal): Promise<Ready> {
    let page: Page | null = null;
    try {
      const opened = await untilAborted(this.#open(), signal);
      const { context } = opened;
      page = await openPage(context, this.#options.allows, signal);
      const userUniqueId = await this.#findSite(page, signal);
      this.#visitor ??= new Visitor(await answerOf(userAgentOf(page), signal));
      this.#visitor.userUniqueId = userUniqueId;
      await answerOf(this.#learn(context), signal);
      // A disk that is full takes nothing from the visitor but that it outlives this process.
      await untilAborted(this.#save(), within(signal, CLOSE_TIMEOUT_MS)).catch(() => signal.throwIfAborted());
      const ready = { ...opened, page };
      page.once("crash", () => {
        if (this.#ready === ready) this.#ready = null;
        void ready.page.close().catch(() => {});
      });
      this.#ready = ready;
      this.#failures = 0;
      return ready;
    } catch (error) {
      this.#failures++;
      void page?.close().catch(() => {});
      signal.throwIfAborted();
      throw browserError("the site's page could not be opened", error);
    }
  }

  /** Opens the home page, else the room's: one of them has the SDK and names the visitor. */
  async #findSite(page: Page, signal: AbortSignal): Promise<string> {
    const { webRid } = this.#options;
    for (const path of webRid === null ? ["/"] : ["/", `/${encodeURIComponent(webRid)}`]) {
      const reply = await visit(page, `${LIVE_SITE}${path}`, signal);
      if (reply !== null && reply.status() >= 400 && path === "/") continue;
      const userUniqueId = await settle(page, signal);
      if (userUniqueId !== null) return userUniqueId;
    }
    throw new DyliveError("blocked", "the site's page has no signing script or names no visitor; it may show a captcha");
  }

  async #newContext(browser: Browser): Promise<BrowserContext> {
    const { account, stateFile } = this.#options;
    const egress = (await this.#options.egressProxy?.()) ?? null;
    const own = browser.contexts()[0];
    if (egress === null && own !== undefined) return own;
    const saved = this.#state === null && stateFile !== null ? await readState(stateFile) : null;
    // What was saved as an account counts only until the operator logs in again.
    const state = this.#state ?? (saved?.login === (account?.savedAt ?? null) ? saved.state : null);
    const context = await browser.newContext({
      ...egress?.contextOptions,
      ...(state === null ? {} : { storageState: state }),
      viewport: null,
      serviceWorkers: "block", // they would fetch past the page's routing
    });
    if (state === null && account !== null)
      await context.addCookies(
        account.cookies().map(({ expires, ...cookie }) => ({ ...cookie, expires: expires === null ? -1 : Math.floor(expires / 1000) })),
      );
    return context;
  }

  /** Takes over the browser's cookies, which change as the site likes: what Node sends is what the browser would. */
  async #learn(context: BrowserContext): Promise<void> {
    const cookies = await context.cookies(`${LIVE_SITE}/`);
    // What no header can have is the browser's alone.
    const sendable = cookies.filter(({ name, value }) => /^[\x20-\x7e]*$/.test(name + value));
    this.#visitor?.adopt(sendable.map(({ name, value }) => [name, value] as const));
  }

  async #save(): Promise<void> {
    const { egressProxy, stateFile, account, isCurrent } = this.#options;
    if (this.#opened === null || egressProxy === null) return; // the user's own browser keeps its own
    const state = await this.#opened.context.storageState();
    this.#state = state;
    // A login that was forgotten leaves nothing here, and one before the account's is not to be gone on with.
    if (stateFile === null || (account !== null && !(await isCurrent(account)))) return;
    await writeState(stateFile, { login: account?.savedAt ?? null, state });
  }
}

/** State that a site keeps in a browser context: cookies and local storage. */
type ContextState = Awaited<ReturnType<BrowserContext["storageState"]>>;

/** State of a context with the login that it is of. */
interface SavedState {
  /** Time when the account's login was saved, ms UTC; null for a guest. */
  readonly login: number | null;
  readonly state: ContextState;
}

/** Reads a state; a file that is missing or damaged is a visitor who is new. */
async function readState(file: string): Promise<SavedState | null> {
  try {
    const saved = JSON.parse(await readFile(file, "utf8")) as SavedState;
    return (saved.login === null || typeof saved.login === "number") &&
      Array.isArray(saved.state.cookies) &&
      Array.isArray(saved.state.origins)
      ? saved
      : null;
  } catch {
    return null;
  }
}

/** Keeps a state, for its owner only: it holds cookies. */
async function writeState(file: string, saved: SavedState): Promise<void> {
  await makeFolder(dirname(file));
  await writeWhole(file, JSON.stringify(saved));
}
