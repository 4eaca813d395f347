// Guards: A sidecar writes each event once beside the recording that it belongs to, and touches nothing that is not its own.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { SaxesParser } from "saxes";
import { afterEach, describe, expect, it } from "vitest";
import type { LiveEvent, NewEvent } from "../../src/events/event.js";
import { exportPieces } from "../../src/exports/export.js";
import { momentIn, NamePattern } from "../../src/exports/recording-time.js";
import { Sidecar, type SidecarOptions } from "../../src/exports/sidecar.js";
import { gapEvent } from "../../src/ingest/intake.js";
import type { Msg } from "../../src/runtime/msg.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { FakeClock } from "../clock.js";
import { chat, chats, gift, userOf } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { useFolders } from "../store/directory.js";

const newFolder = useFolders();
const SIGNAL = new AbortController().signal;
/** 2024-11-25 20:00:00 in Shanghai, before these tests were made: what a disk says of when a file was made is of no use. */
const EIGHT = Date.UTC(2024, 10, 25, 12);
const SHANGHAI = 480;
const STATE = ".dylive-sidecar-1.json";
const stores: Store[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

/** A time as recorders write it, in Shanghai, with signs between its parts. */
const stamp = (at: number, between = "-", middle = "_") => {
  const [day = "", time = ""] = momentIn(SHANGHAI, at).split(" ");
  return `${day.replaceAll("-", between)}${middle}${time.replaceAll(":", between)}`;
};

/** A folder, a recorder that writes into it, and a room's log, at one time. */
async function opened(options: Partial<SidecarOptions> = {}) {
  const clock = new FakeClock(EIGHT);
  const store = openSqliteStore({ path: ":memory:", clock });
  stores.push(store);
  const { room, append } = await claimed(store);
  const folder = options.folder ?? newFolder();
  const told: string[] = [];
  /** @param meanwhile called, and waited for, when a file is begun and nothing is in it yet */
  const open = (change: Partial<SidecarOptions> = {}, log: Store["log"] = store.log, meanwhile: () => unknown = () => {}) =>
    Sidecar.open(
      {
        store: { ...store, log, rooms: store.rooms, sessions: store.sessions, secrets: store.secrets },
        exported: async function* (plan, signal) {
          await meanwhile();
          yield* bytesOf(exportPieces({ log, comments: store.comments }, plan, signal));
        },
        ...{ clock, tell: (line: Msg) => told.push(String(line)) },
      },
      {
        ...{ folder, room, stateFile: STATE, formats: ["xml", "ass", "srt", "jsonl"], pattern: new NamePattern(null), zone: SHANGHAI },
        ...{ offsetMs: 0, quietMs: 60_000, ...options, ...change },
      },
    );
  let count = 0;
  /** Says something at this time, or at another. */
  const say = async (at = clock.now(), change: Partial<NewEvent> = {}) => {
    const number = ++count;
    const made =
      number % 5 === 0
        ? gift(`g${number}`, `combo${number}`, 1, 1, true)
        : chat(`74234117364528${10_000 + number}`, { text: `第${number}句`, segments: [] });
    const event = { ...made, time: at, receivedAt: at + 120, user: { ...userOf(`${number}`), nickname: "观众" }, ...change };
    await append(event as NewEvent);
  };
  /** Writes into a film as recorders do. */
  const grow = (name: string, size = 1000) => {
    appendFileSync(join(folder, name), Buffer.alloc(size, 71));
    utimesSync(join(folder, name), clock.now() / 1000, clock.now() / 1000);
  };
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  const files = () =>
    readdirSync(folder)
      .filter((name) => !name.startsWith("."))
      .sort();
  return { ...{ clock, store, room, append, folder, told, open, say, grow, read, files } };
}

async function* bytesOf(pieces: ReturnType<typeof exportPieces>) {
  for await (const { bytes } of pieces) yield bytes;
}

/** The chats and gifts of an xml, by the id of whoever they are of, with their place in the recording, ms; it fails where it is not well-formed. */
function placesIn(xml: string): ReadonlyMap<string, number> {
  const parser = new SaxesParser();
  const found = new Map<string, number>();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    const { uid, p, ts } = attributes as Record<string, string>;
    if (name !== "d" && name !== "gift") return;
    expect(found.has(uid ?? "")).toBe(false);
    found.set(uid ?? "", Math.round(Number(p?.split(",")[0] ?? ts) * 1000));
  });
  parser.write(xml).close();
  return found;
}

