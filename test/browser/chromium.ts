import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, inject } from "vitest";
import { browserOf } from "./browsers.js";

declare module "vitest" {
  interface ProvidedContext {
    /** The program of the browser that this project's tests run with. */
    readonly browser: string;
  }
}

/**
 * Arguments of a test's own browser. Without a GPU: what stands in for one takes a good part of a core. One process for all pages of a site: one
 * for each would compile its scripts again.
 */
export const TEST_ARGUMENTS: readonly string[] = [
  ...[
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--process-per-site",
  ],
];

/** The browser of this run: see `browsers.ts`. Projects that give none (`long`) have the first. */
export function testBrowser(): string {
  const given: string | undefined = inject("browser");
  return given ?? browserOf("browser");
}

/** What the browser says when it can be driven, with its address. */
const DRIVEN_AT = /^DevTools listening on (ws:\S+)$/;

/**
 * A browser that runs while a test file does, for programs that would else start one each, which is a sixth of what they do. They
 * take it one after another, each as visitors of its own.
 * @returns its DevTools address, for `DYLIVE_CDP`, once tests run
 */
export function useRunningBrowser(): () => string {
  let address = "";
  let end = async () => {};
  beforeAll(async () => {
    const profile = mkdtempSync(join(tmpdir(), "dylive-browser-"));
    const own = ["--headless", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "--no-first-run"];
    const browser = spawn(testBrowser(), [...TEST_ARGUMENTS, ...own, "about:blank"], { stdio: ["ignore", "ignore", "pipe"] });
    const closed = once(browser, "close");
    end = async () => {
      browser.kill("SIGTERM");
      await closed;
      rmSync(profile, { recursive: true, force: true });
    };
    const said: string[] = [];
    for await (const line of createInterface(browser.stderr)) {
      said.push(line);
      address = DRIVEN_AT.exec(line)?.[1] ?? "";
      if (address !== "") break;
    }
    if (address === "") throw new Error(`the browser cannot be driven:\n${said.join("\n")}`);
    browser.stderr.resume();
  });
  afterAll(() => end());
  return () => address;
}
