import { expect } from "vitest";
import { hash32 } from "../../simulator/random.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { check } from "../../src/store/check.js";
import { openPostgresStore, type PostgresStore } from "../../src/store/postgres/store.js";
import { chat } from "../contracts/events.js";
import { Chance } from "../fuzz/mutator.js";
import { pause } from "../processes/pause.js";
import { until } from "../until.js";
import { type Faults, FaultyLink } from "./faulty-link.js";
import { type AppendCall, type ClaimCall, type ReadCall, type Told, violations } from "./history.js";

/** Processes of the cluster, here each a store with connections of its own. */
const NODES = ["a", "b", "c"];
const ROOMS = 4;
/** Longest time between two takings over, ms. */
const MOVE_MS = 600;
/** Longest time between two appends, and between two looks of a reader that is at the head, ms. */
const PAUSE_MS = 40;
/** Messages that a process which takes a room over is sent once more, at most. */
const REPEATED = 15;

/** What came of it. */
export interface ChaosOfStores {
  readonly stored: number;
  readonly appends: number;
  /** Of these, how many had no answer. */
  readonly unanswered: number;
  readonly fenced: number;
  readonly claims: number;
  readonly reads: number;
  readonly met: FaultyLink["met"];
  /** ms from the end of all faults until each room took an append and each reader had read everything. */
  readonly againMs: number;
}

/**
 * Appends to the rooms of one database, and reads them, by three stores whose connections meet faults, while rooms are taken over from each other;
 * one that was passed goes on until it is told. Then the whole history is judged.
 * @param url of an empty database
 * @param forMs how long there are faults, ms; longer where there was too little of anything yet
 * @param strike does more harm, again and again, such as a restart of the server
 */
export async function chaosOfStores(
  url: string,
  seed: string,
  forMs: number,
  faults: Faults,
  strike: ((chance: Chance) => Promise<void>) | null = null,
): Promise<ChaosOfStores> {
  const chance = new Chance(hash32(seed));
  const links = await Promise.all(NODES.map((name) => FaultyLink.to(url, { seed: `${seed}/${name}` })));
  const opened = await openPostgresStore({ url });
  const rooms = await Promise.all(Array.from({ length: ROOMS }, (_, n) => opened.rooms.ensure([{ kind: "web_rid", value: `${n}` }])));
  const stores = await Promise.all(links.map((link) => openPostgresStore({ url: link.url })));
  const book = new Book();
  const run: Run = { isOver: false, failure: null };
  const work: Promise<void>[] = [];
  const begin = (client: Promise<void>) =>
    void work.push(
      client.catch((error: unknown) => {
        run.failure ??= error;
      }),
    );
  try {
    for (const link of links) link.vex(faults);
    for (const [at, store] of stores.entries()) for (const room of rooms) begin(readOn(book, run, store, `reader ${NODES[at]}`, room));
    let writers = 0;
    const take = (room: number): void => {
      const at = chance.below(NODES.length);
      const store = stores[at];
      if (store === undefined) return;
      begin(write(book, run, store, `${NODES[at]}${writers++}`, room, new Chance(chance.below(2 ** 32))));
    };
    for (const room of rooms) take(room);
    const end = performance.now() + forMs;
    const striking = (async () => {
      while (strike !== null && performance.now() < end) await strike(chance);
    })();
    const was = (told: AppendCall["told"]) => book.appends.filter((call) => call.told === told).length;
    // However slow the machine is, there was some of everything.
    const isTooLittle = () => {
      const { reset, finish } = FaultyLink.metOf(links);
      return was("unknown") < 5 || was("fenced") < 5 || book.appends.length < 50 || book.reads.length < 50 || reset + finish < 3;
    };
    while (performance.now() < end || isTooLittle()) {
      await pause(chance.below(MOVE_MS));
      if (run.failure !== null) throw run.failure;
      take(chance.of(rooms));
    }
    await striking;

    for (const link of links) link.calm();
    const calmAt = performance.now();
    const acknowledged = (room: number) =>
      book.appends.some((call) => call.room === room && call.from > calmAt && typeof call.told !== "string");
    await until(() => run.failure !== null || rooms.every(acknowledged));
    run.isOver = true;
    await Promise.all(work);
    if (run.failure !== null) throw run.failure;
    const againMs = performance.now() - calmAt;
    const final = new Map(await Promise.all(rooms.map(async (room) => [room, await logOf(opened, room)] as const)));
    const { claims, appends, reads } = book;
    expect(violations({ claims, appends, reads, final }).slice(0, 20)).toEqual([]);
    expect(await check(opened.log)).toEqual([]);
    return {
      stored: [...final.values()].reduce((sum, { length }) => sum + length, 0),
      appends: appends.length,
      unanswered: appends.filter(({ told }) => told === "unknown").length,
      fenced: appends.filter(({ told }) => told === "fenced").length,
      claims: claims.length,
      reads: reads.length,
      met: FaultyLink.metOf(links),
      againMs,
    };
  } finally {
    run.isOver = true;
    await Promise.all(links.map((link) => link.close()));
    await Promise.all([opened, ...stores].map((store) => store.close()));
  }
}

