// Guards: highlights are the striking minutes of a broadcast, with the words and gifts of each.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../simulator/random.js";
import type { NewEvent } from "../../src/events/event.js";
import { highlightFile } from "../../src/exports/highlights.js";
import { inLanguage } from "../../src/i18n/words.js";
import type { Msg } from "../../src/runtime/msg.js";
import { highlightsOf, stretchesOf } from "../../src/statistics/highlights.js";
import { catchUp } from "../../src/statistics/reader.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { emptyTotals, type Minute } from "../../src/store/statistics.js";
import type { Store } from "../../src/store/store.js";
import { chat, gift, join, person } from "../http/events.js";
import { plainWords } from "./plain-words.js";

const MINUTE = 60_000;
const FIRST = 29_333_333;
const SESSION = "7300000000000000019";

/** Returns a number by Poisson's distribution: what comes of people who act independently of each other. */
function poisson(random: Random, mean: number): number {
  let count = -1;
  for (let left = mean; left > 0; count++) left += Math.log(1 - random.unit());
  return Math.max(0, count);
}

/** Returns a broadcast of three hours that fills and empties slowly, with some minutes in which there are four times as many chats as then are usual. */
function broadcast(seed: number): { minutes: Minute[]; planted: readonly number[] } {
  const random = new Random(`highlights/${seed}`);
  const planted = [20, 65, 66, 130].map((minute) => minute + random.int(0, 10));
  const minutes = Array.from({ length: 180 }, (_, n): Minute => {
    const usual = 20 + 30 * Math.sin((n / 180) * Math.PI);
    const totals = emptyTotals();
    totals.types = { chat: poisson(random, planted.includes(n) ? usual * 4 : usual), join: poisson(random, usual), stats: 12 };
    // A few people give now and then, mostly little.
    for (let i = poisson(random, 3); i > 0; i--) totals.diamonds += BigInt(random.pick([1, 1, 1, 2, 10, 20, 52]));
    return { minute: FIRST + n, totals, firstSeq: n * 1000 + 1 };
  });
  return { minutes, planted };
}

describe("highlights of 100 seeded broadcasts", () => {
  it("are the planted peaks, all of them, and hardly anything else", () => {
    let others = 0;
    for (let seed = 0; seed < 100; seed++) {
      const { minutes, planted } = broadcast(seed);
      const found = stretchesOf(minutes);
      const isIn = (minute: number) =>
        found.some(
          ({ from, to, peaks }) =>
            from <= (FIRST + minute) * MINUTE && (FIRST + minute) * MINUTE < to && peaks.some(({ kind }) => kind === "chat"),
        );
      expect(
        planted.filter((minute) => !isIn(minute)),
        `seed ${seed}`,
      ).toEqual([]);
      others += found.filter(({ from, to }) => !planted.some((n) => from <= (FIRST + n) * MINUTE && (FIRST + n) * MINUTE < to)).length;
    }
    // Of 54,000 minutes that were looked at.
    expect(others).toBeLessThanOrEqual(10);
  });

  it("are none in a broadcast that only fills, nor in one that is too short to tell", () => {
    const rising = Array.from({ length: 120 }, (_, n): Minute => {
      const totals = { ...emptyTotals(), types: { chat: 5 + n, join: 2 * n } };
      return { minute: FIRST + n, totals, firstSeq: n + 1 };
    });
    expect(stretchesOf(rising)).toEqual([]);
    const short = rising.slice(0, 9).map((one, n) => ({ ...one, totals: { ...one.totals, types: { chat: n === 4 ? 500 : 5 } } }));
    expect(stretchesOf(short)).toEqual([]);
  });
});

