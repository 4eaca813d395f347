// Guards: A room's feed shows each event once and in order, over lost connections, another log and deleted broadcasts.
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { ApiClient } from "../../../web/src/api/client.js";
import type { EventPage, LiveEvent } from "../../../web/src/api/model.js";
import { Feed } from "../../../web/src/room/feed.js";
import { FEED_KINDS } from "../../../web/src/room/feed-kinds.js";
import { chat } from "../../http/events.js";
import { until } from "../../until.js";
import { FakeSocket, together } from "./fake-socket.js";

/** The page's timers, which go off when told to. */
const timers = new Map<number, () => void>();
let lastTimer = 0;
let sockets: FakeSocket[] = [];
const goOff = () => {
  const due = [...timers.values()];
  timers.clear();
  for (const run of due) run();
};

beforeEach(() => {
  timers.clear();
  sockets = FakeSocket.opened = [];
  FakeSocket.pong = () => {};
  vi.stubGlobal("window", { setTimeout: (run: () => void) => timers.set(++lastTimer, run) && lastTimer });
  vi.stubGlobal("clearTimeout", (timer: number) => timers.delete(timer));
  vi.stubGlobal("document", { hidden: false, addEventListener: () => {} });
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("WebSocket", FakeSocket);
});
afterEach(() => vi.unstubAllGlobals());

let seq = 0;
const event = (text: string): LiveEvent => ({ ...chat(text), seq: ++seq }) as LiveEvent;
const pageOf = (events: readonly LiveEvent[]): EventPage => ({ events, next: "next", previous: "previous", more: true });

/** A feed whose pages come from `answers`, one after the other; an error is an answer that does not come, one with a code a refusal. */
function feedOf(...answers: (readonly LiveEvent[] | Error | { readonly code: string })[]) {
  const asked: unknown[] = [];
  const get = async (path: string, { params }: { readonly params: { readonly query: unknown } }) => {
    // Whether the token is still taken.
    if (path === "/v1/rooms") return { response: new Response() };
    asked.push(params.query);
    const answer = answers.shift() ?? new Error("no more answers");
    if (answer instanceof Error) throw answer;
    if ("code" in answer) return { error: { error: answer }, response: new Response(null, { status: 404 }) };
    return { data: pageOf(answer), response: new Response() };
  };
  const client = { stream: () => "ws://127.0.0.1/v1/ws", v1: { GET: get } } as unknown as ApiClient;
  const query = { kinds: new Set(FEED_KINDS), filter: "", user: null };
  const feed = new Feed({ client, room: "1", query, onRefused: () => {} });
  onTestFinished(() => feed.close());
  return { feed, asked };
}

const textsOf = (feed: Feed) =>
  feed.rows.value.map((row) => (row.kind === "event" && row.event.type === "chat" ? row.event.text : row.kind));

