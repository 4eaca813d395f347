import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";

/** As much of an element as the page uses; text is text. */
class Element {
  children: Element[] = [];
  textContent = "";
  className = "";
  value = "";
  hidden = false;
  dataset: Record<string, string> = {};
  readonly listeners: Record<string, (event: unknown) => void> = {};
  parent: Element | null = null;

  append(...children: Element[]): void {
    for (const child of children) child.parent = this;
    this.children.push(...children);
  }
  replaceChildren(): void {
    this.children = [];
  }
  remove(): void {
    this.parent?.children.splice(this.parent.children.indexOf(this), 1);
  }
  addEventListener(name: string, listener: (event: unknown) => void): void {
    this.listeners[name] = listener;
  }
  get childElementCount(): number {
    return this.children.length;
  }
  get firstElementChild(): Element | undefined {
    return this.children[0];
  }
}

interface Reply {
  status: number;
  state?: string;
  cursor?: string;
  body: unknown;
}

/** Runs the page with these answers; after the last one it waits for ever. */
async function open(hash: string, replies: Reply[]) {
  const elements: Record<string, Element> = {};
  const seen = { address: hash, calls: [] as { url: string; authorization: string | undefined }[], kept: new Map<string, string>() };
  const storage = {
    getItem: (key: string) => seen.kept.get(key) ?? null,
    setItem: (key: string, value: string) => seen.kept.set(key, value),
    removeItem: (key: string) => seen.kept.delete(key),
  };
  const fetch = (url: string, init: { headers: { authorization?: string } }) => {
    seen.calls.push({ url, authorization: init.headers.authorization });
    const reply = replies.shift();
    if (reply === undefined) return new Promise(() => {});
    const { status, body, state = "", cursor } = reply;
    const headers = new Headers({ "x-room-state": state, ...(cursor !== undefined && { "x-next-cursor": cursor }) });
    return Promise.resolve({ ok: status === 200, status, headers, json: async () => body });
  };
  const document = {
    getElementById: (id: string) => (elements[id] ??= new Element()),
    createElement: () => new Element(),
    documentElement: { scrollHeight: 0 },
  };
  const context = {
    document,
    fetch,
    location: { hash, pathname: "/" },
    history: { replaceState: (_state: unknown, _title: string, to: string) => (seen.address = to) },
    sessionStorage: storage,
    addEventListener: () => {},
    scrollTo: () => {},
    innerHeight: 0,
    scrollY: 0,
    ...{ URLSearchParams, AbortController, performance, setTimeout, clearTimeout },
  };
  runInContext(readFileSync(new URL("../../web/page.js", import.meta.url), "utf8"), createContext(context));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const get = (id: string) => elements[id] ?? new Element();
  return { seen, get, rows: () => get("rows").children };
}

const success = (data: unknown[]) => ({ status: 200, state: "live", body: { code: 200, data, msg: "success" } });
const chat = (text: string) => ({ type: "WebcastChatMessage", nickname: "<b>n", text });

describe("the page's script", () => {
  it("takes the token out of the address bar, and sends it in a header only", async () => {
    const { seen } = await open("#token=dyl_secret&room=123", []);
    expect(seen.address).toBe("#room=123");
    expect(seen.calls).toEqual([{ url: "douyin/liveroom/chat?room_id=123&cursor=newest&wait=20", authorization: "Bearer dyl_secret" }]);
  });

  it("shows what comes as text, newest last, and keeps 500 rows", async () => {
    const hostile = "<img src=x onerror=alert(1)>\u202e";
    const many = Array.from({ length: 600 }, (_, i) => chat(`${i}`));
    const like = { type: "WebcastLikeMessage", nickname: "n", msg: "点赞", count: 3 };
    const { rows, get } = await open("#token=t&room=1", [success(many), success([like, chat(hostile)])]);
    const said = rows().map((row) => row.children.map((part) => part.textContent));
    expect(said.length).toBe(500);
    expect(said.slice(-2)).toEqual([
      ["点赞", "n", "点赞 x3"],
      ["弹幕", "<b>n", hostile],
    ]);
    expect(get("state").textContent).toBe("直播中");
  });

  it("goes on after its own place, so that two tabs are each given everything", async () => {
    const next = (cursor: string) => ({ ...success([]), cursor });
    const { seen } = await open("#token=t&room=1", [next("one"), next("two"), next("three")]);
    expect(seen.calls.map(({ url }) => new URLSearchParams(url.split("?")[1]).get("cursor"))).toEqual(["newest", "one", "two", "three"]);
    expect(seen.calls.some(({ url }) => url.includes("client="))).toBe(false);
  });

  it("says what is wrong, and does not go on with a token that is not valid", async () => {
    const none = await open("#room=1", []);
    expect(none.get("problem").textContent).toContain("令牌");
    expect(none.seen.calls).toEqual([]);
    const bad = await open("#token=t&room=1", [{ status: 401, body: { code: 401, data: [], msg: "The token is not valid. Make one." } }]);
    expect(bad.get("problem").textContent).toBe("401：The token is not valid. Make one.");
    expect(bad.seen.calls.length).toBe(1);
    expect(bad.seen.kept.size).toBe(0);
  });

  it("takes a pasted link", async () => {
    const { seen, get } = await open("#token=t", []);
    get("room").value = " https://live.douyin.com/745964462470?from=web ";
    get("form").listeners["submit"]?.({ preventDefault: () => {} });
    expect(seen.calls[0]?.url).toContain("room_id=745964462470&");
  });
});