interface Run {
  isOver: boolean;
  /** What a client was told and should never be. */
  failure: unknown;
}

/** What all clients did and were told. */
class Book {
  readonly claims: ClaimCall[] = [];
  readonly appends: AppendCall[] = [];
  readonly reads: ReadCall[] = [];
  readonly #messages = new Map<number, string[]>();

  /** Makes so many ids of messages of a room that nobody has appended. */
  fresh(room: number, count: number): readonly string[] {
    const all = this.#messages.get(room) ?? [];
    const made = Array.from({ length: count }, (_, n) => `${room}-${all.length + n}`);
    all.push(...made);
    this.#messages.set(room, all);
    return made;
  }

  /** The newest messages of a room, as the platform sends them to who connects. */
  newest(room: number, count: number): readonly string[] {
    return this.#messages.get(room)?.slice(-count) ?? [];
  }
}

/** Claims a room and appends to it until another has claimed it; what has no answer is appended again, as the pipeline does. */
async function write(book: Book, run: Run, store: PostgresStore, client: string, room: number, chance: Chance): Promise<void> {
  let epoch: number | null = null;
  while (epoch === null) {
    const from = performance.now();
    epoch = await store.rooms.claim(room).catch(unreachable);
    book.claims.push({ client, room, from, to: performance.now(), epoch });
    if (epoch === null) await pause(PAUSE_MS);
    if (run.isOver) return;
  }
  let ids = book.newest(room, chance.below(REPEATED + 1));
  while (!run.isOver) {
    if (ids.length === 0) ids = [...book.newest(room, chance.below(3)), ...book.fresh(room, 1 + chance.below(5))];
    const events = ids.map((id) => ({ id, text: `by ${client}` }));
    const from = performance.now();
    const appended = await store.log
      .append([{ room, epoch, events: events.map(({ id, text }) => ({ ...chat(id, { text }), room })) }])
      .catch(unreachable);
    const call = { client, room, epoch, events, from, to: performance.now() };
    const [answer] = appended ?? [];
    if (answer === undefined) book.appends.push({ ...call, told: "unknown" });
    else if (answer.stored === undefined) return void book.appends.push({ ...call, told: "fenced" });
    else {
      book.appends.push({ ...call, told: { seqs: answer.stored, head: answer.head } });
      ids = [];
    }
    await pause(chance.below(PAUSE_MS));
  }
}

/** Reads a room page by page until all is over and everything was read. */
async function readOn(book: Book, run: Run, store: PostgresStore, client: string, room: number): Promise<void> {
  for (let after = 0; ; ) {
    const isLast = run.isOver;
    const from = performance.now();
    const page = await store.log.read(room, after, 20).catch(unreachable);
    if (page !== null) {
      const { scanned, head } = page;
      book.reads.push({ client, room, from, to: performance.now(), after, scanned, head, events: toldIn(page) });
      after = scanned;
      if (isLast && after >= head) return;
    }
    if (page === null || after >= page.head) await pause(PAUSE_MS);
  }
}

async function logOf(store: PostgresStore, room: number): Promise<readonly Told[]> {
  const all: Told[] = [];
  for (let after = 0; ; ) {
    const page = await store.log.read(room, after, 5000);
    all.push(...toldIn(page));
    after = page.scanned;
    if (after >= page.head) return all;
  }
}

function toldIn({ events }: Awaited<ReturnType<PostgresStore["log"]["read"]>>): readonly Told[] {
  return events.map((event) => ({ seq: event.seq, id: event.id, text: event.type === "chat" ? event.text : "" }));
}

/** Takes the one error that a call may have while a database cannot be reached. */
function unreachable(error: unknown): null {
  expect(error).toBeInstanceOf(DyliveError);
  expect(error).toMatchObject({ code: "store_unreachable" });
  return null;
}
