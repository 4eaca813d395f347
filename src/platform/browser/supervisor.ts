import type { Browser } from "playwright-core";
import { backoffMs, type Clock, untilAborted } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { loadPackage } from "../../runtime/packages.js";

/** Returns the pause before the next attempt, in ms: none before the first and the second, then up to 1 s, 2 s, 4 s … a minute. */
export function pauseMs(failures: number): number {
  return failures < 2 ? 0 : backoffMs({ firstMs: 1_000, longestMs: 60_000 }, failures - 1);
}

/** Shortens an error of the browser's driver to one line: its messages go on with a log of the call. */
export function browserError(what: string, error: unknown): DyliveError {
  if (error instanceof DyliveError) return error;
  const line = error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error);
  return new DyliveError("browser_failed", msg`${what}: ${line}`, error);
}

/** Which browser: a program to start, or one that the user runs, by its DevTools address. */
export type BrowserChoice = { readonly program: string; readonly headless: boolean } | { readonly cdp: string };

/** A process of the browser, as it tells itself. */
export interface BrowserProcess {
  readonly type: string;
  readonly id: number;
}

/**
 * Beside Playwright's own: nothing that the browser would fetch for itself, and a player that begins by itself, unheard. User agent, headless mode and what a page can find out stay
 * as they are. The sandbox is off only for root, for whom Chromium does not start with it.
 */
const ARGUMENTS = [
  ...["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  ...["--autoplay-policy=no-user-gesture-required", "--mute-audio"],
];
const START_TIMEOUT_MS = 30_000;

/** Keeps one browser: starts it when it is first wanted, and again, with growing pauses, when it has died. */
export class BrowserSupervisor {
  readonly #choose: () => BrowserChoice;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #running: Browser | null = null;
  #starting: Promise<Browser> | null = null;
  #failures = 0;
  #starts = 0;

  /** @param choose asked at every start, so that a browser installed meanwhile is found; it may throw */
  constructor(choose: () => BrowserChoice, clock: Clock) {
    this.#choose = choose;
    this.#clock = clock;
  }

  /** Whether it is the user's own browser, of which only our pages are ours. */
  get attached(): boolean {
    return "cdp" in this.#choose();
  }

  /** Number of times that it was started. */
  get starts(): number {
    return this.#starts;
  }

  /** Returns the running browser. @throws DyliveError browser_failed, stopping */
  async browser(signal: AbortSignal): Promise<Browser> {
    signal.throwIfAborted();
    this.#stop.signal.throwIfAborted();
    if (this.#running !== null) return this.#running;
    this.#starting ??= this.#start().finally(() => {
      this.#starting = null;
    });
    return untilAborted(this.#starting, signal);
  }

  /** Returns its processes, for those who measure or test; none when it does not run. */
  async processes(): Promise<readonly BrowserProcess[]> {
    if (this.#running === null) return [];
    const session = await this.#running.newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    await session.detach();
    return processInfo.map(({ type, id }) => ({ type, id }));
  }

  /** Ends the browser, or lets go of the user's own. */
  async close(): Promise<void> {
    this.#stop.abort(new DyliveError("stopping", "the browser is closed"));
    await this.#starting?.catch(() => {});
    await this.#running?.close().catch(() => {});
  }

  async #start(): Promise<Browser> {
    const choice = this.#choose();
    await this.#clock.sleep(pauseMs(this.#failures), this.#stop.signal);
    try {
      const browser = await open(choice);
      if (this.#stop.signal.aborted) {
        await browser.close();
        throw this.#stop.signal.reason;
      }
      const startedAt = this.#clock.now();
      this.#starts++;
      this.#running = browser;
      browser.once("disconnected", () => {
        this.#running = null;
        // A browser that lived for a minute did not fail at starting: its successor does not wait.
        this.#failures = this.#clock.now() - startedAt >= 60_000 ? 1 : this.#failures + 1;
      });
      return browser;
    } catch (error) {
      this.#stop.signal.throwIfAborted();
      this.#failures++;
      throw browserError("cdp" in choice ? "no browser answers at the DevTools address" : "it did not start", error);
    }
  }
}

async function open(choice: BrowserChoice): Promise<Browser> {
  // Loaded when a browser is wanted: it is most of the program's code, and most commands need none.
  const { chromium } = loadPackage("playwright-core/index.js") as typeof import("playwright-core");
  if ("cdp" in choice) return chromium.connectOverCDP(choice.cdp, { timeout: START_TIMEOUT_MS });
  return chromium.launch({
    executablePath: choice.program,
    headless: choice.headless,
    chromiumSandbox: process.getuid?.() !== 0,
    args: ARGUMENTS,
    timeout: START_TIMEOUT_MS,
    // We stop it in our own order.
    handleSIGHUP: false,
    handleSIGINT: false,
    handleSIGTERM: false,
  });
}
