import type { BrowserContext, Page, Response, Route } from "playwright-core";
import { type Clock, linkedController, untilAborted } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { HostRule } from "./egress-proxy.js";
import { browserError } from "./supervisor.js";

/** Address of the pages of rooms; a stand-in's too, which is behind the egress proxy (see egress-proxy.ts). */
export const LIVE_SITE = "https://live.douyin.com";

/** Kinds of content that a page which only listens does not need; they are most of its bytes. */
const NOT_LOADED: ReadonlySet<string> = new Set(["image", "media", "font"]);
const LOAD_TIMEOUT_MS = 30_000;
const CLOSE_WITHIN_MS = 3000;
const SDK_TIMEOUT_MS = 20_000;
/** Longest time that a page which does not hang takes to answer or to take an input, in ms of real time. */
const ANSWER_TIMEOUT_MS = 30_000;
const LOOK_EVERY_MS = 100;
/** Longest wait for the reply to a page's own request, in ms: less than what a page is given that does not answer at all. */
const FETCH_TIMEOUT_MS = 9_000;

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
  // One whose process dies while it is being opened, as when all pages' are killed, is opened once more.
  const opening = context.newPage().catch((error: unknown) => {
    if (!(error instanceof Error) || !error.message.includes("Target crashed")) throw error;
    return context.newPage();
  });
  const page = await untilAborted(opening, signal).catch((error: unknown) => {
    void opening.then((late) => late.close()).catch(() => {});
    throw error;
  });
  const readied = (async () => {
    await page.route("**/*", (route) => guarded(route, allows));
    page.on("popup", (window) => void window.close().catch(() => {}));
    await page.addInitScript(refuseApps).catch(() => {}); // the page went away meanwhile
  })();
  await untilAborted(readied, signal).catch((error: unknown) => {
    readied.catch(() => {});
    void page.close().catch(() => {});
    throw error;
  });
  return page;
}

/** Lets a request through, or not: only to allowed hosts, and nothing that nobody looks at. */
function guarded(route: Route, allows: HostRule): Promise<void> {
  const request = route.request();
  const { protocol, hostname } = new URL(request.url());
  const fine = protocol === "data:" || protocol === "blob:" || (/^https?:$/.test(protocol) && allows(hostname));
  const answered = fine && !NOT_LOADED.has(request.resourceType()) ? route.continue() : route.abort("blockedbyclient");
  return answered.catch(() => {}); // the page went away meanwhile
}

/** Closes a page. One that does not close goes with its context: nobody waits for it longer than a moment. */
export async function closePage(page: Page, clock: Clock): Promise<void> {
  const closed = new AbortController();
  const closing = page.close().catch(() => {});
  await Promise.race([closing.then(() => closed.abort()), clock.sleep(CLOSE_WITHIN_MS, closed.signal).catch(() => {})]);
}

/** Goes to an address. @throws DyliveError blocked, unreachable, browser_failed */
export async function visit(page: Page, url: string, signal: AbortSignal): Promise<Response | null> {
  try {
    return await untilAborted(page.goto(url, { waitUntil: "domcontentloaded", timeout: LOAD_TIMEOUT_MS }), signal);
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
  const end = performance.now() + SDK_TIMEOUT_MS;
  for (;;) {
    // A page that is just reloading (the first challenge) has no world to look at.
    const seen = await untilAborted(page.evaluate(lookAround), signal).catch(orGone(page, signal));
    if (seen?.signs && seen.userUniqueId !== null) return seen.userUniqueId;
    if (performance.now() > end) return null;
    await untilAborted(new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS)), signal);
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
 * Makes a GET by the page itself, so that the site's script may sign it. The body is bounded, as base64. `failed` says in the browser's words why
 * there is no reply: of the page itself that says nothing.
 */
export function fetchIn(page: Page, path: string, maxBytes: number): Promise<FetchedReply | { readonly failed: string }> {
  return page.evaluate(callFetch, { path, maxBytes, timeoutMs: FETCH_TIMEOUT_MS });
}

/** Reply to a page's own request. */
interface FetchedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** base64; null when it was larger than allowed */
  readonly body: string | null;
}

/** Waits for what a page is asked to do, as long as any page takes. @throws DyliveError browser_failed when it hangs; the signal's reason */
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
 * window that nobody sees whether to open the app, and until that is answered the page gets no input.
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

async function callFetch(ask: { path: string; maxBytes: number; timeoutMs: number }): Promise<FetchedReply | { failed: string }> {
  const { path, maxBytes, timeoutMs } = ask;
  let reply: Awaited<ReturnType<typeof fetch>>;
  let bytes: Uint8Array;
  try {
    reply = await fetch(path, { credentials: "include", signal: AbortSignal.timeout(timeoutMs) });
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
