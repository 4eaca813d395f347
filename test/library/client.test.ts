// Guards: The client gives each event once and in order over cuts and restarts, refuses wrong options at once, and verifies webhooks.
import { connect as connectTo, createServer, type Server, type Socket } from "node:net";
import { Webhook } from "standardwebhooks";
import { EventSource } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { ApiFailure, DyliveClient, type FollowOptions, verifyWebhook } from "../../src/client.js";
import { systemClock } from "../../src/runtime/clock.js";
import { newSecret, signed } from "../../src/webhooks/send.js";
import { chat, gift } from "../contracts/events.js";
import { serveApi } from "../http/api-server.js";

const WAYS = ["websocket", "sse", "eventsource", "poll"] as const;
type Way = (typeof WAYS)[number];

/** What stands between a client and its server: it breaks connections, and leads to another server when it is told to. */
class Between {
  readonly url: string;
  to: string;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, to: string) {
    this.url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    this.to = to;
    server.on("connection", (socket) => {
      const there = connectTo(Number(new URL(this.to).port), "127.0.0.1");
      for (const [one, other] of [
        [socket, there],
        [there, socket],
      ] as const) {
        this.#sockets.add(one);
        one.on("error", () => {});
        one.on("close", () => {
          this.#sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
    onTestFinished(() => {
      this.cut();
      server.close();
    });
  }

  static async before(to: string): Promise<Between> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Between(server, to);
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Lets nothing through on the connections that there are, as when a cable is drawn. */
  hold(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }
}

/** A client by one way, whose pauses between tries take no time. */
function clientOf(
  url: string,
  token: string,
  way: Way,
  silenceMs?: number,
): { client: DyliveClient; by: NonNullable<FollowOptions["by"]> } {
  const sleep = async (_ms: number, signal: AbortSignal) => {
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
  };
  const source = way === "eventsource" ? { EventSource } : {};
  const client = new DyliveClient({ url, token, sleep, silenceMs, WebSocket, ...source });
  return { client, by: way === "eventsource" ? "sse" : way };
}

const chats = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => chat(`c${from + i}`, { text: `${from + i}` }));

describe.each(WAYS)("a stream by %s", (way) => {
  it("gives each event once and in order, over cuts, a restart and a removed range", async () => {
    const first = await serveApi({ clock: systemClock });
    const { store, tokens } = first;
    const between = await Between.before(first.api.url);
    const room = await first.tell("98765", ...chats(1, 20));
    const { client, by } = clientOf(between.url, tokens.read, way);
    const removed: unknown[] = [];
    let opened = 0;
    const stream = client.follow("98765", {
      by,
      after: "0",
      onRemoved: (range) => removed.push(range),
      onState: ({ open }) => {
        if (open) opened++;
      },
    });
    const seqs: number[] = [];
    for await (const { seq } of stream) {
      seqs.push(seq);
      if (seq === 7 || seq === 13) between.cut();
      if (seq === 20) {
        between.cut();
        await first.api.close();
        await first.tell(room, ...chats(21, 60));
        // Nobody was told of these.
        await store.log.remove(room, 1, 40, "retention");
        const second = await serveApi({ clock: systemClock, replace: () => store });
        between.to = second.api.url;
        await first.tell(room, ...chats(61, 70));
      }
      if (seq === 70) await first.tell(room, ...chats(71, 75));
      if (seq === 75) break;
    }
    expect(seqs).toEqual([...Array.from({ length: 20 }, (_, i) => i + 1), ...Array.from({ length: 35 }, (_, i) => i + 41)]);
    // A cursor says how far its reader is in the log, not in a range that is gone.
    expect(removed).toEqual([{ room, from: 1, to: 40 }]);
    // Between two requests of a poll no connection is missed.
    expect(opened).toBeGreaterThan(way === "poll" ? 0 : 1);
  });

  it("passes on what people write, whatever signs are in it", async () => {
    const { api, tell, tokens } = await serveApi({ clock: systemClock });
    const texts = ["a\u2028b", "c\u2029d", "e\u0085f", "data: g\n\ndata: h", "\ud83d\ude00\u202e"];
    await tell("98765", ...texts.map((text, n) => chat(`sign${n}`, { text })));
    const { client, by } = clientOf(api.url, tokens.read, way);
    const seen: string[] = [];
    for await (const event of client.follow("98765", { by, after: "0", types: ["chat"] })) {
      seen.push(event.text);
      if (seen.length === texts.length) break;
    }
    expect(seen).toEqual(texts);
  });

  it("goes on where its cursor says, whatever that came by; of the types and the filter that were asked for", async () => {
    const { api, tell, tokens } = await serveApi({ clock: systemClock });
    await tell("98765", ...chats(1, 6), gift("g", "c", 3, 3), ...chats(8, 9));
    await tell("55555", ...chats(1, 3));
    const { client, by } = clientOf(api.url, tokens.read, way);
    let cursor: string | null = null;
    const stream = client.follow("98765", { by, after: "0", types: ["chat"] });
    expect(stream.cursor).toBe("0");
    for await (const { seq } of stream) {
      ({ cursor } = stream);
      if (seq === 4) break;
    }
    for (const other of WAYS) {
      const { client: next, by: nextBy } = clientOf(api.url, tokens.read, other);
      const got: number[] = [];
      const options = { by: nextBy, types: ["chat", "gift"], filter: 'type == "gift" || text != "5"' } as const;
      for await (const { seq } of next.follow("98765", { ...options, ...(cursor !== null && { after: cursor }) }))
        if (got.push(seq) === 4) break;
      expect(got).toEqual([6, 7, 8, 9]);
    }
  });

  it("begins now without a cursor, and ends quietly with its signal", async () => {
    const { api, tell, tokens } = await serveApi({ clock: systemClock });
    const room = await tell("98765", ...chats(1, 3));
    const { client, by } = clientOf(api.url, tokens.read, way);
    const stop = new AbortController();
    const seqs: number[] = [];
    const onState = ({ open }: { readonly open: boolean }) => {
      if (open) void tell(room, ...chats(4, 5));
    };
    for await (const { seq } of client.follow("98765", { by, signal: stop.signal, onState })) if (seqs.push(seq) === 2) stop.abort();
    expect(seqs).toEqual([4, 5]);
    for await (const _ of client.follow("98765", { by, signal: stop.signal })) throw new Error("given after the abort");
  });

  it("says what another try would not mend", async () => {
    const { api, store, tell, token, tokens } = await serveApi({ clock: systemClock });
    const room = await tell("98765", ...chats(1, 3));
    const failureOf = async (work: (one: ReturnType<typeof clientOf>) => AsyncIterable<unknown>, by = tokens.read) => {
      try {
        for await (const _ of work(clientOf(api.url, by, way)));
      } catch (error) {
        expect(error).toBeInstanceOf(ApiFailure);
        return error as ApiFailure;
      }
      throw new Error("it was not refused");
    };
    expect(await failureOf(({ client, by }) => client.follow("98765", { by }), "none")).toMatchObject({ code: "bad_token", status: 401 });
    expect(await failureOf(({ client, by }) => client.follow("nobody", { by }))).toMatchObject({ code: "not_found" });
    const other = Buffer.from("v1/1/anotherlog").toString("base64url");
    const reset = await failureOf(({ client, by }) => client.follow("98765", { by, after: other }));
    expect(reset).toMatchObject({ code: "cursor_reset", oldest: expect.stringMatching(/^dj/), newest: expect.stringMatching(/^dj/) });
    // A token that is revoked while the stream runs.
    const given = await token({ name: "soon gone" });
    const revoked = await failureOf(async function* ({ client, by }) {
      for await (const event of client.follow("98765", { by, after: "0" })) {
        yield event;
        if (event.seq === 3) {
          const row = (await store.tokens.list()).find(({ name }) => name === "soon gone");
          await store.tokens.revoke(row?.id ?? "", Date.now());
          await tell(room, ...chats(4, 4));
        }
      }
    }, given);
    expect(revoked).toMatchObject({ code: "bad_token", retryable: false });
  });
});

describe.each(["websocket", "sse"] as const)("a stream by %s", (way) => {
  it("is opened again when nothing is heard of the server, which may be away without a word", async () => {
    const { api, tell, tokens } = await serveApi({ clock: systemClock });
    const between = await Between.before(api.url);
    const room = await tell("98765", ...chats(1, 3));
    const { client, by } = clientOf(between.url, tokens.read, way, 300);
    const seqs: number[] = [];
    for await (const { seq } of client.follow("98765", { by, after: "0" })) {
      seqs.push(seq);
      if (seq === 3) {
        between.hold();
        await tell(room, ...chats(4, 5));
      }
      if (seq === 5) break;
    }
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
  });
});

describe("a client", () => {
  it("follows many rooms over one connection, and goes on in each", async () => {
    const { api, tell, tokens } = await serveApi({ clock: systemClock });
    const between = await Between.before(api.url);
    const rooms = ["111", "222", "333"];
    for (const room of rooms) await tell(room, ...chats(1, 5));
    for (const way of ["websocket", "sse"] as const) {
      const { client, by } = clientOf(between.url, tokens.read, way);
      const stream = client.follow(rooms, { by, after: "0" });
      const seen: string[] = [];
      for await (const { room, seq } of stream) {
        seen.push(`${room}:${seq}`);
        if (seen.length === 4 || seen.length === 9) between.cut();
        if (seen.length === 15) break;
      }
      expect(new Set(seen).size, seen.join()).toBe(15);
    }
  });

  it.each(WAYS)("goes on by %s with the rooms that are left after one was deleted, and ends with the last", async (way) => {
    const beats: (() => void)[] = [];
    const every = (ms: number, call: () => void) => {
      if (ms !== 15_000) return systemClock.every(ms, call);
      beats.push(call);
      return () => {};
    };
    const { api, tell, tokens, store } = await serveApi({ clock: { ...systemClock, every } });
    const { client, by } = clientOf(api.url, tokens.read, way);
    const names = way === "poll" ? ["222"] : ["111", "222"];
    const keys = new Map<string, number>();
    for (const name of ["111", "222"]) keys.set(name, await tell(name, chat(`${name}c`)));
    const remove = async (name: string) => {
      await store.deletions.ofRoom(keys.get(name) ?? 0);
      for (const beat of beats) beat();
    };
    const gone: unknown[] = [];
    const seen: string[] = [];
    const follow = async () => {
      const onGone = (room: { readonly asked: string }) => {
        gone.push(room);
        if (room.asked === "111") void tell("222", chat("222next"));
      };
      for await (const { id } of client.follow(names, { by, after: "0", onGone })) {
        seen.push(id);
        if (seen.length === names.length) await remove(way === "poll" ? "222" : "111");
        if (id === "222next") await remove("222");
      }
    };
    await expect(follow()).rejects.toMatchObject({ code: "not_found", status: 404, retryable: false });
    const told = ["111", "222"].map((asked) => ({ asked, room: keys.get(asked) }));
    expect([seen.toSorted(), gone]).toEqual(way === "poll" ? [["222c"], told.slice(1)] : [["111c", "222c", "222next"], told]);
  });

  it("says at once which option or name cannot be, and repeats no token", async () => {
    const url = "http://127.0.0.1:1";
    const refused = (options?: unknown) => {
      try {
        return new DyliveClient(options as ConstructorParameters<typeof DyliveClient>[0]);
      } catch (error) {
        expect(error).toBeInstanceOf(ApiFailure);
        return error as ApiFailure;
      }
    };
    for (const options of [undefined, null, {}, { url: 8787, token: "t" }, { url: "ftp://x/", token: "t" }])
      expect(refused(options)).toMatchObject({ code: "bad_request", field: "url", retryable: false });
    expect(String(refused({ url: "http://me:hunter2@127.0.0.1:1", token: "t" }))).not.toContain("hunter2");
    for (const token of [undefined, "", "令牌", "secret\n"]) {
      const failure = refused({ url, token });
      expect(failure).toMatchObject({ code: "bad_token", field: "token", retryable: false });
      if (token) expect(String(failure)).not.toContain(token.trim());
    }
    const client = new DyliveClient({ url, token: "t" });
    for (const rooms of [100000002 as unknown as string, [], "", [""]])
      expect(() => client.follow(rooms)).toThrow(expect.objectContaining({ code: "bad_request", field: "rooms" }));
  });

  it("says at once which value an option does not take", async () => {
    const base = { url: "http://127.0.0.1:1", token: "t" };
    const client = new DyliveClient(base);
    const call = [null, 5, "x", {}];
    const choice = { types: [null, "chat", [], [5]], user: [null, 5, ""], minDiamonds: [null, -1, Number.NaN, "5"], filter: [null, 5, ""] };
    const read = { ...choice, signal: call, after: [null, 5, ""], limit: [0, 2001, "5"], wait: [-1, 61, 0.5], lmit: [5] };
    const follow = { ...choice, signal: call, after: [null, 5, ""], by: [null, "pol"], onRemoved: call, onGone: call, onState: call };
    const make = { fetch: call, WebSocket: call, EventSource: call, sleep: call, silenceMs: [null, 0, Number.NaN, 2 ** 31, "5"] };
    const wrong: readonly (readonly [call: (options: object) => unknown, Readonly<Record<string, readonly unknown[]>>])[] = [
      [(options) => new DyliveClient({ ...base, ...options }), make],
      [(options) => client.read("1", options), read],
      [(options) => client.follow("1", options), follow],
    ];
    for (const [ask, options] of wrong)
      for (const [name, values] of Object.entries(options))
        for (const value of values)
          await expect((async () => ask({ [name]: value }))(), `${name} ${String(value)}`).rejects.toMatchObject({
            ...{ code: "bad_request", field: name, retryable: false },
            message: expect.stringMatching(new RegExp(`${name} takes .*, not |there is no option ${name}; there are `)),
          });
    expect(() => client.follow("1", { by: "pol" as "poll" })).toThrow('by takes websocket, sse or poll, not "pol"');
    expect(() => client.follow(["1", "2"], { by: "poll" })).toThrow("one room, not 2");
    await expect(client.read("1", null as unknown as object)).rejects.toMatchObject({ code: "bad_request", field: "options" });
  });

  it("reads pages, and says what cannot be", async () => {
    const { api, tell, tokens } = await serveApi({ clock: systemClock });
    await tell("98765", ...chats(1, 5), gift("g", "c", 3, 3));
    const { client } = clientOf(api.url, tokens.read, "poll");
    const { events, more, next } = await client.read("98765", { types: ["chat"], after: "0", limit: 2 });
    expect([events.map(({ text }) => text), more]).toEqual([["1", "2"], true]);
    expect((await client.read("98765", { after: next, filter: "delta > 2" })).events).toHaveLength(1);
    await expect(client.read("98765", { filter: "delta >" })).rejects.toMatchObject({ code: "bad_request", field: "filter", position: 7 });
    const stream = client.follow("98765", { by: "poll", after: "0" });
    for await (const _ of stream) {
      await expect(stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({ message: "A loop over these events runs already" });
      break;
    }
    const away = new DyliveClient({ url: "http://127.0.0.1:1", token: "t" });
    await expect(away.read("98765")).rejects.toMatchObject({ code: "offline", status: 0, retryable: true });
  });
});

describe("verifyWebhook", () => {
  const NOW = 1_764_060_000_000;
  const secret = newSecret();
  const body = JSON.stringify({ hook: "h", log: "l", room: 7, from: 1, to: 1, events: [{ ...chat("c1", { text: "你好" }), seq: 1 }] });
  const headers = signed({ secret, old: null }, "h_7_1-1_l", body, NOW);

  it("takes what dylive and others sign, however headers and body are given", async () => {
    const { room, events } = await verifyWebhook(secret, headers, body, NOW);
    expect([room, events[0]?.type]).toEqual([7, "chat"]);
    expect(await verifyWebhook(secret, new Headers(headers), new TextEncoder().encode(body), NOW + 300_000)).toMatchObject({ room: 7 });
    const others = new Webhook(secret).sign("m1", new Date(NOW), body);
    const named = { "webhook-id": "m1", "webhook-timestamp": String(NOW / 1000), "webhook-signature": `v2,AAAA v1,%% ${others}` };
    expect(await verifyWebhook(secret, named, body, NOW)).toMatchObject({ hook: "h" });
    // For a day after a rotation.
    const fresh = newSecret();
    const both = signed({ secret: fresh, old: { secret, until: NOW + 1 } }, "m2", body, NOW);
    for (const one of [fresh, secret]) expect(await verifyWebhook(one, both, body, NOW)).toMatchObject({ hook: "h" });
  });

  it.each<[string, Record<string, string>, string, number]>([
    ["another body", headers, body.replace("你好", "您好"), NOW],
    ["another id", { ...headers, "webhook-id": "h_7_1-2_l" }, body, NOW],
    ["another time", { ...headers, "webhook-timestamp": String(NOW / 1000 + 1) }, body, NOW],
    ["an old message", headers, body, NOW + 301_000],
    ["one of the future", headers, body, NOW - 301_000],
    ["no signature", { ...headers, "webhook-signature": "" }, body, NOW],
    ["another's", signed({ secret: newSecret(), old: null }, "h_7_1-1_l", body, NOW), body, NOW],
    ["none of the headers", {}, body, NOW],
    ["what is signed and no JSON", signed({ secret, old: null }, "m3", "hello", NOW), "hello", NOW],
  ])("refuses %s", async (_what, given, text, now) => {
    await expect(verifyWebhook(secret, given, text, now)).rejects.toMatchObject({
      code: "bad_signature",
      hint: expect.stringContaining("401"),
    });
  });

  it.each(["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])("says that %j is no secret", async (wrong) => {
    await expect(verifyWebhook(wrong, headers, body, NOW)).rejects.toMatchObject({ code: "bad_secret" });
  });
});
