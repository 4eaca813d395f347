// Guards: /docs shows every route in a browser, under its policy, and asks no other host.
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";
import { serveApi } from "../http/api-server.js";
import { TEST_ARGUMENTS, testBrowser } from "./chromium.js";

describe("/docs", () => {
  it("shows every route in a browser, under its policy, with a clean console and without asking anybody else", async () => {
    const { api } = await serveApi();
    const browser = await chromium.launch({
      executablePath: testBrowser(),
      args: [...TEST_ARGUMENTS],
      timeout: 60_000,
    });
    try {
      const page = await browser.newPage();
      const asked: string[] = [];
      const errors: string[] = [];
      page.on("request", (request) => asked.push(request.url()));
      page.on("pageerror", (error) => errors.push(error.message));
      page.on("console", (message) => {
        if (message.type() !== "info" && message.type() !== "log") errors.push(`${message.type()}: ${message.text()}`);
      });
      page.on("response", (response) => {
        if (response.status() >= 400) errors.push(`${response.status()} ${response.url()}`);
      });
      await page.goto(`${api.url}/docs`);
      await page.waitForSelector(".opblock");
      const document = (await (await fetch(`${api.url}/openapi.json`)).json()) as {
        paths: Record<string, Record<string, { operationId: string; tags: readonly string[] }>>;
      };
      const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
      expect(await page.locator(".opblock").count()).toBe(operations.length);
      const { operationId = "", tags = [] } = document.paths["/v1/rooms"]?.["get"] ?? {};
      const block = `#operations-${tags[0]}-${operationId}`;
      await page.locator(`${block} .opblock-summary-control`).click();
      await page.waitForSelector(`${block} .parameters`);
      // Its style sheet is there: without one the button would be as grey as any.
      const colour = "getComputedStyle(document.querySelector('.opblock-get .opblock-summary-method')).backgroundColor";
      expect(await page.evaluate(colour)).toBe("rgb(97, 175, 254)");
      expect(errors).toEqual([]);
      expect(asked.filter((url) => !url.startsWith(api.url) && !url.startsWith("data:"))).toEqual([]);
    } finally {
      await browser.close();
    }
  }, 120_000);
});
