import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { RoomScenario } from "../../simulator/index.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { ran, scratch, serving } from "../e2e/command.js";
import { programOf } from "../store/child/spawn.js";
import { measured } from "./measured.js";
import type { ReaderOrders, ReadersSeen } from "./soak-readers.js";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Length of the run; `SOAK_MINUTES` takes another. With less than ten there is a tenth of the rooms, and slopes say too little to be judged. */
const MINUTES = Number(process.env["SOAK_MINUTES"] ?? 60);
const IS_JUDGED = MINUTES >= 10;
const ROOMS = IS_JUDGED ? 500 : 50;
/** Rooms whose messages fill every cache of a room within the warm-up: the 8,192 ids that are remembered of it, in 7 minutes. The others are calm. */
const BUSY = ROOMS / 50;
const BUSY_PER_S = 20;
/** Time before slopes are looked at, in minutes. */
const WARM_UP = Math.min(Math.max(MINUTES / 3, 8), MINUTES / 2);
const EVERY_MS = Math.max(2_000, (MINUTES * 60_000) / 720);

/** What may be more at the end of the time that is looked at than at its beginning, by the slope: less than a leak of 1 KB for each reader who came. */
const HEAP_GROWTH_MB = 4;
const RESIDENT_GROWTH_MB = 16;
/** Share of their median. */
const COUNT_GROWTH = 0.03;
const ROW_GROWTH = 0.15;

/**
 * A process of its own with the built simulator, which cuts the connections of a room every three seconds and begins another broadcast in a room every
 * half minute.
 */
const PLATFORM = `
const [, library, text] = process.argv;
const { startSimulator } = await import(library);
const rooms = JSON.parse(text);
const simulator = await startSimulator({ rooms, keep: 1000, seed: "soak" });
const any = () => rooms[Math.floor(Math.random() * rooms.length)].webRid;
setInterval(() => simulator.rooms.cut(any()), 3_000);
setInterval(() => simulator.rooms.restart(any()), 30_000);
console.log(simulator.url);
`;

interface Sample {
  /** Hours since the beginning. */
  readonly at: number;
  readonly heapMb: number;
  readonly residentMb: number;
  /** Open sockets, files and whatever else keeps the loop alive, but timers. */
  readonly handles: number;
  readonly timers: number;
  /** p99 of the event loop's delay since the sample before, ms. */
  readonly loopMs: number;
  readonly storeMb: number;
  readonly received: number;
  readonly stored: number;
  /** Messages that are not stored yet. */
  readonly waiting: number;
  /** Seconds by the longest time in each for which the loop was held, as counts up to a bound in seconds. */
  readonly held: ReadonlyMap<number, number>;
}

type Figure = Exclude<keyof Sample, "at" | "held">;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Slope of points by the median over all pairs of them (Theil and Sen): neither a peak nor the first and the last value decide it. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  return median(points.flatMap(([x, y], i) => points.slice(i + 1).flatMap(([u, v]) => (u === x ? [] : [(v - y) / (u - x)]))));
}

/** The lowest of each part of a curve: what is in use after garbage was collected. */
function floorOf(points: readonly (readonly [number, number])[], parts = 24): readonly (readonly [number, number])[] {
  const each = Math.max(1, Math.ceil(points.length / parts));
  return Array.from({ length: Math.ceil(points.length / each) }, (_, part) =>
    points.slice(part * each, (part + 1) * each).reduce((lowest, point) => (point[1] < lowest[1] ? point : lowest)),
  );
}

it("tells a slope from garbage that comes and goes, and from peaks", () => {
  const saw = (slope: number) =>
    Array.from({ length: 300 }, (_, i): [number, number] => [i / 300, 100 + (slope * i) / 300 + (i % 7) * 9 + (i % 97 === 0 ? 500 : 0)]);
  for (const slope of [0, 2, -5]) expect(Math.abs(slopeOf(floorOf(saw(slope))) - slope), `slope ${slope}`).toBeLessThan(0.5);
});

