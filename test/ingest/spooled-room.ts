import { onTestFinished } from "vitest";
import { corpus } from "../../simulator/index.js";
import { lateErasures } from "../../src/erasure/late.js";
import type { LiveEvent } from "../../src/events/event.js";
import { RoomHealth } from "../../src/health/room-health.js";
import { SpoolingIntake, type Taken } from "../../src/ingest/intake.js";
import { type Broadcast, Pipeline } from "../../src/ingest/pipeline.js";
import { Spool } from "../../src/ingest/spool.js";
import type { Received } from "../../src/platform/access/read.js";
import { readFrame } from "../../src/platform/access/read.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { DyliveError } from "../../src/runtime/errors.js";
import type { Spooled, SpooledPart } from "../../src/store/cluster.js";
import type { RoomKey } from "../../src/store/log.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { breathe, FakeClock } from "../clock.js";
import { readAll } from "../contracts/harness.js";

const START = 1_777_726_800_000;
const made = corpus({ seed: "spool", frames: 400 });
export const FRAMES: readonly Received[] = made.frames.map((frame, i) => readFrame(frame, START + i * 100, new Drift()).received);
export const BROADCAST: Broadcast = { sessionId: made.roomId, webRid: "1", anchorId: "2", source: "websocket" };
export const SIGNAL = new AbortController().signal;

/** A store that a test can take away: then it refuses, or does not answer at all until it is back. */
export class Away {
  #mode: "no" | "refuses" | "hangs" = "no";
  #waiting: (() => void)[] = [];

  go(mode: "refuses" | "hangs"): void {
    this.#mode = mode;
  }

  back(): void {
    this.#mode = "no";
    for (const resume of this.#waiting.splice(0)) resume();
  }

  /** The same part of a store, as far as one gets at it. */
  from<T extends object>(part: T): T {
    return new Proxy(part, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        return (...asked: unknown[]) => this.#pass(() => value.apply(target, asked));
      },
    });
  }

  async #pass(call: () => unknown): Promise<unknown> {
    if (this.#mode === "refuses") throw new DyliveError("store_unreachable", "a test took it away");
    if (this.#mode === "hangs") {
      await new Promise<void>((resume) => this.#waiting.push(resume));
      throw new DyliveError("store_unreachable", "the connection was lost");
    }
    return call();
  }
}

/** What was uploaded, in memory. */
export class MemorySpooled implements Spooled {
  #parts: SpooledPart[] = [];
  #n = 0;
  down = false;

  async put(room: RoomKey, bytes: Uint8Array): Promise<void> {
    if (this.down) throw new DyliveError("store_unreachable", "a test took it away");
    this.#parts.push({ n: ++this.#n, room, bytes });
  }

  async take(rooms: readonly RoomKey[], limit: number): Promise<readonly SpooledPart[]> {
    return this.#parts.filter(({ room }) => rooms.includes(room)).slice(0, limit);
  }

  async orphans(): Promise<readonly SpooledPart[]> {
    return [];
  }

  async done(parts: readonly number[]): Promise<void> {
    this.#parts = this.#parts.filter(({ n }) => !parts.includes(n));
  }

  async waiting(): Promise<number> {
    return this.#parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
}

/** One room of a process, in a store that can be away. */
export async function spooledRoom(folder: string, { maxBytes = 1e9, store = openSqliteStore({ path: ":memory:" }) } = {}) {
  const clock = new FakeClock(START);
  const away = new Away();
  const uploaded = new MemorySpooled();
  const errors: unknown[] = [];
  const spool = new Spool({ folder, clock, maxBytes, spooled: uploaded, onError: (error) => errors.push(error) });
  // Also of a process that is taken for killed: what it has open would be left to the garbage collector.
  onTestFinished(() => spool.close());
  const room = await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
  const owned = { mine: true };
  const health = new RoomHealth(clock);
  health.to("live", "interactive messages are coming in");
  const aside: string[] = [];
  const setAside = ({ id }: { readonly id: string }, error: unknown) => {
    errors.push(error);
    aside.push(id);
  };
  const rooms = { claim: async (one: number) => (owned.mine ? store.rooms.claim(one) : null) };
  const pipeline = Pipeline.lazy({
    log: away.from(store.log),
    rooms,
    room,
    clock,
    drift: new Drift(),
    setAside,
    erased: lateErasures(store),
  });
  const lost: unknown[] = [];
  const intake = new SpoolingIntake({
    room,
    pipeline,
    health,
    spool,
    setAside,
    foresee: async () => {},
    onLost: (error) => lost.push(error),
  });
  return { ...{ clock, away, uploaded, errors, aside, spool, room, owned, health, pipeline, lost, intake, store } };
}

export type SpooledRoom = Awaited<ReturnType<typeof spooledRoom>>;

/** Brings frames as a socket does, one each 100 ms, whether or not the one before was taken yet. @returns what was told of each batch */
export async function feed(
  { intake, clock }: Pick<SpooledRoom, "intake" | "clock">,
  frames: readonly Received[],
  before: (index: number) => unknown = () => {},
): Promise<readonly Taken[]> {
  const waiting: Received[] = [];
  const taken: Taken[] = [];
  let fed = false;
  const taking = (async () => {
    for (;;) {
      if (waiting.length > 0) taken.push(await intake.take(waiting.splice(0), BROADCAST, SIGNAL));
      else if (fed) return;
      else await breathe(1);
    }
  })();
  for (const [index, frame] of frames.entries()) {
    before(index);
    waiting.push(frame);
    await clock.advance(100);
    await diskDone(() => waiting.length === 0);
  }
  fed = true;
  let done = false;
  void taking.finally(() => {
    done = true;
  });
  await goOnUntil(clock, () => done);
  await taking;
  return taken;
}

/** Lets time pass until something is so. */
export async function goOnUntil(clock: FakeClock, isSo: () => unknown): Promise<void> {
  for (let turn = 0; turn < 2000; turn++) {
    if (await isSo()) return;
    await clock.advance(100);
    await diskDone(isSo);
  }
  throw new Error(`still not so: ${isSo}`);
}

/** Everything in a room's log. */
export async function eventsOf({ store, room }: { readonly store: Store; readonly room: RoomKey }): Promise<readonly LiveEvent[]> {
  return (await readAll(store.log, room)).events;
}

/** What a store that was never away has of the same frames. */
export async function truthOf(frames: readonly Received[]): Promise<readonly LiveEvent[]> {
  const store = openSqliteStore({ path: ":memory:" });
  const room = await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
  const setAside = (_event: unknown, error: unknown) => {
    throw error;
  };
  const parts = { log: store.log, rooms: store.rooms, room, clock: new FakeClock(START), drift: new Drift(), setAside };
  const pipeline = await Pipeline.open(parts);
  for (const frame of frames) await pipeline.store([frame], BROADCAST);
  return eventsOf({ store, room });
}

export const ids = (events: readonly LiveEvent[]) => events.filter(({ source }) => source !== "system").map(({ id }) => id);
export const units = (events: readonly LiveEvent[]) => events.reduce((sum, event) => sum + (event.type === "gift" ? event.delta : 0), 0);

/** Gives the disk its time, which the clock knows nothing of; what does not wait for the disk is not waited for long. */
async function diskDone(isSo: () => unknown): Promise<void> {
  for (let turn = 0; turn < 10 && !(await isSo()); turn++) await new Promise((resolve) => setTimeout(resolve, 2));
}
