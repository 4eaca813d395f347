import type { BrowserContext, Page, Response, Route } from "playwright-core";
import { type Clock, linkedController, untilAborted } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { HostRule } from "./egress-proxy.js";
import { browserError } from "./supervisor.js";

/** Address of the pages of rooms; a stand-in's too, which is behind the egress proxy (see egress-proxy.ts). */
export const LIVE_SITE = "https://live.douyin.com";

/** Pages as a visitor. */
export interface PageDeps {
  /** Opens an empty page, which loads no media. */
  readonly newPage: (signal: AbortSignal) => Promise<Page>;
  readonly clock: Clock;
}

/** Kinds of content that a page which only listens does not need; they are most of its bytes. */
const NOT_LOADED: ReadonlySet<string> = new Set(["image", "media", "font"]);
/** Longest wait, in ms of real time, for a page to load, to answer or to take an input. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Parts of the site's page that we use, by the names that the site's SDK has. */
interface SitePage {
  readonly byted_acrawler?: { readonly frontierSign?: (input: Record<string, string>) => unknown };
  readonly __pace_f?: unknown;
  readonly document: { readonly documentElement: { readonly innerHTML: string } };
  readonly navigator: { readonly userAgent: string };
}

/**
 * Opens an empty page that loads neither pictures, media nor fonts, and nothing from hosts outside the rule. Addresses of apps
 * (`snssdk1128://…`) and windows that it wants to open are refused.
 */
export async function openPage(context: BrowserContext, allows: HostRule, signal: AbortSignal): Promise<Page> {
  const opening = context.newPage();
  const page = await answerOf(opening, signal).catch((error: unknown) => {
    void opening.then((late) => late.close()).catch(() => {});
    throw error;
  });
  const readied = (async () => {
    await page.route("**/*", (route) => guarded(route, allows));
    page.on("popup", (window) => void window.close().catch(() => {}));
    await page.addInitScript(refuseApps).catch(() => {}); // the page went away meanwhile
  })();
  await answerOf(readied, signal).catch((error: unknown) => {
    readied.catch(() => {});
    void page.close().catch(() => {});
    throw error;
  });
  return page;
}

/** Lets a request through if it goes to an allowed host and loads no media. */
function guarded(route: Route, allows: HostRule): Promise<void> {
  const request = route.request();
  const { protocol, hostname } = new URL(request.url());
  const fine = protocol === "data:" || protocol === "blob:" || (/^https?:$/.test(protocol) && allows(hostname));
  const answered = fine && !NOT_LOADED.has(request.resourceType()) ? route.continue() : route.abort("blockedbyclient");
  return answered.catch(() => {}); // the page went away meanwhile
}

/** Closes a page. One that does not close within three seconds goes with its context. */
export async function closePage(page: Page, clock: Clock): Promise<void> {
  const closed = new AbortController();
  const closing = page.close().catch(() => {});
  await Promise.race([closing.then(() => closed.abort()), clock.sleep(3000, closed.signal).catch(() => {})]);
}

/** Goes to an address. @throws DyliveError blocked, unreachable, browser_failed */
export async function visit(page: Page, url: string, signal: AbortSignal): Promise<Response | null> {
  try {
    return await untilAborted(page.goto(url, { waitUntil: "domcontentloaded", timeout: ANSWER_TIMEOUT_MS }), signal);
  } catch (error) {
    signal.throwIfAborted();
    const text = error instanceof Error ? error.message : "";
    const reason = /net::(ERR_\w+)/.exec(text)?.[1] ?? (/Timeout/.test(text) ? msg`no answer in time` : null);
    throw reason === null
      ? browserError("the page could not be opened", error)
      : new DyliveError("unreachable", msg`the browser could not open ${new URL(url).host}: ${reason}`, error);
  }
}

/** Waits until the site's SDK can sign and the page has named its visitor. @returns the user_unique_id, or null when there is none in time */
export async function settle(page: Page, signal: AbortSignal): Promise<string | null> {
  const end = performance.now() + 20_000;
  for (;;) {
    // A page that is just reloading (the first challenge) has no world to look at.
    const seen = await answerOf(page.evaluate(lookAround), signal).catch(orGone(page, signal));
    if (seen?.signs && seen.userUniqueId !== null) return seen.userUniqueId;
    if (performance.now() > end) return null;
    await untilAborted(new Promise((resolve) => setTimeout(resolve, 100)), signal);
  }
}

/** Has the page's SDK sign a stub. @throws DyliveError blocked when it gives nothing; another error when the page has no SDK any more */
export async function signIn(page: Page, stub: string): Promise<string> {
  const signature: unknown = await page.evaluate(callSdk, stub);
  if (signature === undefined) throw new Error("the page has become another, without the signing script");
  if (typeof signature === "string" && signature !== "" && signature.length <= 256) return signature;
  throw new DyliveError("blocked", "the site's own page gave no signature");
}

/** Clicks once where the page has nothing that a click leads elsewhere or starts. */
export async function clickEmptyPlace(page: Page): Promise<void> {
  const place = await page.evaluate(emptyPlace);
  if (place !== null) await page.mouse.click(place.x, place.y);
}

export async function userAgentOf(page: Page): Promise<string> {
  return page.evaluate(() => (globalThis as unknown as SitePage).navigator.userAgent);
}

/**
 * Makes a GET by the page itself, so that the site's script may sign it. The body is bounded, as base64. `failed` is the browser's reason why
 * there is no reply; the page itself may be well.
 */