describe("a feed", () => {
  it("shows what comes, also when its first page had to be asked for twice", async () => {
    const { feed } = feedOf(new Error("no server"), [event("before")]);
    await until(() => feed.failure.value?.code === "offline" && timers.size === 1);
    goOff();
    await until(() => feed.loaded.value);
    expect(feed.failure.value).toBeNull();
    sockets[0]?.say({ type: "hello" });
    expect(sockets[0]?.sent).toMatchObject([{ op: "subscribe", rooms: ["1"], after: "next" }]);
    sockets[0]?.say(together(event("after")));
    goOff();
    expect(textsOf(feed)).toEqual(["before", "after"]);
  });

  it("forgets what waited when the log is another", async () => {
    const { feed } = feedOf([event("old")], [event("new")]);
    await until(() => feed.loaded.value);
    feed.pause(true);
    sockets[0]?.say(together(event("waits"), event("waits")));
    goOff();
    expect(feed.waiting.value).toBe(2);
    sockets[0]?.say({ type: "error", code: "cursor_reset" });
    await until(() => sockets.length === 2);
    feed.pause(false);
    expect([textsOf(feed), feed.waiting.value]).toEqual([["new"], 0]);
  });

  it("says what is no longer kept where it would have stood", async () => {
    const { feed } = feedOf([event("first")]);
    await until(() => feed.loaded.value);
    sockets[0]?.say(together(event("before")));
    sockets[0]?.say({ type: "removed", room: 1, from: 3, to: 9, cursor: "c9" });
    sockets[0]?.say(together(event("after")));
    goOff();
    expect(textsOf(feed)).toEqual(["first", "before", "removed", "after"]);
  });

  it("takes away what is of a broadcast that was deleted, shown or waiting, and stays where it is", async () => {
    const of = (text: string, sessionId: string) => ({ ...event(text), sessionId });
    const [gone, kept, none] = [of("gone", "1"), of("kept", "2"), of("no entry", "3")];
    const refused = { code: "not_found", message: "", hint: "" };
    const { feed, asked } = feedOf([gone, kept, none], refused, [kept], [kept], refused, [none]);
    await until(() => feed.loaded.value);
    feed.pause(true);
    sockets[0]?.say(together(of("gone too", "1"), of("waits", "2")));
    await feed.prune();
    expect(asked.slice(1)).toMatchObject([
      { session: "1", after: String(gone.seq - 1), limit: 1 },
      { after: String(gone.seq - 1), limit: 1 },
      { session: "2", after: String(kept.seq - 1) },
      { session: "3", after: String(none.seq - 1) },
      { after: String(none.seq - 1) },
    ]);
    feed.pause(false);
    expect(textsOf(feed)).toEqual(["kept", "no entry", "waits"]);
    expect(sockets.length).toBe(1);
  });

  it("says why it is given nothing, asks again for what was refused for now, and not once it is given", async () => {
    const { feed } = feedOf([]);
    await until(() => feed.loaded.value);
    const refusal = { type: "error", code: "store_unreachable", message: "", hint: "" };
    sockets[0]?.say({ ...refusal, retryable: true });
    sockets[0]?.say({ ...refusal, retryable: true });
    goOff();
    expect(sockets[0]?.sent).toMatchObject([{ op: "subscribe", rooms: ["1"], after: "next" }]);
    sockets[0]?.say({ ...refusal, retryable: true });
    sockets[0]?.say({ type: "subscribed", rooms: [] });
    expect(feed.failure.value).toBeNull();
    sockets[0]?.say({ ...refusal, code: "too_many_subscriptions", hint: "Close some.", retryable: false });
    goOff();
    expect(sockets[0]?.sent).toHaveLength(1);
    expect(feed.failure.value).toMatchObject({ code: "too_many_subscriptions", hint: "Close some." });
  });

  it("goes on where it was after a lost connection, and begins anew at another log", async () => {
    const { feed } = feedOf([event("old")], [event("new")]);
    await until(() => feed.loaded.value);
    sockets[0]?.say({ type: "hello" });
    sockets[0]?.say(together(event("newer")));
    sockets[0]?.onclose();
    expect(feed.link.value.name).toBe("retrying");
    goOff();
    // The same log: it goes on behind what it has.
    sockets[1]?.say({ type: "hello" });
    expect(sockets[1]?.sent).toMatchObject([{ op: "subscribe", rooms: ["1"], after: `c${seq}` }]);
    sockets[1]?.onclose();
    goOff();
    sockets[2]?.say({ type: "hello" });
    sockets[2]?.say({ type: "error", code: "cursor_reset" });
    await until(() => sockets.length === 4);
    expect(textsOf(feed)).toEqual(["new"]);
    sockets[3]?.say({ type: "hello" });
    expect(sockets[3]?.sent).toMatchObject([{ op: "subscribe", rooms: ["1"], after: "next" }]);
  });

  it("says no longer what failed once older events came", async () => {
    const { feed } = feedOf([event("first")], new Error("no server"), [event("older")], [event("oldest")]);
    await until(() => feed.loaded.value);
    await feed.loadOlder();
    expect(feed.failure.value).toMatchObject({ code: "offline" });
    await feed.loadOlder();
    expect(feed.failure.value).toBeNull();
    // Why nothing new is given stays.
    sockets[0]?.say({ type: "error", code: "too_many_subscriptions", message: "", hint: "", retryable: false });
    await feed.loadOlder();
    expect(feed.failure.value).toMatchObject({ code: "too_many_subscriptions" });
  });

  it("goes on to older events from the oldest line that is left, when some were cut off", { tags: ["full"] }, async () => {
    const { feed, asked } = feedOf([event("first")], [event("older")]);
    await until(() => feed.loaded.value);
    expect(feed.older.value).toBe("previous");
    for (let batch = 0; batch < 3; batch++) {
      sockets[0]?.say(together(...Array.from({ length: 9_000 }, () => event("more"))));
      goOff();
    }
    const [oldest] = feed.rows.value;
    const oldestSeq = oldest?.kind === "event" ? oldest.event.seq : 0;
    expect(oldestSeq).toBeGreaterThan(5_000);
    expect(feed.older.value).toBe(String(oldestSeq));
    await feed.loadOlder();
    expect(asked.at(-1)).toMatchObject({ before: String(oldestSeq) });
  });
});