it("are files in which no name ends a line or begins a field", async () => {
  const peaks = [{ kind: "gift" as const, minute: 0, value: 500, usual: 3, score: 9 }];
  const gifts = [{ id: "1", name: "火|C:箭\r\n002  001\u202e", units: 1, diamonds: 500 }];
  const one = { at: 61_500, exact: true, from: 0, to: MINUTE, firstSeq: 1, score: 9, peaks, words: [], gifts };
  const about = {
    title: "a|M:b\u2028c",
    startMs: 0,
    offsetMs: 0,
    fps: 30,
    zoneMinutes: 0,
    headers: "names" as const,
    inWords: (said: Msg) => inLanguage("en", said),
  };
  const title = "500 diamonds in a minute (usually 3) · 火 C:箭 002  001";
  expect(await highlightFile([one], "chapters", about)).toBe(`00:00:00 a M:b c\n00:01:01 ${title}\n`);
  expect(await highlightFile([one], "edl", about)).toContain(`00:01:01:15 00:01:01:16\n |C:ResolveColorBlue |M:${title} |D:1\n`);
  // What was before the recording is in no file of places but the table, which leaves its place empty.
  expect(await highlightFile([one], "chapters", { ...about, startMs: 61_501 })).toBe("00:00:00 a M:b c\n");
  expect((await highlightFile([one], "csv", { ...about, startMs: 61_501 })).split("\r\n")[1]).toMatch(
    /^,"?1970-01-01 00:01:01.500"?,true,9,/,
  );
});

describe("highlights of a room", () => {
  let store: Store;
  let room: number;
  const burst = (FIRST + 30) * MINUTE + 37_000;

  beforeAll(async () => {
    store = openSqliteStore({ path: ":memory:" });
    room = await store.rooms.ensure([{ kind: "web_rid", value: "11" }], { webRid: "11" });
    const epoch = await store.rooms.claim(room);
    const events: NewEvent[] = [];
    const say = (text: string, time: number) =>
      events.push(
        chat(text, { id: `c${events.length}`, sessionId: SESSION, user: person({ id: String(events.length) }), time, receivedAt: time }),
      );
    for (let n = 0; n < 60; n++) {
      for (let i = 0; i < 6; i++) say(`你好 主播 ${i}`, (FIRST + n) * MINUTE + i * 10_000);
      events.push(join({ id: `j${n}`, sessionId: SESSION, time: (FIRST + n) * MINUTE, receivedAt: (FIRST + n) * MINUTE }));
      if (n === 30) for (let i = 0; i < 60; i++) say(i % 2 === 0 ? "绝杀 [玫瑰]" : "主播 绝杀", burst + i * 250);
    }
    const given = (FIRST + 45) * MINUTE + 12_000;
    const rocket = { id: "9", name: "嘉年华", icon: null };
    events.push(
      gift(1, {
        id: "g",
        comboId: "g",
        sessionId: SESSION,
        gift: rocket,
        unitDiamonds: 30_000,
        diamonds: 30_000,
        time: given,
        receivedAt: given,
      }),
    );
    events.sort((a, b) => a.time - b.time);
    await store.log.append([{ room, epoch, events }]);
    await catchUp(store, plainWords);
  });
  afterAll(() => store.close());

  it("begin with the burst, and tell its words and gifts", async () => {
    const found = await highlightsOf(store, room, SESSION, { limit: 10 });
    expect(found).toMatchObject([
      { at: burst, exact: true, from: (FIRST + 30) * MINUTE, peaks: [{ kind: "chat", value: 66, usual: 6 }], gifts: [] },
      {
        at: (FIRST + 45) * MINUTE + 12_000,
        exact: true,
        peaks: [{ kind: "gift", value: 30_000, usual: 0 }],
        gifts: [{ name: "嘉年华", units: 1, diamonds: 30_000 }],
      },
    ]);
    // 主播 and 你好 are said all the time.
    expect(found[0]?.words.map(({ text }) => text)).toEqual(["绝杀", "[玫瑰]"]);
  });

  it("are the most striking ones in order of time, and of the kinds that are asked for", async () => {
    const ask = async (more: object) =>
      (await highlightsOf(store, room, SESSION, { limit: 10, ...more })).map(({ peaks }) => peaks[0]?.kind);
    expect(await ask({})).toEqual(["chat", "gift"]);
    expect(await ask({ limit: 1 })).toHaveLength(1);
    expect(await ask({ kinds: ["gift"] })).toEqual(["gift"]);
    expect(await ask({ kinds: ["join"] })).toEqual([]);
  });

  it("are still known by their minutes when the events are gone, and say so", async () => {
    const { head } = (await store.log.heads([room])).get(room) ?? { head: 0 };
    await store.log.remove(room, 1, head, "retention");
    const found = await highlightsOf(store, room, SESSION, { limit: 10 });
    expect(found).toMatchObject([
      { at: (FIRST + 30) * MINUTE, exact: false, words: [], peaks: [{ value: 66 }] },
      { at: (FIRST + 45) * MINUTE, exact: false, gifts: [] },
    ]);
  });
});