export function fetchIn(page: Page, path: string, maxBytes: number): Promise<FetchedReply | { readonly failed: string }> {
  return page.evaluate(callFetch, { path, maxBytes });
}

/** Reply to a page's own request. */
interface FetchedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** base64; null when it was larger than allowed */
  readonly body: string | null;
}

/** Waits for the answer of a page, at most 30 seconds. @throws DyliveError browser_failed when it hangs; the signal's reason */
export async function answerOf<T>(asked: Promise<T>, signal: AbortSignal): Promise<T> {
  const limit = linkedController(signal);
  const timer = setTimeout(() => limit.abort(new DyliveError("browser_failed", "the page does not answer")), ANSWER_TIMEOUT_MS);
  try {
    return await untilAborted(asked, limit.signal);
  } finally {
    clearTimeout(timer);
    limit.release();
  }
}

/** Handles a failed evaluation, by null: it fails when its page navigates, which passes, or when the page is gone, which does not. */
export function orGone(page: Page, signal: AbortSignal) {
  return (error: unknown): null => {
    signal.throwIfAborted();
    if (error instanceof DyliveError) throw error;
    if (page.isClosed() || /crashed|closed/i.test(String(error))) throw browserError("the page is gone", error);
    return null;
  };
}

// What follows runs inside the page.

/** Parts of a page by which it goes elsewhere. */
interface LeavingPage {
  readonly navigation?: {
    addEventListener(
      type: "navigate",
      listen: (event: { readonly destination: { readonly url: string }; preventDefault(): void }) => void,
    ): void;
  };
  readonly document: {
    readonly head: { prepend(child: unknown): void } | null;
    createElement(name: string): { httpEquiv: string; content: string };
  };
  readonly MutationObserver: new (
    listen: (changes: unknown, observer: { disconnect(): void }) => void,
  ) => { observe(node: unknown, what: { readonly childList: true; readonly subtree: true }): void };
}

/**
 * Refuses addresses of apps, for the page itself and for its frames: they are not requests that a route is asked about. Chrome would ask in a
 * window that is not shown whether to open the app, and until that is answered the page gets no input.
 */
function refuseApps(): void {
  const { navigation, document, MutationObserver } = globalThis as unknown as LeavingPage;
  navigation?.addEventListener("navigate", (event) => {
    if (!/^(https?|about|blob|data):/.test(event.destination.url)) event.preventDefault();
  });
  const refuseInFrames = () => {
    if (document.head === null) return false;
    const rule = document.createElement("meta");
    rule.httpEquiv = "Content-Security-Policy";
    rule.content = "frame-src http: https: data: blob:";
    document.head.prepend(rule);
    return true;
  };
  if (refuseInFrames()) return;
  new MutationObserver((_, observer) => {
    if (refuseInFrames()) observer.disconnect();
  }).observe(document, { childList: true, subtree: true });
}

function emptyPlace(): { x: number; y: number } | null {
  const { document, innerWidth, innerHeight } = globalThis as unknown as {
    readonly document: { elementFromPoint(x: number, y: number): { closest(selector: string): unknown } | null };
    readonly innerWidth: number;
    readonly innerHeight: number;
  };
  for (let y = 0.95; y > 0; y -= 0.1)
    for (let x = 0.05; x < 1; x += 0.1) {
      const place = { x: Math.floor(innerWidth * x), y: Math.floor(innerHeight * y) };
      const element = document.elementFromPoint(place.x, place.y);
      if (element !== null && !element.closest("a, button, input, textarea, select, label, iframe, [onclick], [role=button]")) return place;
    }
  return null;
}

function lookAround(): { signs: boolean; userUniqueId: string | null } {
  const site = globalThis as unknown as SitePage;
  const text = `${JSON.stringify(site.__pace_f ?? "")}${site.document.documentElement.innerHTML}`;
  return {
    signs: typeof site.byted_acrawler?.frontierSign === "function",
    userUniqueId: /user_unique_id[\\"]*:[\\"]*(\d{5,25})/.exec(text)?.[1] ?? null,
  };
}

/** Returns what the SDK signs; undefined where there is none, null where it gives nothing. */
async function callSdk(stub: string): Promise<unknown> {
  const site = globalThis as unknown as SitePage;
  if (typeof site.byted_acrawler?.frontierSign !== "function") return undefined;
  const result: unknown = await site.byted_acrawler.frontierSign({ "X-MS-STUB": stub });
  return typeof result === "object" && result !== null ? ((result as Record<string, unknown>)["X-Bogus"] ?? null) : null;
}

async function callFetch({ path, maxBytes }: { path: string; maxBytes: number }): Promise<FetchedReply | { failed: string }> {
  let reply: Awaited<ReturnType<typeof fetch>>;
  let bytes: Uint8Array;
  try {
    // Less than the time after which a page counts as hanging.
    reply = await fetch(path, { credentials: "include", signal: AbortSignal.timeout(9_000) });
    bytes = new Uint8Array(await reply.arrayBuffer());
  } catch (error) {
    return { failed: String(error) };
  }
  let body: string | null = null;
  if (bytes.length <= maxBytes) {
    body = "";
    for (let at = 0; at < bytes.length; at += 0x6000) body += btoa(String.fromCharCode(...bytes.subarray(at, at + 0x6000)));
  }
  return { status: reply.status, headers: Object.fromEntries(reply.headers), body };
}
