// Guards: Replies that a page asks for are those that are wanted, in order, waited for as long as is said, and bounded.
import { EventEmitter } from "node:events";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { PageReplies } from "../../../src/platform/browser/page-replies.js";
import { FakeClock, yieldToEventLoop } from "../../clock.js";

const NEVER = new AbortController().signal;

/** A page whose requests are the test's. */
function stage() {
  const page = new EventEmitter();
  const clock = new FakeClock();
  const replies = new PageReplies(page as unknown as Page, clock, (path, query) => (path === "aweme/post" ? query.get("of") : null));
  /** Asks, as the page does; the body is what comes when it finishes, null when it is lost. */
  const ask = (of: string, { path = "aweme/post/", method = "GET", host = "www-hj.douyin.com", length = "9" } = {}) => {
    const finish = (body: string | null) => {
      const lost = () => Promise.reject(new Error("No resource with given identifier found"));
      const response = {
        status: () => 200,
        allHeaders: async () => ({ "content-length": length }),
        body: () => (body === null ? lost() : Promise.resolve(Buffer.from(body))),
      };
      request.response = async () => response;
      page.emit("requestfinished", request);
    };
    const request = {
      url: () => `https://${host}/aweme/v1/web/${path}?of=${of}`,
      method: () => method,
      response: async (): Promise<unknown> => null,
    };
    page.emit("request", request);
    return { finish, fail: () => page.emit("requestfailed", request) };
  };
  const taken = () => {
    const all: (readonly [string, string])[] = [];
    for (let next = replies.take(); next !== null; next = replies.take())
      all.push([next.about, next.reply === null ? next.reason : String(next.reply.body)]);
    return all;
  };
  return { clock, replies, ask, taken };
}

describe("replies that a page asks for", () => {
  it("are those that are wanted, by path and query, of any host, in the order in which they came", async () => {
    const { clock, replies, ask, taken } = stage();
    const [one, two] = [ask("one"), ask("two", { host: "www.douyin.com", path: "aweme/post" })];
    ask("other path", { path: "aweme/favorite/" }).finish("no");
    ask("posted", { method: "POST" }).finish("no");
    two.finish("2");
    one.finish("1");
    expect(await replies.settle(1000, NEVER)).toBe(true);
    expect(taken()).toEqual([
      ["two", "2"],
      ["one", "1"],
    ]);
    expect([replies.count, clock.sleeping]).toEqual([2, 0]);
  });

  it("are waited for, so long as is said", async () => {
    const { clock, replies, ask, taken } = stage();
    const one = ask("one");
    const settled = replies.settle(3000, NEVER);
    const came = replies.comes(1000, NEVER);
    await clock.advance(1000);
    expect(await came).toBe(false);
    await clock.advance(2000);
    expect(await settled).toBe(false);
    const comes = replies.comes(1000, NEVER);
    one.finish("1");
    expect(await comes).toBe(true);
    expect(taken()).toEqual([["one", "1"]]);
    const stop = new AbortController();
    const stopped = replies.comes(1000, stop.signal);
    stop.abort(new Error("enough"));
    await expect(stopped).rejects.toThrow("enough");
  });

  it("say so when they are lost or too long, and are not waited for when they fail", async () => {
    const { replies, ask, taken } = stage();
    ask("lost").finish(null);
    ask("long", { length: "8388609" }).finish("1");
    ask("failed").fail();
    expect(await replies.settle(1000, NEVER)).toBe(true);
    expect(taken()).toEqual([
      ["lost", "the body of a reply was lost"],
      ["long", "a reply is longer than 8388608 bytes"],
    ]);
  });

  it("are bounded: neither requests nor replies are heaped up", async () => {
    const { replies, ask, taken } = stage();
    const asked = Array.from({ length: 100 }, (_, index) => ask(`${index}`));
    for (const { finish } of asked) finish("1");
    expect(await replies.settle(1000, NEVER)).toBe(true);
    await yieldToEventLoop();
    expect(replies.count).toBe(64);
    expect(taken()).toHaveLength(32);
  });
});
