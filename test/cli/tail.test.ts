// Guards: `dylive tail` writes each line at least once and in order, over restarts, slow readers and deleted rooms.
import { expect, it, onTestFinished, vi } from "vitest";
import { EventLines } from "../../src/cli/commands/tail.js";
import { createToken, revokeToken, subscriptionPosition } from "../../src/http/tokens.js";
import { systemClock } from "../../src/runtime/clock.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { FakeClock } from "../clock.js";
import { serveApi } from "../http/api-server.js";
import { chat } from "../http/events.js";
import { serveLive } from "../http/streams/live-server.js";
import { until } from "../until.js";

type Given = Partial<ConstructorParameters<typeof EventLines>[0]>;

/** A tail whose lines are taken when the test says so, and what it says. */
function follow(base: string, secret: string, given: Given & { readonly unreadMax?: number } = {}) {
  const said: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => said.push(String(text)) > 0);
  vi.stubEnv("DYLIVE_LANG", "en");
  const { unreadMax = 0, ...rest } = given;
  const lines: { readonly room: number; readonly seq: number; readonly text: string }[] = [];
  const stop = new AbortController();
  const clock = new FakeClock();
  const state = { taking: Promise.resolve() as Promise<void>, writes: 0 };
  const output = {
    unreadMax,
    write: async (text: string) => {
      state.writes++;
      await state.taking;
      lines.push(...text.split("\n").map((line) => JSON.parse(line)));
    },
  };
  const ended = new EventLines({ base, secret, rooms: ["98765"], asked: {}, output, clock, stop: stop.signal, ...rest }).run();
  ended.catch(() => {});
  onTestFinished(async () => {
    stop.abort();
    await ended.catch(() => {});
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });
  const seqs = () => lines.map(({ seq }) => seq);
  const end = async () => {
    stop.abort();
    await ended;
  };
  return { lines, seqs, said, clock, state, ended, end };
}

/** A server that can be started again over the same store, at the same port. */
async function restarting() {
  const store: Store = openSqliteStore({ path: ":memory:" });
  const { token } = await createToken(store.tokens, { name: "t", scope: "read", now: Date.now() });
  const start = (port?: number) =>
    serveApi({ clock: systemClock, replace: () => ({ ...store, close: async () => {} }), ...(port && { port }) });
  return { store, token, start, first: await start() };
}

const chats = (from: number, to: number, text = "x") =>
  Array.from({ length: to - from + 1 }, (_, at) => chat(text, { id: String(7_100_000_000_000_000_000n + BigInt(from + at)) }));

it("keeps the position behind what was read for certain, and begins there again: each line at least once", async () => {
  const server = await serveLive();
  const { room, append } = await server.room();
  await append(...chats(1, 10));
  const { token, id } = await server.makeToken();
  const kept = () => server.store.positions.get(subscriptionPosition({ id }, "archive"));
  const asked = { name: "archive", after: "0" };
  // Two lines and a half may lie in the pipe.
  const length = JSON.stringify((await server.store.log.readRoom(room, 0, 10)).events[4]).length;
  const first = follow(server.url, token, { asked, unreadMax: length * 2.5 });
  await until(() => first.lines.length === 10);
  await first.clock.advance(1_000);
  expect(await until(kept)).toBe(7);
  await first.end();
  const second = follow(server.url, token, { asked });
  await until(() => second.lines.length === 3);
  expect(second.seqs()).toEqual([8, 9, 10]);
  // Stopped, it keeps what was read without waiting for its turn.
  await second.end();
  expect(await kept()).toBe(10);
  await append(...chats(11, 12));
  const third = follow(server.url, token, { asked });
  await until(() => third.lines.length === 2);
  expect(third.seqs()).toEqual([11, 12]);
  expect(third.said.join("")).toContain(`room ${room} is followed`);
});

it("ends when another command goes on under its name, which misses nothing by it", async () => {
  const server = await serveLive();
  const { append } = await server.room();
  await append(...chats(1, 3));
  const older = follow(server.url, server.token, { asked: { name: "a", after: "0" } });
  await until(() => older.lines.length === 3);
  const newer = follow(server.url, server.token, { asked: { name: "a" } });
  await until(() => newer.lines.length === 3);
  await append(...chats(4, 6));
  await until(() => older.lines.length === 6 && newer.lines.length === 6);
  await older.clock.advance(1_000);
  await expect(older.ended).rejects.toMatchObject({
    code: "in_use",
    message: expect.stringContaining("another command goes on as a, so this one ends"),
  });
  // Nothing that the older one has read is taken from the newer one.
  await newer.end();
  await append(...chats(7, 7));
  const third = follow(server.url, server.token, { asked: { name: "a" } });
  await until(() => third.lines.length > 0);
  expect(third.seqs()).toEqual([7]);
});

it("does not move the position when the disk has not taken the lines, and ends", async () => {
  const server = await serveLive();
  const { append } = await server.room();
  await append(...chats(1, 2));
  const { token, id } = await server.makeToken();
  const lines: string[] = [];
  const output = {
    unreadMax: 0,
    write: async (text: string) => void lines.push(text),
    sync: async () => {
      throw new DyliveError("file_failed", "the output cannot be written: the disk failed");
    },
  };
  const one = follow(server.url, token, { asked: { name: "a", after: "0" }, output });
  await until(() => lines.length > 0);
  await one.clock.advance(1_000);
  await expect(one.ended).rejects.toMatchObject({ code: "file_failed" });
  expect(await server.store.positions.get(subscriptionPosition({ id }, "a"))).toBe(0);
});