/** The times in a text, ms. */
const timesIn = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(
    ([, h, m, s, rest = ""]) => ((Number(h) * 60 + Number(m)) * 60 + Number(s)) * 1000 + Number(rest.padEnd(3, "0")),
  );

const PARTS = 3;

describe("a broadcast in parts, named by the time of the first and a number", () => {
  const partMs = 31_000;

  it("has each event of the log once beside its recordings, to the second, whatever stops the command on the way", async () => {
    const { clock, store, room, folder, say, grow, read, told, open } = await opened();
    let sidecar = await open();
    const films = Array.from({ length: PARTS }, (_, part) => `主播_${stamp(EIGHT)}_00${part}`);
    for (let second = 0; second < (PARTS * partMs) / 1000; second++) {
      if (second % 3 === 0) await say(clock.now() + (second % 7) * 90);
      const part = Math.floor((second * 1000) / partMs);
      // What is left is written when the next one begins.
      if (second > 0 && (second * 1000) % partMs === 0) grow(`${films[part - 1]}.ts`);
      grow(`${films[part]}.ts`);
      await clock.advance(1000);
      if (second % 15 === 2) await sidecar.look(SIGNAL);
      // Ended at any time, also in the middle of a file: the next one goes on.
      if (second % 41 === 20) sidecar = await open();
      if (second % 41 === 35) {
        let reads = second % 4;
        const failing = new Proxy(store.log, {
          get: (log, key) => {
            if (key === "read" && reads-- <= 0) throw Object.assign(new Error("killed"), { code: "KILLED" });
            const value = Reflect.get(log, key) as unknown;
            return typeof value === "function" ? (value.bind(log) as unknown) : value;
          },
        });
        await (await open({}, failing)).look(SIGNAL).catch(() => {});
        sidecar = await open();
      }
      if (second % 60 === 30) for (const film of films) if (existsSync(join(folder, `${film}.xml`))) placesIn(read(`${film}.xml`));
    }
    for (const ms of [10_000, 70_000, 20_000]) {
      await clock.advance(ms);
      await sidecar.look(SIGNAL);
    }

    const log: LiveEvent[] = [];
    for (let after = 0, more = true; more; ) {
      const page = await store.log.readRoom(room, after, 1000);
      log.push(...page.events);
      after = page.scanned;
      more = after < page.head;
    }
    expect(log.length).toBeGreaterThan((PARTS * partMs) / 3500);
    for (const [part, film] of films.entries()) {
      const [from, to] = [EIGHT + part * partMs, EIGHT + (part + 1) * partMs];
      const own = log.filter(({ time }) => time >= from && (part === PARTS - 1 || time < to));
      const wanted = new Map(own.map((event) => [("user" in event && event.user?.id) || "", event.time - from]));
      // Where only the first part's time is in the names, the others begin where the one before was written last.
      expect([...placesIn(read(`${film}.xml`))].sort()).toEqual([...wanted].sort());
      const places = [...wanted.values()].sort((a, b) => a - b);
      const inAss = timesIn(read(`${film}.ass`), /^Dialogue: 0,(\d+):(\d+):(\d+)\.(\d+),/gm);
      const inSrt = timesIn(read(`${film}.srt`), /^(\d+):(\d+):(\d+),(\d+) -->/gm);
      expect(inAss).toEqual(places.map((ms) => Math.floor(ms / 10) * 10));
      expect(inSrt).toEqual(places);
      const lines = read(`${film}.jsonl`).trimEnd().split("\n");
      expect(lines.map((line) => (JSON.parse(line) as LiveEvent).seq)).toEqual(own.map(({ seq }) => seq));
      expect(readFileSync(join(folder, `${film}.ts`)).equals(Buffer.alloc(partMs + (part < PARTS - 1 ? 1000 : 0), 71))).toBe(true);
    }
    expect(readdirSync(folder).filter((one) => /part$/.test(one))).toEqual([]);
    expect(told.filter((line) => /cannot|stays/.test(line)).filter((line) => !line.includes("KILLED"))).toEqual([]);
  });
});