const LIMIT = { timeout: (MINUTES + 15) * 60_000 };
it(`${ROOMS} rooms, read in every way: nothing that the server holds grows, and readers are given each event once`, LIMIT, async () => {
  const dir = scratch();
  const env = {
    ...{ DYLIVE_DATA: dir.path, DYLIVE_PORT: "0", DYLIVE_LOG_LEVEL: "error" },
    ...{ DYLIVE_REQUESTS_PER_S: "1000", DYLIVE_CONNECTS_PER_S: "1000" },
  };
  const scenarios = Array.from({ length: ROOMS }, (_, n): RoomScenario => {
    const about = {
      webRid: String(400_000_000 + n),
      kind: "pk",
      state: "live",
      title: `room ${n}`,
      anchor: `a ${n}`,
      clubName: "c",
    } as const;
    return n < BUSY
      ? { ...about, viewers: 1000, load: BUSY_PER_S, everySeconds: { chat: 1, join: 1, like: 1, follow: 5, gift: 1 } }
      : { ...about, viewers: 20, everySeconds: { chat: 90, join: 120, like: 120, stats: 60 } };
  });
  const store = openSqliteStore({ path: `${dir.path}/dylive.sqlite` });
  const keys: number[] = [];
  for (const { webRid } of scenarios) {
    const room = await store.rooms.ensure([{ kind: "web_rid", value: webRid }], { webRid });
    await store.rooms.setWatch(room, "on");
    keys.push(room);
  }
  await store.close();

  const library = new URL("../../dist/simulator/index.js", import.meta.url).href;
  const platform = spawn(process.execPath, ["--input-type=module", "-e", PLATFORM, library, JSON.stringify(scenarios)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const upstream = String((await once(platform.stdout, "data"))[0]).trim();
  const token = (await ran(["token", "create", "--name", "soak", "--scope", "admin"], env)).stdout.trim();
  const { server, base } = await serving(env, ["--upstream", upstream]);
  const headers = { authorization: `Bearer ${token}` };
  const tenths = Array.from({ length: 10 }, (_, n) => keys.filter((_key, i) => i % 10 === n));
  const orders: ReaderOrders = {
    ...{ base, token },
    readers: [
      ...tenths.map((rooms) => ({ by: "sse" as const, rooms })),
      ...tenths.map((rooms) => ({ by: "websocket" as const, rooms })),
      ...keys.slice(0, 10).map((room) => ({ by: "poll" as const, rooms: [room] })),
    ],
  };
  const readers = fork(await programOf(at("soak-readers.ts")), [JSON.stringify(orders)]);
  try {
    const [port] = await once(readers, "message");
    const hook = await fetch(`${base}/v1/hooks`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ url: `http://127.0.0.1:${port}/`, types: ["*"], allowPrivate: true }),
    });
    expect(hook.status, await hook.text()).toBe(201);

    const samples: Sample[] = [];
    const began = Date.now();
    for (let next = began; samples.length === 0 || Date.now() - began < MINUTES * 60_000; ) {
      next += EVERY_MS;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - Date.now())));
      samples.push(await look(base, headers, (Date.now() - began) / 3_600_000));
    }
    readers.send("tell");
    const [seen] = (await once(readers, "message")) as [ReadersSeen];
    readers.kill("SIGKILL");
    const errors = server.stderr();
    server.process.kill("SIGTERM");
    const ended = await server.ended;

    const figures = new Figures(samples.filter((sample) => sample.at * 60 >= WARM_UP));
    const all = samples.at(-1);
    const said = [
      `${MINUTES} min with ${all?.received} messages; slopes of the last ${(figures.hours * 60).toFixed(0)} min, by the median over all pairs`,
      `heap ${figures.said("heapMb", "MB")}`,
      `resident ${figures.said("residentMb", "MB")}`,
      `messages that wait ${figures.said("waiting")}`,
      `handles ${figures.said("handles")}`,
      `timers ${figures.said("timers")}`,
      `event loop's delay, p99 of ${EVERY_MS / 1000} s, ${figures.said("loopMs", "ms")}; held for at most ${figures.heldMs(0.99)} ms in 99 % of the seconds, ${figures.heldMs(1)} ms in all`,
      `store ${figures.rowBytes(0, 1)} B an event (${figures.rowBytes(0, 0.5)} in the first half, ${figures.rowBytes(0.5, 1)} in the second)`,
      `30 readers came ${seen.connections} times and were given ${seen.events} events, a webhook ${seen.delivered}: each once, in order`,
    ].join("; ");
    console.log(said);
    if (IS_JUDGED) {
      measured(
        `${ROOMS} rooms on one server, ${BUSY} of them busy; cut now and then, broadcasts begun anew; SSE, WebSocket, polls, a webhook`,
        said,
      );
    }
    expect([ended, errors], "how it ended, and the errors that it told").toEqual([0, ""]);
    expect(seen.wrong).toEqual([]);
    expect([seen.connections > 30, seen.events > 1000, seen.delivered > 500], JSON.stringify(seen)).toEqual([true, true, true]);
    if (!IS_JUDGED) return;
    expect(figures.growth("heapMb"), said).toBeLessThan(HEAP_GROWTH_MB);
    expect(figures.growth("residentMb"), said).toBeLessThan(RESIDENT_GROWTH_MB);
    for (const figure of ["handles", "timers"] as const)
      expect(figures.growth(figure), said).toBeLessThan(COUNT_GROWTH * figures.median(figure) + 1);
    expect(figures.rowBytes(0.5, 1), said).toBeLessThan(figures.rowBytes(0, 0.5) * (1 + ROW_GROWTH));
  } finally {
    for (const child of [readers, platform, server.process]) child.kill("SIGKILL");
    await server.ended;
    dir.remove();
  }
});

