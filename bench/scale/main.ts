import { Random } from "../../simulator/random.js";
import { claim } from "../claims.js";

// A cluster of collectors with 100,000 rooms, simulated second by second from what a frame, a room and an opening were measured to cost:
// nothing here is dylive. Each collector's main thread is one line in which frames wait; the databases are one capacity for all.
const quick = process.argv.includes("--quick");
const ROOMS = quick ? 5_000 : 100_000;

/**
 * Costs in s of a collector's main thread: of a frame and a message in it by `wide --database=postgres` with 300 rooms of one and of five messages
 * a second (2026-12-01), of a room by `wide` with 10,000 quiet rooms.
 */
const COST = {
  frame: 0.001,
  message: 0.000_05,
  /** A second of a room in which nothing comes: heartbeats, looks. */
  quietRoom: 0.000_021,
  /** A second of the process, whatever its rooms. */
  process: 0.04,
  opening: 0.03,
  /** Part of a frame's cost that taking it in is, where it waits. Assumed. */
  waiting: 0.5,
} as const;
/** Connections that a process opens in a second, as it is set. */
const OPENED_PER_S = 20;
/** s until the leases of a collector that is dead are over. */
const LEASE_S = 12;
/**
 * Costs of a collector in s of PostgreSQL's CPU time: of a frame while it has few; of a second and of a message when it has many, since they share
 * statements (by 600 rooms, which was more than it kept up with). `spare`: how much more of it there is than is wanted.
 */
const DATABASE = { frame: 0.000_85, second: 0.2, message: 0.000_06, spare: 1.5 } as const;
/** Bytes of an event in a frame that waits. */
const WAITING_BYTES = 900;

/** How much a room differs from others: the spread (σ) of the logarithm of its messages a second. Assumed. */
const SPREAD = 1.5;
/**
 * For so long, in so many of its times, so many times as much comes in a room as else: the one room of which a day is known had 2.5 messages
 * a second, and 93 in its busiest second.
 */
const BURST = { seconds: 10, share: 0.01, times: 30 } as const;

/** What happens, in s after all collectors were started at once. */
const PLAN = { settled: 420, death: 600, away: 900, back: 960, end: 1_800 } as const;

const SETTLED_S = PLAN.death - PLAN.settled;

/** What is asked of a number of collectors before it is called enough, s. */
const ENOUGH = { lag99: 1, connected: 300, drained: 300 } as const;

interface Came {
  /** s until all rooms were connected. */
  readonly connected: number;
  /** Share of a second that the main threads are busy: of all together, and of the busiest collector. */
  readonly busy: number;
  readonly busiest: number;
  readonly messagesPerS: number;
  /** Cores of PostgreSQL that are busy. */
  readonly databaseBusy: number;
  readonly databaseCores: number;
  /** Quantiles of s from a frame to the log in quiet times, and in the minute after a collector died. */
  readonly lag: { readonly p50: number; readonly p99: number; readonly p999: number };
  readonly lagAfterDeath: number;
  /** s until the last room of the dead collector was connected again. */
  readonly takenOver: number;
  /** s after the database was back until nothing waited any more; infinite where that did not come. */
  readonly drained: number;
  /** Bytes that waited in one collector at most; the memory for it has no bound here. */
  readonly held: number;
}

/** Counts delays by tenths of their logarithm. */
class Delays {
  readonly #counts = new Map<number, number>();
  #all = 0;

