// Guards: The list of gifts that a room's page asks for is overheard from the platform alone, when it is whole.
import { EventEmitter } from "node:events";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { browserSource } from "../../../src/platform/browser/browser-page.js";
import { Drift } from "../../../src/platform/wire/drift.js";
import { FakeClock, yieldToEventLoop } from "../../clock.js";

it("the list of gifts that a room's page asks for is overheard, from the platform alone and when it is whole", async () => {
  const page = Object.assign(new EventEmitter(), { goto: async () => null, close: async () => {}, isClosed: () => false });
  const heard: string[] = [];
  const source = browserSource({
    newPage: async () => page as unknown as Page,
    url: "https://live.douyin.com/1",
    clock: new FakeClock(),
    drift: new Drift(),
    onGiftList: ({ status, body }) => heard.push(`${status} ${body}`),
  });
  const stop = new AbortController();
  const frames = source.open(stop.signal)[Symbol.asyncIterator]().next();
  await yieldToEventLoop();
  const ask = async (url: string, { method = "GET", length = "9", body = () => Promise.resolve(Buffer.from(url)) } = {}) => {
    const response = { status: () => 200, allHeaders: async () => ({ "content-length": length }), body };
    page.emit("requestfinished", { url: () => url, method: () => method, response: async () => response });
    await yieldToEventLoop();
  };
  const list = "https://live.douyin.com/webcast/gift/list/?room_id=7";
  await ask(list);
  await ask("https://live.douyin.com.example/webcast/gift/list/");
  await ask("https://live.douyin.com/webcast/gift/panel/");
  await ask(list, { method: "POST" });
  await ask(list, { length: "99999999" });
  await ask(list, { body: () => Promise.reject(new Error("No resource with given identifier found")) });
  expect(heard).toEqual([`200 ${list}`]);
  stop.abort();
  expect((await frames).done).toBe(true);
});