/** Asks a server for what it tells of itself. */
async function look(base: string, headers: Readonly<Record<string, string>>, hours: number): Promise<Sample> {
  const text = await (await fetch(`${base}/metrics`, { headers })).text();
  const about = (await (await fetch(`${base}/v1/about`, { headers })).json()) as { readonly storeBytes: number };
  const all = [...text.matchAll(/^(\w+)(?:\{(.*?)\})? (\S+)$/gm)].map(([, name, labels = "", value]) => ({
    name,
    labels,
    value: Number(value),
  }));
  const sum = (name: string, labels = "") =>
    all.reduce((total, one) => total + (one.name === name && one.labels.includes(labels) ? one.value : 0), 0);
  const timers = sum("nodejs_active_resources", 'type="Timeout"');
  const held = all.flatMap(({ name, labels, value }): [number, number][] =>
    name === "dylive_event_loop_held_seconds_bucket" ? [[Number(/le="(.*?)"/.exec(labels)?.[1]?.replace("+Inf", "Infinity")), value]] : [],
  );
  return {
    at: hours,
    heapMb: sum("nodejs_heap_size_used_bytes") / 1e6,
    residentMb: sum("process_resident_memory_bytes") / 1e6,
    handles: sum("nodejs_active_resources_total") - timers,
    timers,
    loopMs: sum("nodejs_eventloop_lag_p99_seconds") * 1000,
    storeMb: about.storeBytes / 1e6,
    received: sum("dylive_received_messages_total"),
    stored: sum("dylive_events_total"),
    waiting: sum("dylive_waiting_messages"),
    held: new Map(held),
  };
}

/** What samples say together. */
class Figures {
  readonly #samples: readonly Sample[];

  constructor(samples: readonly Sample[]) {
    this.#samples = samples;
  }

  get hours(): number {
    return (this.#samples.at(-1)?.at ?? 0) - (this.#samples[0]?.at ?? 0);
  }

  median(figure: Figure): number {
    return median(this.#samples.map((sample) => sample[figure]));
  }

  slope(figure: Figure): number {
    const points = this.#samples.map((sample): [number, number] => [sample.at, sample[figure]]);
    return slopeOf(figure === "heapMb" ? floorOf(points) : points);
  }

  /** By how much it is more at the end than at the beginning. */
  growth(figure: Figure): number {
    return this.slope(figure) * this.hours;
  }

  said(figure: Figure, unit = ""): string {
    const slope = this.slope(figure);
    return `${this.median(figure).toFixed(0)} ${unit}, ${slope < 0 ? "" : "+"}${slope.toFixed(1)} ${unit} an hour`.replaceAll(/ +/g, " ");
  }

  /** Bytes by which the store grows with an event, in a part of the time. */
  rowBytes(from: number, to: number): number {
    const part = this.#samples.slice(Math.floor(from * this.#samples.length), Math.ceil(to * this.#samples.length));
    return Math.round(slopeOf(part.map(({ stored, storeMb }) => [stored, storeMb])) * 1e6);
  }

  /** Bound, in ms, for which the loop was held at most in a share of the seconds. */
  heldMs(share: number): number {
    const [first, last] = [this.#samples[0]?.held, this.#samples.at(-1)?.held];
    const counts = [...(last ?? [])].map(([bound, count]): [number, number] => [bound, count - (first?.get(bound) ?? 0)]);
    const all = counts.at(-1)?.[1] ?? 0;
    return (counts.find(([, count]) => count >= share * all)?.[0] ?? 0) * 1000;
  }
}
