import type { BrowserContext, Page } from "playwright-core";
import { type Clock, untilAborted } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { loadPackage } from "../../runtime/packages.js";
import { isPlatformHost } from "../access/platform.js";
import type { ProxyServer } from "../access/proxy.js";
import type { LoginReading } from "../access/visitor.js";
import { type Cookie, hasSession } from "../accounts/cookies.js";
import { readLogin } from "../accounts/login-store.js";
import { loginHosts, openEgressProxy } from "./egress-proxy.js";
import { LIVE_SITE, visit } from "./page.js";
import { browserError } from "./supervisor.js";

/** Options of the window. */
interface LoginWindow {
  readonly program: string;
  /** False shows it to a person; true is for tests. */
  readonly headless: boolean;
  readonly clock: Clock;
  readonly upstream: string | null;
  readonly proxy: ProxyServer | null;
  /** Cookies that the account was last known by, so that the site meets the same visitor again. */
  readonly cookies: readonly Cookie[];
  readonly moreHosts?: readonly string[];
}

/** Login that was made in the window. */
interface LoggedIn {
  readonly cookies: readonly Cookie[];
  /** Reading of it by the site's page, in the same browser. */
  readonly reading: LoginReading;
}

/**
 * Opens the site in a window and waits until a person has logged in there.
 * @throws DyliveError browser_failed, unreachable; bad_request when the window is closed or ten minutes pass before that
 */
export async function loginInWindow(options: LoginWindow, signal: AbortSignal): Promise<LoggedIn> {
  const { upstream, proxy, clock } = options;
  const { chromium } = loadPackage("playwright-core/index.js") as typeof import("playwright-core"); // see supervisor.ts
  const egress = await openEgressProxy({ allows: loginHosts(options.moreHosts), upstream, proxy });
  const launching = chromium.launch({
    executablePath: options.program,
    headless: options.headless,
    chromiumSandbox: process.getuid?.() !== 0,
    args: ["--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  try {
    const browser = await untilAborted(launching, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      throw browserError("the window could not be opened", error);
    });
    const context = await browser.newContext({ ...egress.contextOptions, viewport: null });
    // Without the old session, which may be the reason to log in: the visitor alone.
    await context.addCookies(
      options.cookies.filter(({ name }) => name === "ttwid").map(({ name, value }) => ({ name, value, url: `${LIVE_SITE}/` })),
    );
    const page = await context.newPage();
    await visit(page, `${LIVE_SITE}/`, signal);
    await loggedIn(context, page, clock, signal);
    // After the session cookie the site sets some more cookies, with which the account is whole.
    await clock.sleep(2000, signal);
    await visit(page, `${LIVE_SITE}/`, signal);
    const reading = readLogin(await untilAborted(page.content(), signal));
    return { cookies: await platformCookies(context), reading };
  } finally {
    await launching.then((browser) => browser.close()).catch(() => {});
    await egress.close();
  }
}

async function loggedIn(context: BrowserContext, page: Page, clock: Clock, signal: AbortSignal): Promise<void> {
  const end = clock.now() + 600_000;
  while (!page.isClosed() && clock.now() < end) {
    const cookies = await untilAborted(platformCookies(context), signal).catch(() => []);
    if (hasSession(cookies)) return;
    await clock.sleep(1000, signal);
  }
  throw new DyliveError("bad_request", page.isClosed() ? "the window was closed before the login" : "no login was made within ten minutes");
}

async function platformCookies(context: BrowserContext): Promise<readonly Cookie[]> {
  const cookies = await context.cookies();
  return cookies
    .filter(({ domain }) => isPlatformHost(domain.replace(/^\./, "")))
    .map(({ name, value, domain, path, expires, secure, httpOnly }) => ({
      ...{ name, value, domain, path, secure, httpOnly },
      expires: expires <= 0 ? null : Math.round(expires * 1000),
    }));
}
