import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { type RoomScenario, type Simulator, startSimulator } from "../../simulator/index.js";
import type { App } from "../../src/app/app.js";
import { createToken } from "../../src/http/tokens.js";
import { closePage } from "../../src/platform/browser/page.js";
import { type Clock, systemClock } from "../../src/runtime/clock.js";
import { TEST_ARGUMENTS, testBrowser } from "./chromium.js";

const BUILT = new URL("../../dist/src/app/", import.meta.url).href;
const AXE = readFileSync(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const SCREENS = fileURLToPath(new URL("../../.tmp/screens/", import.meta.url));

/** What is to be read in these elements, as the page shows it: the signs that keep a stranger's words apart from ours show nothing. */
export async function textOf(elements: Locator): Promise<string> {
  return (await elements.allInnerTexts()).join("\n").replace(/[\u2068\u2069]/g, "");
}

/** What axe finds on the page that is serious. */
export async function seriousIn(page: Page): Promise<string[]> {
  if (await page.evaluate<boolean>("typeof axe === 'undefined'")) await page.evaluate(AXE);
  // What passes, too, would be described element by element.
  const { violations } = await page.evaluate<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>(
    "axe.run({ resultTypes: ['violations'] })",
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`);
}

/** What a page is looked at with. */
type Screen = Pick<BrowserContextOptions, "locale" | "viewport" | "colorScheme">;

/** A server with simulated rooms, and a browser to look at its dashboard with. */
export class Dashboard {
  readonly app: App;
  readonly simulator: Simulator;
  readonly token: string;
  /** What pages wrote to the console as errors, but for refusals of the API, and what they asked of other hosts: nothing, if all is well. */
  readonly complaints: string[] = [];
  /** Hosts that images were asked of; of those that the server gives itself, the platform's. */
  readonly imageHosts = new Set<string>();
  readonly #browser: Browser;
  /** An empty page by its language, in a context with those that are opened. A page in a context without any costs twice as much. */
  readonly #first = new Map<string, Promise<Page>>();
  readonly #data: string;

  private constructor(app: App, simulator: Simulator, token: string, browser: Browser, data: string) {
    this.app = app;
    this.simulator = simulator;
    this.token = token;
    this.#browser = browser;
    this.#data = data;
  }

  /** @param clock the server's own; the simulator and the browser have the real one */
  static async start(rooms?: readonly RoomScenario[], clock: Clock = systemClock): Promise<Dashboard> {
    const data = mkdtempSync(join(tmpdir(), "dylive-dashboard-"));
    const simulator = await startSimulator(rooms === undefined ? {} : { rooms });
    // As built: the statistics' thread needs the built files, as the dashboard does; and a server knows the settings that it loaded itself.
    const { startApp } = (await import(`${BUILT}app.js`)) as typeof import("../../src/app/app.js");
    const { loadConfig, readMachine } = (await import(`${BUILT}config.js`)) as typeof import("../../src/app/config.js");
    const config = loadConfig({ port: 0, data, upstream: simulator.url, signer: null, browser: testBrowser() }, {});
    // No engine that happens to be on this machine speaks.
    const { browsers, display } = readMachine();
    const app = await startApp(config, { browsers, display }, clock, pino({ level: "silent" }));
    const { token } = await createToken(app.store.tokens, { name: "dashboard", scope: "admin", now: Date.now() });
    const browser = await chromium.launch({ executablePath: testBrowser(), args: [...TEST_ARGUMENTS] });
    return new Dashboard(app, simulator, token, browser, data);
  }

  /** Closes what `open` opened, and forgets what was kept of it, so that no test finds anything of another. @returns the complaints of all, once */
  async closePages(): Promise<string[]> {
    for (const first of await Promise.all(this.#first.values())) {
      await first.evaluate("localStorage.clear()");
      await Promise.all(
        first
          .context()
          .pages()
          .map((page) => (page === first ? null : closePage(page, systemClock))),
      );
    }
    return this.complaints.splice(0);
  }

  /** A page at an address of the dashboard, as a new visitor has it. No image of the platform is loaded: there is no network. */
  async open(hash: string, { locale = "zh-CN", viewport = null, colorScheme = null }: Screen = {}): Promise<Page> {
    const first = this.#first.get(locale) ?? this.#enter(locale);
    this.#first.set(locale, first);
    const page = await (await first).context().newPage();
    if (viewport !== null) await page.setViewportSize(viewport);
    if (colorScheme !== null) await page.emulateMedia({ colorScheme });
    await page.route(
      (url) => url.origin !== this.app.url,
      (route) =>
        route.request().resourceType() === "image" ? route.fulfill({ contentType: "image/svg+xml", body: PICTURE }) : route.abort(),
    );
    page.on("request", (request) => {
      const { origin, host, pathname, protocol } = new URL(request.url());
      // The server gives the pictures of the simulated platform itself, by the platform's host.
      const given = origin === this.app.url ? /^\/@([^/]+)\//.exec(pathname)?.[1] : undefined;
      if (request.resourceType() === "image") this.imageHosts.add(given ?? host);
      else if (origin !== this.app.url && protocol !== "data:") this.complaints.push(`asked for ${request.url()}`);
    });
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    await page.goto(`${this.app.url}/${hash}`);
    return page;
  }

  /** Opens the first page of a context, which has nothing but the dashboard's origin. */
  async #enter(locale: string): Promise<Page> {
    const context = await this.#browser.newContext({ locale, timezoneId: "Asia/Shanghai" });
    const page = await context.newPage();
    await page.goto(`${this.app.url}/healthz`);
    return page;
  }

  /** A picture of the page, to be looked at by people, where there is a folder for it. */
  async shoot(page: Page, name: string): Promise<void> {
    if (existsSync(SCREENS)) await page.screenshot({ path: join(SCREENS, `${name}.png`) });
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.app.close();
    await this.simulator.close();
    rmSync(this.#data, { recursive: true });
  }
}

const PICTURE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"><defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="#e8a87c"/><stop offset="1" stop-color="#85586f"/></linearGradient></defs><rect width="90" height="90" fill="url(#g)"/></svg>';