describe("a recording", () => {
  const FILM = `主播_${stamp(EIGHT)}`;

  it("that is converted when it is finished keeps its beginning and its end, and so does one that gets another name", async () => {
    const { clock, folder, say, grow, read, open, told } = await opened();
    const sidecar = await open();
    for (let n = 0; n < 10; n++) {
      grow(`${FILM}.flv`);
      await say();
      await clock.advance(5000);
      await sidecar.look(SIGNAL);
    }
    await clock.advance(120_000);
    await sidecar.look(SIGNAL);
    const before = read(`${FILM}.xml`);
    expect(placesIn(before).size).toBe(10);
    await say();
    // The conversion is written beside it, and then the first one is removed.
    grow(`${FILM}.mp4`, 500);
    await sidecar.look(SIGNAL);
    await clock.advance(5000);
    grow(`${FILM}.mp4`, 500);
    rmSync(join(folder, `${FILM}.flv`));
    for (const look of [1, 2, 3]) {
      await clock.advance(5000 * look);
      await (look === 2 ? await open() : sidecar).look(SIGNAL);
    }
    expect(read(`${FILM}.xml`)).toBe(before);
    renameSync(join(folder, `${FILM}.mp4`), join(folder, "精彩.mp4"));
    await clock.advance(5000);
    await sidecar.look(SIGNAL);
    expect(read("精彩.xml")).toBe(before);
    expect(readdirSync(folder).filter((name) => name.startsWith(FILM))).toEqual([]);
    expect(told).toContainEqual(`${FILM}.mp4: is 精彩.mp4 now`);
  });

  it("that grows on after a pause is not finished; what comes late is written where it belongs", async () => {
    const { clock, say, grow, read, open } = await opened();
    const sidecar = await open();
    const look = async (ms: number) => {
      await clock.advance(ms);
      await sidecar.look(SIGNAL);
    };
    grow(`${FILM}.flv`);
    await say();
    await look(5000);
    await say(); // while nothing is written
    await look(100_000);
    expect(placesIn(read(`${FILM}.xml`)).size).toBe(1);
    grow(`${FILM}.flv`);
    await look(5000);
    expect(placesIn(read(`${FILM}.xml`)).size).toBe(2);
    await look(100_000);
    await say(EIGHT + 60_000); // stored late, after the store was away
    await look(20_000);
    expect([...placesIn(read(`${FILM}.xml`)).values()]).toEqual([0, 5000, 60_000]);
    await say(); // of no recording
    await look(20_000);
    expect(placesIn(read(`${FILM}.xml`)).size).toBe(3);
  });

  it("in whose time events were read before it was known has these", async () => {
    const { clock, folder, say, read, open } = await opened();
    let sidecar = await open();
    const look = async (ms: number) => {
      await clock.advance(ms);
      await sidecar.look(SIGNAL);
    };
    await look(1000);
    // A recorder brings it from another place when it is whole.
    await clock.advance(1_000_000);
    const film = `late_${stamp(clock.now())}`;
    for (let n = 0; n < 3; n++) {
      await say();
      await look(10_000);
    }
    const end = clock.now();
    await look(200_000);
    sidecar = await open();
    writeFileSync(join(folder, `${film}.flv`), "whole");
    utimesSync(join(folder, `${film}.flv`), end / 1000, end / 1000);
    await look(5000);
    expect([...placesIn(read(`${film}.xml`)).values()]).toEqual([0, 10_000, 20_000]);
  });

  it("that is recorded anew under its name is another one", async () => {
    const { clock, folder, say, grow, read, open } = await opened();
    let sidecar = await open();
    const look = async (ms: number) => {
      await clock.advance(ms);
      await sidecar.look(SIGNAL);
    };
    const record = async () => {
      for (let n = 0; n < 4; n++) {
        grow("live.mkv");
        await sidecar.look(SIGNAL);
        await say();
        await clock.advance(5000);
      }
      await look(100_000);
      return [...placesIn(read("live.xml")).keys()];
    };
    await look(1000);
    expect(await record()).toEqual(["1", "2", "3", "4"]);
    rmSync(join(folder, "live.mkv"));
    await look(5000);
    sidecar = await open();
    await look(5000);
    expect(await record()).toEqual(["5", "6", "7", "8"]);
    // Written over: the same file begins again.
    writeFileSync(join(folder, "live.mkv"), "");
    await look(5000);
    expect(await record()).toEqual(["9", "10", "11", "12"]);
  });

  it("that was finished and converted while nobody looked is as long as it says", async () => {
    const { clock, folder, say, grow, read, open } = await opened();
    for (let n = 0; n < 10; n++) {
      if (n < 2) grow(`${FILM}.flv`);
      if (n === 1) await (await open()).look(SIGNAL);
      await say();
      await clock.advance(5000);
    }
    rmSync(join(folder, `${FILM}.flv`));
    const header = Buffer.alloc(108);
    header.writeUInt32BE(108, 0);
    header.write("mvhd", 4);
    header.writeUInt32BE(1000, 20);
    header.writeUInt32BE(32_000, 24);
    const moov = Buffer.alloc(8);
    moov.writeUInt32BE(116, 0);
    moov.write("moov", 4);
    await clock.advance(600_000);
    writeFileSync(join(folder, `${FILM}.mp4`), Buffer.concat([moov, header]));
    utimesSync(join(folder, `${FILM}.mp4`), clock.now() / 1000, clock.now() / 1000);
    await (await open()).look(SIGNAL);
    expect([...placesIn(read(`${FILM}.xml`)).values()]).toEqual([0, 5000, 10_000, 15_000, 20_000, 25_000, 30_000]);
  });

  it("is moved by an offset, and none of its events is lost to the next one", async () => {
    const { clock, say, grow, read, open } = await opened({ offsetMs: -3000 });
    const sidecar = await open();
    const next = `主播_${stamp(EIGHT + 60_000)}`;
    for (let second = 0; second < 120; second += 5) {
      grow(`${second < 60 ? FILM : next}.flv`);
      await say();
      await clock.advance(5000);
      await sidecar.look(SIGNAL);
    }
    await clock.advance(100_000);
    await sidecar.look(SIGNAL);
    const [first, second] = [placesIn(read(`${FILM}.xml`)), placesIn(read(`${next}.xml`))];
    // The first one was said before the film shows anything.
    expect([...first.values()]).toEqual([2000, 7000, 12_000, 17_000, 22_000, 27_000, 32_000, 37_000, 42_000, 47_000, 52_000, 57_000]);
    expect([...second.values()].slice(0, 2)).toEqual([2000, 7000]);
    expect(first.size + second.size).toBe(23);
  });

  it("whose room missed something, or was not watched, says so", async () => {
    const { clock, room, append, say, grow, read, open, told } = await opened();
    const sidecar = await open();
    const about = { sessionId: null, webRid: "98765" };
    const [second, third] = [`主播_${stamp(EIGHT + 70_000)}`, `主播_${stamp(EIGHT + 140_000)}`];
    await say();
    for (let now = 0; now < 210; now += 5) {
      grow(`${now < 70 ? FILM : now < 140 ? second : third}.flv`);
      await clock.advance(5000);
      // From 20:00:30 to 20:02:45, over the whole of the second.
      if (now === 160) await append(gapEvent(room, about, EIGHT + 30_000, EIGHT + 165_000, "the network failed <&>"));
      await sidecar.look(SIGNAL);
    }
    await clock.advance(100_000);
    await sidecar.look(SIGNAL);
    for (const film of [FILM, second, third]) {
      expect(read(`${film}.xml`)).toContain(
        '<gap from="2024-11-25T12:00:30.000Z" to="2024-11-25T12:02:45.000Z" reason="the network failed &lt;&amp;&gt;"/>',
      );
      placesIn(read(`${film}.xml`));
      expect(read(`${film}.ass`)).toMatch(/^; 2024-11-25 20:00:30\.000: 135秒内没有收到数据/m);
    }
    expect(read(`${FILM}.srt`)).toMatch(/00:00:30,000 --> 00:00:34,000\r\n135秒内没有收到数据/);
    expect(read(`${second}.srt`)).toMatch(/^1\r\n00:00:00,000 --> 00:00:04,000\r\n135秒/);
    const ends = told.filter((line) => line.includes("finished at"));
    expect(ends.findLast((line) => line.startsWith(second))).toMatch(/for 70 s of it nothing was received; nothing is stored of its time/);
    expect(ends.findLast((line) => line.startsWith(FILM))).toMatch(/for 40 s of it nothing was received$/);
  });

  it("has nobody else's file replaced, and ours again when it was removed", async () => {
    const { clock, folder, say, grow, read, open, told } = await opened();
    grow(`${FILM}.flv`);
    writeFileSync(join(folder, `${FILM}.xml`), "the recorder's own");
    await say();
    const sidecar = await open();
    await clock.advance(120_000);
    await sidecar.look(SIGNAL);
    expect(read(`${FILM}.xml`)).toBe("the recorder's own");
    expect(told).toContainEqual(expect.stringMatching(/\.xml: is there and not of this command/));
    const before = read(`${FILM}.ass`);
    rmSync(join(folder, `${FILM}.ass`));
    await (await open()).look(SIGNAL);
    expect(read(`${FILM}.ass`)).toBe(before);
    expect(read(`${FILM}.xml`)).toBe("the recorder's own");
  });

  it("keeps what is beside it when the store no longer has its events", async () => {
    const { clock, store, room, say, grow, read, open, told } = await opened();
    const sidecar = await open();
    grow(`${FILM}.flv`);
    await say();
    await say();
    await clock.advance(100_000);
    await sidecar.look(SIGNAL);
    const before = read(`${FILM}.xml`);
    await store.log.remove(room, 1, 1, "retention");
    grow(`${FILM}.flv`);
    await say();
    await clock.advance(100_000);
    await sidecar.look(SIGNAL);
    expect(read(`${FILM}.xml`)).toBe(before);
    expect(told).toContainEqual(expect.stringContaining("stays as it is"));
  });

  it("may be read by the same people as what is beside it, and is never written", async () => {
    const { clock, folder, say, grow, open } = await opened();
    grow(`${FILM}.flv`);
    await say();
    await clock.advance(100_000);
    const before = statSync(join(folder, `${FILM}.flv`));
    await (await open()).look(SIGNAL);
    const after = statSync(join(folder, `${FILM}.flv`));
    expect([after.mtimeMs, after.ctimeMs, after.ino, after.size]).toEqual([before.mtimeMs, before.ctimeMs, before.ino, before.size]);
    expect(statSync(join(folder, `${FILM}.xml`)).mode & 0o777).toBe(before.mode & 0o666);
  });
});