it("ends without a word when nobody reads any more, with the position where the reader was", async () => {
  const server = await serveLive();
  const { append } = await server.room();
  const { token, id } = await server.makeToken();
  await append(...chats(1, 3));
  const { state, lines, said, ended } = follow(server.url, token, { asked: { name: "a", after: "0" } });
  await until(() => lines.length === 3);
  state.taking = Promise.reject(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  state.taking.catch(() => {});
  await append(...chats(4, 5));
  await ended;
  expect(await server.store.positions.get(subscriptionPosition({ id }, "a"))).toBe(3);
  expect(said.join("")).not.toMatch(/EPIPE|ended/);
});

it("holds back the server while its reader is slow, is cut off, and goes on without a miss or a double", async () => {
  const server = await serveLive({ limits: { maxQueuedBytes: 65_536 } });
  const { append } = await server.room();
  const { lines, seqs, state, clock } = follow(server.url, server.token, { asked: { after: "0" } });
  await append(...chats(1, 1));
  await until(() => lines.length === 1);
  let take = () => {};
  state.taking = new Promise((resolve) => (take = resolve));
  await append(...chats(2, 2));
  await until(() => state.writes === 2);
  let last = 2;
  const text = "弹".repeat(20_000);
  while (server.live.counts().cutForSlowness === 0) {
    await append(...chats(last + 1, last + 20, text));
    last += 20;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  // One message is being written, whatever has come since.
  expect(state.writes).toBe(2);
  take();
  await until(async () => {
    await clock.advance(10_000);
    return lines.length >= last;
  });
  expect(seqs()).toEqual(Array.from({ length: last }, (_, at) => at + 1));
});

it("says what was removed before it came there", async () => {
  const server = await serveLive();
  const { room, append } = await server.room();
  await append(...chats(1, 6));
  await server.store.log.remove(room, 1, 4, "retention");
  const { seqs, said } = follow(server.url, server.token, { asked: { after: "0" } });
  await until(() => seqs().length === 2);
  expect(said.join("")).toContain(`room ${room}: seqs 1 to 4 are missing: they are no longer kept`);
});

it("ends with a revoked token, and at once with a wrong one, a wrong room, and where no server is", async () => {
  const server = await serveLive();
  await server.room();
  const { token, id } = await server.makeToken();
  const one = follow(server.url, token);
  await until(() => one.said.length > 0);
  await revokeToken(server.store, id, 1);
  await expect(one.ended).rejects.toMatchObject({ code: "bad_token" });
  await expect(follow(server.url, token).ended).rejects.toMatchObject({
    code: "bad_token",
    message: expect.stringContaining("unknown or revoked"),
  });
  await expect(follow(server.url, server.token, { rooms: ["nobody"] }).ended).rejects.toMatchObject({ code: "not_found" });
  await expect(follow(server.url, server.token, { asked: { types: ["cat"] } }).ended).rejects.toMatchObject({ code: "bad_request" });
  await expect(follow("http://127.0.0.1:9", server.token).ended).rejects.toMatchObject({ code: "bad_config" });
});

it("goes on without a room that is deleted, and ends with the last of those that were named", async () => {
  const { api, tell, tokens, store, clock } = await serveApi();
  const [gone, kept] = [await tell("98765", chat("1")), await tell("22222", chat("1"))];
  const named = follow(api.url, tokens.read, { asked: { after: "0" } });
  const all = follow(api.url, tokens.read, { asked: { after: "0" }, rooms: [] });
  // What follows within the same turn of the server's clock is written in the next.
  const turned = async (isSo: () => boolean) => {
    await clock.advance(50);
    return isSo();
  };
  await until(() => turned(() => named.lines.length === 1 && all.lines.length === 2));
  await store.deletions.ofRoom(gone);
  await clock.advance(15_000);
  await expect(named.ended).rejects.toMatchObject({ code: "not_found", message: expect.stringContaining("98765") });
  expect(all.said.join("")).toContain(`room ${gone} was deleted`);
  await tell("22222", chat("2"));
  await until(() => turned(() => all.lines.length === 3));
  await tell("33333", chat("3"));
  await until(() => turned(() => all.lines.length === 4));
  expect(all.lines.at(-2)).toMatchObject({ room: kept, seq: 2 });
});

it("goes on at a server that was started again, and follows the rooms that come, from their beginning", async () => {
  const { token, start, first } = await restarting();
  await first.tell("98765", chat("1"));
  const { lines, said, clock } = follow(first.api.url, token, { rooms: [], asked: { after: "0" } });
  await until(() => lines.length === 1);
  await first.tell("22222", chat("of another"));
  await until(() => lines.length === 2);
  await first.api.close();
  await first.tell("98765", chat("while it was away"));
  await start(first.api.port);
  await until(async () => {
    await clock.advance(10_000);
    return lines.length === 3;
  });
  expect(lines.map(({ text }) => text)).toEqual(["1", "of another", "while it was away"]);
  expect(said.filter((line) => /the connection to .* ended .*trying again/.test(line))).toHaveLength(1);
});
