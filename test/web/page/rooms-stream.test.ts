// Guards: The page's stream of rooms comes back by itself and rests while the page is hidden.
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { ApiClient } from "../../../web/src/api/client.js";
import type { LinkState } from "../../../web/src/api/retry.js";
import { followRooms } from "../../../web/src/api/rooms-stream.js";

/** The server's end of an EventSource. */
class FakeSource {
  isClosed = false;
  onerror: () => void = () => {};
  readonly #listeners = new Map<string, (message: { data: string }) => void>();

  constructor() {
    sources.push(this);
  }

  addEventListener(name: string, listener: (message: { data: string }) => void): void {
    this.#listeners.set(name, listener);
  }

  close(): void {
    this.isClosed = true;
  }

  say(name: string, data: unknown): void {
    if (!this.isClosed) this.#listeners.get(name)?.({ data: JSON.stringify(data) });
  }
}

let sources: FakeSource[] = [];
let page = { hidden: false, show: (_hidden: boolean) => {} };

beforeEach(() => {
  sources = [];
  vi.useFakeTimers();
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("EventSource", FakeSource);
  let changed = () => {};
  page = {
    hidden: false,
    show: (hidden) => {
      page.hidden = hidden;
      changed();
    },
  };
  const addEventListener = (_name: string, call: () => void) => {
    changed = call;
  };
  vi.stubGlobal("document", Object.assign(page, { addEventListener }));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const client = { stream: () => "/v1/rooms/stream", v1: { GET: async () => ({ response: new Response() }) } } as unknown as ApiClient;

function followed() {
  const states: LinkState["name"][] = [];
  const told: unknown[] = [];
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  followRooms(
    {
      client,
      onRoom: ({ id }) => told.push(id),
      onGone: (id) => told.push(`gone ${id}`),
      onSessionGone: () => told.push("session gone"),
      onTime: (time) => told.push(time),
      onState: ({ name }) => states.push(name),
      onRefused: () => told.push("refused"),
    },
    stop.signal,
  );
  return { states, told, stop };
}

describe("the stream of the rooms, on a page", () => {
  it("is open once the server said something, and tells the server's time", () => {
    const { states, told } = followed();
    expect(states).toEqual(["connecting"]);
    sources[0]?.say("room", { id: "1" });
    sources[0]?.say("beat", { time: 5 });
    sources[0]?.say("session_gone", { id: "1", session: "7" });
    sources[0]?.say("gone", { id: "1" });
    expect([states, told]).toEqual([
      ["connecting", "open"],
      ["1", 5, "session gone", "gone 1"],
    ]);
  });

  it("connects again when its connection dies without a word, or never brings one", async () => {
    const { states } = followed();
    for (let beats = 0; beats < 9; beats++) {
      sources[0]?.say("beat", { time: 5 });
      await vi.advanceTimersByTimeAsync(15_000);
    }
    expect([sources.length, states.at(-1)]).toEqual([1, "open"]);
    await vi.advanceTimersByTimeAsync(45_000);
    expect([sources[0]?.isClosed, sources.length, states.at(-1)]).toEqual([true, 2, "retrying"]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([sources[1]?.isClosed, sources.length, states.at(-1)]).toEqual([true, 3, "retrying"]);
    sources[2]?.say("beat", { time: 5 });
    expect(states.at(-1)).toBe("open");
  });

  it("rests while nobody has seen the page for a minute, and begins anew when somebody does", async () => {
    const { states, stop } = followed();
    sources[0]?.say("beat", { time: 5 });
    page.show(true);
    await vi.advanceTimersByTimeAsync(30_000);
    sources[0]?.say("beat", { time: 5 });
    page.show(false);
    await vi.advanceTimersByTimeAsync(40_000);
    sources[0]?.say("beat", { time: 5 });
    expect([sources.length, sources[0]?.isClosed]).toEqual([1, false]);
    page.show(true);
    await vi.advanceTimersByTimeAsync(40_000);
    sources[0]?.say("beat", { time: 5 });
    await vi.advanceTimersByTimeAsync(600_000);
    expect([sources.length, sources[0]?.isClosed, states.at(-1)]).toEqual([1, true, "open"]);
    page.show(false);
    sources[1]?.say("beat", { time: 5 });
    expect([sources.length, states]).toEqual([2, ["connecting", "open", "open"]]);
    stop.abort();
    expect(sources[1]?.isClosed).toBe(true);
  });
});