describe("a folder", () => {
  it("has what was recorded before, in folders in it too, and only what a pattern takes", async () => {
    const { clock, append, folder, say, read, files, open, grow } = await opened({ pattern: new NamePattern("主播_*") });
    await say();
    for (const day of ["今天", "别的"]) mkdirSync(join(folder, day));
    grow(join("今天", `主播_${stamp(EIGHT)}.flv`));
    grow(join("别的", `别人_${stamp(EIGHT)}.flv`));
    writeFileSync(join(folder, "notes.txt"), "");
    await clock.advance(5 * 3_600_000);
    await append(...chats(2500).map((event) => ({ ...event, time: clock.now(), receivedAt: clock.now() }) as NewEvent));
    expect(await (await open()).look(SIGNAL)).toBe(true);
    expect(placesIn(read(join("今天", `主播_${stamp(EIGHT)}.xml`)))).toEqual(new Map([["1", 0]]));
    expect(readdirSync(join(folder, "别的"))).toHaveLength(1);
    expect(files()).toEqual(["notes.txt", "今天", "别的"].sort());
  });

  it.each(["gone", "empty"])("that is %s for a while, as one whose disk is away, is gone on with when that is back", async (how) => {
    const { clock, folder, say, grow, read, open, told } = await opened();
    const film = `主播_${stamp(EIGHT)}`;
    const sidecar = await open();
    grow(`${film}.flv`);
    await say();
    await sidecar.look(SIGNAL);
    renameSync(folder, `${folder}-disk`);
    if (how === "empty") mkdirSync(folder);
    for (const ms of [10_000, 90_000]) {
      await clock.advance(ms);
      expect(await sidecar.look(SIGNAL)).toBe(how === "empty");
    }
    expect(told.filter((line) => line.includes("cannot be read"))).toHaveLength(how === "empty" ? 0 : 1);
    rmSync(folder, { recursive: true, force: true });
    renameSync(`${folder}-disk`, folder);
    await say();
    grow(`${film}.flv`);
    await clock.advance(90_000);
    expect(await sidecar.look(SIGNAL)).toBe(true);
    expect(placesIn(read(`${film}.xml`)).size).toBe(2);
  });

  it("of programs has nothing written beside them, and one of films that were brought there nothing guessed", async () => {
    const { clock, folder, files, open, told, grow } = await opened();
    writeFileSync(join(folder, "a 2024-11-25 20-00-00.ts"), "export const a = 1;");
    grow("b.ts");
    await clock.advance(100_000);
    await (await open()).look(SIGNAL);
    expect(files()).toEqual(["a 2024-11-25 20-00-00.ts", "b.ts"]);
    expect(told).toEqual([expect.stringContaining("b.ts: nothing tells when it began")]);
  });

  it("whose state leads elsewhere, or is damaged, leads nowhere", async () => {
    const { clock, folder, say, grow, open, told } = await opened();
    const film = `主播_${stamp(EIGHT)}`;
    grow(`${film}.flv`);
    await say();
    await (await open()).look(SIGNAL);
    const outside = newFolder();
    const state = JSON.parse(readFileSync(join(folder, STATE), "utf8")) as { recordings: { name: string; isDue: boolean }[] };
    for (const name of [join(outside, "a"), join("..", "b"), "x/../../c"])
      state.recordings.push({ ...state.recordings[0], name, isDue: true } as (typeof state.recordings)[number]);
    writeFileSync(join(folder, STATE), JSON.stringify(state));
    await clock.advance(100_000);
    await (await open()).look(SIGNAL);
    expect([...readdirSync(outside), ...readdirSync(join(folder, "..")).filter((name) => /^[bc]\./.test(name))]).toEqual([]);
    told.length = 0;
    const kept = JSON.parse(readFileSync(join(folder, STATE), "utf8")) as { recordings: object[] };
    const changed = (change: object) => JSON.stringify({ ...kept, recordings: [{ ...kept.recordings[0], ...change }] });
    const damages = ["", '{"recordings":3}', changed({ own: null }), changed({ startMs: 9e20 }), changed({ own: { xml: 3 } })];
    for (const damaged of damages) {
      writeFileSync(join(folder, STATE), damaged);
      await (await open()).look(SIGNAL);
      expect(readFileSync(join(folder, `${STATE}.damaged`), "utf8")).toBe(damaged);
    }
    expect(told.filter((line) => line.includes("is damaged: it is"))).toHaveLength(damages.length);
  });

  it("has nothing written, renamed or removed where a link leads", async () => {
    const { clock, folder, say, grow, open } = await opened();
    const film = `主播_${stamp(EIGHT)}`;
    mkdirSync(join(folder, "day"));
    grow(join("day", `${film}.flv`));
    await say();
    await (await open()).look(SIGNAL);
    const outside = newFolder();
    for (const name of ["victim", film, "another"]) writeFileSync(join(outside, `${name}.xml`), "theirs");
    const theirs = () => readdirSync(outside).map((name) => readFileSync(join(outside, name), "utf8"));
    symlinkSync(outside, join(folder, "ln"));
    const state = JSON.parse(readFileSync(join(folder, STATE), "utf8")) as { recordings: object[] };
    state.recordings.push({ ...state.recordings[0], name: join("ln", "victim"), isDue: true });
    writeFileSync(join(folder, STATE), JSON.stringify(state));
    await say();
    const sidecar = await open();
    await clock.advance(20_000);
    await sidecar.look(SIGNAL);
    expect(theirs()).toEqual(["theirs", "theirs", "theirs"]);
  });

  it("has files that a sidecar of a folder above writes at the same time, once and whole", async () => {
    const { clock, folder, say, grow, open, told } = await opened({ formats: ["xml"] });
    const [film, below] = [`主播_${stamp(EIGHT)}`, join(folder, "day")];
    mkdirSync(below);
    grow(join("day", `${film}.flv`));
    await say();
    await clock.advance(100_000);
    const inner = await open({ folder: below });
    const outer = await open({}, undefined, () => inner.look(SIGNAL));
    expect([await outer.look(SIGNAL), outer.figures.trouble]).toEqual([true, null]);
    expect(told).toContainEqual(expect.stringMatching(/\.xml: is there and not of this command/));
    expect(readdirSync(below).filter((name) => !name.startsWith(".dylive-sidecar"))).toEqual([`${film}.flv`, `${film}.xml`]);
  });

  it("has the files of a recording with a long name, but for those whose own names are too long", async () => {
    const { clock, folder, say, grow, open, told } = await opened();
    const long = `${stamp(EIGHT)}_${"长".repeat(77)}`; // 251 bytes; names have 255 at most
    grow(`${long}.flv`);
    await say();
    await clock.advance(100_000);
    expect(await (await open()).look(SIGNAL)).toBe(false);
    expect(readdirSync(folder).filter((one) => !one.startsWith("."))).toEqual(
      [".ass", ".flv", ".srt", ".xml"].map((ending) => long + ending),
    );
    expect(told).toContainEqual(expect.stringMatching(/\.jsonl cannot be written: its name is too long/));
  });
});