  add(seconds: number, count: number): void {
    const bucket = Math.ceil(20 * Math.log10(Math.max(seconds, 1e-4)));
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + count);
    this.#all += count;
  }

  /** @returns the s within which a share of them is */
  within(share: number): number {
    let seen = 0;
    for (const bucket of [...this.#counts.keys()].sort((a, b) => a - b)) {
      seen += this.#counts.get(bucket) ?? 0;
      if (seen >= share * this.#all) return 10 ** (bucket / 20);
    }
    return Number.NaN;
  }
}

/** What waits, of one second. */
interface Waiting {
  readonly at: number;
  events: number;
  work: number;
  /** s of PostgreSQL's. */
  database: number;
}

interface Collector {
  /** Rooms that are connected, and that are not yet. */
  readonly rooms: number[];
  readonly toOpen: number[];
  /** When its main thread is done with all that came, s. */
  doneAt: number;
  waiting: Waiting[];
  isAway: boolean;
  /** Work of the settled time, s. */
  work: number;
}

/** Lets a cluster go through the plan. @param perSecond mean of the messages of a room in a second */
function simulate(perSecond: number, collectors: number): Came {
  const random = new Random(`scale ${perSecond}`);
  const rates = ratesOf(random, perSecond);
  const calm = rates.map((rate) => Math.exp(-rate));
  const isBurst = new Uint8Array(ROOMS);
  const all: Collector[] = Array.from({ length: collectors }, () => ({
    ...{ rooms: [], toOpen: [], doneAt: 0, waiting: [], isAway: false, work: 0 },
  }));
  for (let room = 0; room < ROOMS; room++) all[room % collectors]?.toOpen.push(room);
  let [connected, takenOver, drained, held, events, database] = [0, 0, Number.POSITIVE_INFINITY, 0, 0, 0];
  const [lag, lagAfterDeath] = [new Delays(), new Delays()];
  const dead = all[0];
  for (let at = 0; at < PLAN.end && drained === Number.POSITIVE_INFINITY; at++) {
    if (at % BURST.seconds === 0) for (let room = 0; room < ROOMS; room++) isBurst[room] = random.chance(BURST.share) ? 1 : 0;
    if (at === PLAN.death + LEASE_S && dead !== undefined && all.length > 1) {
      all.shift();
      for (const [n, room] of dead.rooms.entries()) all[n % all.length]?.toOpen.push(room);
    }
    const isSettled = at >= PLAN.settled && at < PLAN.death;
    let stored = 0;
    for (const one of all) {
      if (at === PLAN.away) one.isAway = true;
      const isDead = one === dead && at >= PLAN.death;
      if (isDead) continue;
      let work = COST.process + COST.quietRoom * one.rooms.length;
      for (let n = 0; n < OPENED_PER_S && one.toOpen.length > 0 && work < 1; n++) {
        one.rooms.push(one.toOpen.pop() ?? 0);
        work += COST.opening;
        if (at < PLAN.death) connected = at;
        else takenOver = at - PLAN.death;
      }
      const came: Waiting = { at, events: 0, work: 0, database: 0 };
      let frames = 0;
      const { rooms } = one;
      if (rooms.length === 0 || one.isAway) one.doneAt = Math.max(one.doneAt, at) + work;
      for (let n = 0; n < rooms.length; n++) {
        const room = rooms[n] ?? 0;
        const arrived = at + n / rooms.length;
        if (!one.isAway) one.doneAt = Math.max(one.doneAt, arrived) + work / rooms.length;
        const messages = messagesOf(random, rates[room] ?? 0, calm[room] ?? 1, isBurst[room] === 1);
        if (messages === 0) continue;
        const cost = COST.frame + COST.message * messages;
        came.events += messages;
        came.work += cost;
        frames++;
        if (one.isAway) continue;
        one.doneAt = Math.max(one.doneAt, arrived) + cost;
        if (isSettled) lag.add(one.doneAt - arrived, messages);
        else if (at >= PLAN.death && at < PLAN.death + 60) lagAfterDeath.add(one.doneAt - arrived, messages);
      }
      came.database = Math.min(DATABASE.frame * frames, DATABASE.second + DATABASE.message * came.events);
      if (isSettled) {
        one.work += work + came.work;
        events += came.events;
        database += came.database;
      }
      if (!one.isAway) stored += came.database;
      else {
        one.doneAt += COST.waiting * came.work;
        one.waiting.push(came);
        held = Math.max(held, WAITING_BYTES * one.waiting.reduce((sum, waiting) => sum + waiting.events, 0));
      }
    }
    if (at < PLAN.back) continue;
    let left = coresFor(database) - stored;
    const waiting = all.filter(({ isAway }) => isAway);
    for (const [n, one] of waiting.entries()) left -= drain(one, at + 1, left / (waiting.length - n));
    if (waiting.every(({ isAway }) => !isAway)) drained = at + 1 - PLAN.back;
  }
  const seconds = SETTLED_S;
  const works = [...all, ...(dead === undefined || all.includes(dead) ? [] : [dead])].map(({ work }) => work / seconds);
  return {
    ...{ connected, takenOver, drained, held, messagesPerS: events / seconds },
    databaseBusy: database / seconds,
    databaseCores: coresFor(database),
    busy: works.reduce((sum, work) => sum + work, 0) / works.length,
    busiest: Math.max(...works),
    lag: { p50: lag.within(0.5), p99: lag.within(0.99), p999: lag.within(0.999) },
    lagAfterDeath: lagAfterDeath.within(0.99),
  };
}

/**
 * Stores what waits, in order, as far as a collector's main thread has time until `until` and PostgreSQL has `most` s of CPU time for it.
 * @returns the s that it took PostgreSQL
 */
function drain(one: Collector, until: number, most: number): number {
  let stored = 0;
  while (one.waiting.length > 0) {
    const [oldest] = one.waiting;
    if (oldest === undefined) break;
    const part = Math.min(1, Math.max(0, until - one.doneAt) / oldest.work, (most - stored) / oldest.database);
    if (oldest.events > 0 && part < 1) {
      if (part > 0) {
        stored += part * oldest.database;
        one.doneAt += part * oldest.work;
        oldest.events *= 1 - part;
        oldest.work *= 1 - part;
        oldest.database *= 1 - part;
      }
      return stored;
    }
    stored += oldest.database;
    one.doneAt += oldest.work;
    one.waiting.shift();
  }
  one.isAway = false;
  return stored;
}

/** Returns how much comes in each room else than in bursts, messages a second: few rooms have most of it. */
function ratesOf(random: Random, mean: number): Float64Array {
  const rates = new Float64Array(ROOMS).map(() => Math.exp(SPREAD * normal(random)));
  const scale = (mean * ROOMS) / rates.reduce((sum, rate) => sum + rate, 0) / (1 + BURST.share * (BURST.times - 1));
  return rates.map((rate) => scale * rate);
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
}

/** Returns the messages of one second. @param none the chance that none comes where there is no burst */
function messagesOf(random: Random, rate: number, none: number, isBurst: boolean): number {
  const mean = isBurst ? BURST.times * rate : rate;
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const least = isBurst ? Math.exp(-mean) : none;
  let product = random.unit();
  let messages = 0;
  while (product > least) {
    product *= random.unit();
    messages++;
  }
  return messages;
}

/** Returns whether all that is asked came. */
function isEnough({ connected, lag, lagAfterDeath, drained }: Came): boolean {
  return connected <= ENOUGH.connected && lag.p99 <= ENOUGH.lag99 && lagAfterDeath <= ENOUGH.lag99 && drained <= ENOUGH.drained;
}

/** Returns the fewest collectors that are enough, to one in 20, and what came of them. */
function fewest(perSecond: number): readonly [collectors: number, came: Came] {
  // Fewer have no time for the messages.
  let [few, enough] = [1, Math.max(2, Math.ceil((ROOMS * perSecond) / 4_000))];
  let came = simulate(perSecond, enough);
  while (!isEnough(came)) {
    if (enough >= ROOMS) throw new Error(`no number of collectors is enough for ${perSecond} messages a second`);
    [few, enough] = [enough, 2 * enough];
    came = simulate(perSecond, enough);
  }
  while (enough - few > Math.max(1, enough / 20)) {
    const half = (few + enough) >> 1;
    const tried = simulate(perSecond, half);
    if (isEnough(tried)) [enough, came] = [half, tried];
    else few = half;
  }
  return [enough, came];
}

/** Returns the cores of PostgreSQL that are given for what took it so many s in the settled time. */
function coresFor(database: number): number {
  return Math.ceil((DATABASE.spare * database) / SETTLED_S);
}

const seconds = (value: number) => (value < 1 ? `${(1000 * value).toFixed(0)} ms` : `${value.toFixed(0)} s`);
const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

for (const perSecond of [0.05, 0.5, 2.5]) {
  const [collectors, came] = fewest(perSecond);
  claim({
    what: `${ROOMS} rooms of ${perSecond} messages a second, simulated: collectors that are enough`,
    figure:
      `${collectors}, their main threads busy for ${percent(came.busy)} (the busiest ${percent(came.busiest)}), and ${came.databaseCores} cores of PostgreSQL, ` +
      `${came.databaseBusy.toFixed(1)} of them busy; ${came.messagesPerS.toFixed(0)} messages a second, 99 in 100 in the log within ${seconds(came.lag.p99)}`,
    rival: null,
    asked: null,
  });
  claim({
    what: `${ROOMS} rooms of ${perSecond} messages a second, simulated: what befalls them`,
    figure:
      `all connected ${seconds(came.connected)} after a common start; the rooms of a dead collector connected again after ${seconds(came.takenOver)}, ` +
      `99 in 100 events meanwhile within ${seconds(came.lagAfterDeath)}; after a minute without a database ${(came.held / 1e6).toFixed(0)} MB ` +
      `waiting in a collector, all stored ${seconds(came.drained)} later`,
    rival: null,
    asked: null,
  });
}
