// Guards: A page whose process dies while it is being opened is opened once more, and never again and again.
import type { BrowserContext, Page } from "playwright-core";
import { expect, it } from "vitest";
import { openPage } from "../../../src/platform/browser/page.js";

const CRASHED = "browserContext.newPage: Target crashed";

/** A context whose first tries to open a page fail with these messages. */
function failing(...messages: string[]) {
  const page = { route: async () => {}, on: () => page, addInitScript: async () => {} } as unknown as Page;
  let opened = 0;
  const newPage = async () => {
    const message = messages[opened++];
    if (message !== undefined) throw new Error(message);
    return page;
  };
  const open = () => openPage({ newPage } as unknown as BrowserContext, () => true, new AbortController().signal);
  return { page, open, tries: () => opened };
}

it("a page whose process dies while it is being opened is opened once more", async () => {
  const { page, open, tries } = failing(CRASHED);
  expect(await open()).toBe(page);
  expect(tries()).toBe(2);
});

it.each([
  ["dies again", [CRASHED, CRASHED], 2],
  ["cannot be opened for another reason", ["browserContext.newPage: Target page, context or browser has been closed"], 1],
] as const)("a page that %s is not there", async (_, messages, count) => {
  const { open, tries } = failing(...messages);
  await expect(open()).rejects.toThrow(messages.at(-1));
  expect(tries()).toBe(count);
});
