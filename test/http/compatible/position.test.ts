// Guards: a client of the compatible interface goes on after what it was given, nothing lost and nothing twice.
import { request as httpRequest } from "node:http";
import { describe, expect, it, vi } from "vitest";
import { systemClock } from "../../../src/runtime/clock.js";
import { until } from "../../until.js";
import { chat, stats } from "../events.js";
import { type ChatServer, SESSION, serveChat } from "./chat-server.js";

const texts = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `${from + i}`);
const chats = (from: number, to: number) => texts(from, to).map((text) => chat(text));

/** Starts to read an answer and cuts the connection when the first bytes are there. */
function breakOff(served: ChatServer, query: Record<string, string | number>): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(served.url({ token: served.reader, room_id: "123", ...query }), (response) => {
      response.once("data", () => {
        response.pause();
        request.destroy();
        resolve();
      });
    });
    request.on("error", reject);
    request.end();
  });
}

/** Numbers that long texts begin with. */
const numbersOf = (texts: readonly unknown[]) => texts.map((text) => Number.parseInt(String(text), 10));

/** Texts of all that is left, by as many answers as their bytes take. */
async function allOf(served: ChatServer): Promise<readonly string[]> {
  const all: string[] = [];
  for (;;) {
    const texts = (await served.get({ limit: 2000 })).texts as readonly string[];
    if (texts.length === 0) return all;
    all.push(...texts);
  }
}

describe("a token's position", () => {
  it("begins at the newest `limit` events and then gives what is new, in order", async () => {
    const { get, add } = await serveChat();
    await add(...chats(1, 10));
    expect((await get({ limit: 3 })).texts).toEqual(["8", "9", "10"]);
    expect((await get()).texts).toEqual([]);
    await add(...chats(11, 15));
    expect((await get({ limit: 2 })).texts).toEqual(["11", "12"]);
    expect((await get()).texts).toEqual(["13", "14", "15"]);
  });

  it("is one per token, client and room", async () => {
    const { get, add, tell, manager } = await serveChat();
    await add(...chats(1, 2));
    expect((await get()).texts).toEqual(["1", "2"]);
    expect((await get({ client: "a" })).texts).toEqual(["1", "2"]);
    expect((await get({ client: "b" })).texts).toEqual(["1", "2"]);
    expect((await get({ client: "a" })).texts).toEqual([]);
    manager.say(await tell("456", chat("other room")), "live");
    expect((await get({ room_id: "456" })).texts).toEqual(["other room"]);
  });

  it("is shared by the forms of room_id; what a 19-digit id hides is passed over", async () => {
    const { get, add } = await serveChat();
    await add(chat("first"));
    expect((await get()).texts).toEqual(["first"]);
    await add(chat("old", { sessionId: "7000000000000000009" }), chat("new"));
    expect((await get({ room_id: SESSION })).texts).toEqual(["new"]);
    expect((await get()).texts).toEqual([]);
  });

  it("is saved before the next call is answered", async () => {
    const { get, add, holdPositions } = await serveChat();
    await add(...chats(1, 3));
    const release = holdPositions();
    expect((await get()).texts).toEqual(["1", "2", "3"]);
    let answered = false;
    const second = get().then((answer) => {
      answered = true;
      return answer;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(answered).toBe(false);
    release();
    expect((await second).texts).toEqual([]);
  });

  it("stays when it cannot be saved: the answer is given again, and the log says so", async () => {
    const { get, add, setPosition, lines } = await serveChat();
    await add(...chats(1, 3));
    setPosition.mockRejectedValueOnce(new Error("disk full")).mockRejectedValueOnce(new Error("disk full"));
    expect((await get()).texts).toEqual(["1", "2", "3"]);
    expect((await get()).texts).toEqual(["1", "2", "3"]);
    expect(lines.some((line) => line.includes("disk full") && line.includes("reqId"))).toBe(true);
    expect((await get()).texts).toEqual(["1", "2", "3"]);
    expect((await get()).texts).toEqual([]);
  });

  it("does not move with an answer that broke off", async () => {
    const served = await serveChat();
    await served.get(); // goes on from here: a first call begins at the newest, as far as an answer's bytes reach
    // Far more than the sockets' buffers take, so that the answer cannot have been handed over when the client goes.
    const long = "长".repeat(10_000);
    await served.add(...Array.from({ length: 300 }, (_, i) => chat(`${i}${long}`)));
    await breakOff(served, { limit: 2000 });
    expect(numbersOf(await allOf(served))).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });
});

describe("wait=", () => {
  it("answers as soon as there is something to show, passing over the rest", async () => {
    const { get, add, clock, store } = await serveChat();
    const read = vi.spyOn(store.log, "read");
    await get();
    const waiting = get({ wait: 60 });
    await until(() => clock.sleeping > 0);
    const reads = read.mock.calls.length;
    await add(stats());
    await until(() => read.mock.calls.length > reads && clock.sleeping > 0);
    await clock.advance(59_000);
    await add(chat("now"));
    expect((await waiting).texts).toEqual(["now"]);
  });

  it("ends with [] when its time is over, and what was hidden stays passed over", async () => {
    const { get, add, clock, positions, store } = await serveChat();
    const read = vi.spyOn(store.log, "read");
    const waiting = get({ wait: 5 });
    await until(() => clock.sleeping > 0);
    const reads = read.mock.calls.length;
    await add(stats(), stats());
    await until(() => read.mock.calls.length > reads && clock.sleeping > 0);
    await clock.advance(5_000);
    const answer = await waiting;
    expect(answer.text).toBe('{"code":200,"data":[],"msg":"success"}');
    await get();
    expect(await positions()).toEqual([2]);
  });

  it("misses nothing that comes while it looks", async () => {
    const { get, add } = await serveChat({ clock: systemClock });
    await get();
    const got: unknown[] = [];
    const reader = (async () => {
      while (got.length < 300) got.push(...(await get({ wait: 10 })).texts);
    })();
    for (const text of texts(1, 300)) {
      await add(chat(text));
      if (Number(text) % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await reader;
    expect(got).toEqual(texts(1, 300));
  });

  it("is ended by a newer call of the same token, client and room, which answers instead", async () => {
    const { get, add, clock, positions } = await serveChat();
    await get();
    const older = get({ wait: 60 });
    await until(() => clock.sleeping > 0);
    const other = get({ wait: 60, client: "other" });
    const cursor = get({ wait: 60, cursor: 0 });
    await until(() => clock.sleeping > 2);
    const newer = get({ wait: 60 });
    expect((await older).texts).toEqual([]);
    await add(chat("for all that wait"));
    expect((await newer).texts).toEqual(["for all that wait"]);
    expect((await other).texts).toEqual(["for all that wait"]);
    expect((await cursor).texts).toEqual(["for all that wait"]);
    await get();
    expect(await positions()).toEqual([1, 1]);
  });
});
