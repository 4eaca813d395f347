import { systemClock } from "../../../src/runtime/clock.js";
import type { Store } from "../../../src/store/store.js";
import { chats } from "../../contracts/events.js";
import { type CrowdReader, SseReader, WsReader } from "./crowd-reader.js";
import { serveLive } from "./live-server.js";

/** How big a crowd is, and what it is given. */
export interface CrowdSize {
  /** Readers of each kind: Server-Sent Events and WebSocket. */
  readonly readers: number;
  readonly events: number;
  /** Events stored at a time. */
  readonly batch: number;
  /** How often each reader is cut off at random, on average. */
  readonly cuts: number;
  readonly store?: Store;
}

/** What became of a crowd. */
export interface CrowdResult {
  readonly connections: number;
  readonly deliveries: number;
  /** From the first event until everybody had the last one. */
  readonly ms: number;
}

/**
 * Bounds that no reader can reach, however busy the machine is: that slow readers are cut, and that a token may hold so much, are other tests.
 * Connections that were cut off count until the server has seen it.
 */
const OUT_OF_REACH = { maxQueuedBytes: 1e9, stallMs: 2e9, heldPerToken: 1e9, connections: 1e9, workBurstMs: 1e9 };
/** Share of the batches after which there is a heartbeat, which moves the places of Server-Sent Events too. */
const BEATS = 0.2;
/** Between two looks at how far the crowd has come, and so many looks that showed nothing new until there is one event more. */
const LOOK_MS = 5;
const LOOKS = 200;

/**
 * Lets a crowd read one room of one server in this process while events come, cutting every reader off at random. It waits for nothing but for
 * what the readers have got, so that a busy machine makes it slow and never wrong: events come when half of the readers have those before, a
 * reader is cut off after so many events, not after so long, and nothing here gives up: a hang ends with the time limit of the caller's test.
 * @throws when a reader was given anything else than every event exactly once, in order
 */
export async function crowd({ readers, events, batch, cuts, store }: CrowdSize): Promise<CrowdResult> {
  let beat = () => {};
  const every = (_ms: number, call: () => void) => {
    beat = call;
    return () => {};
  };
  const server = await serveLive({ limits: OUT_OF_REACH, clock: { ...systemClock, every }, ...(store && { store }) });
  const { room, append } = await server.room();
  const between = events / cuts;
  const all: CrowdReader[] = [];
  for (let i = 0; i < readers; i++) all.push(new SseReader(server, room, between), new WsReader(server, room, between));
  let stored = 0;
  const add = async (count: number) => {
    await append(...chats(count, `${stored}-`));
    stored += count;
  };
  /** Resolves when so many readers have everything. A reader that was passed over sees that by the next event, so there is one when all is still. */
  const come = async (count: number) => {
    for (let looks = 0, seen = -1; ; looks++) {
      const wrong = all.flatMap((reader) => reader.wrong ?? []);
      if (wrong.length > 0) throw new Error(`${wrong.length} of ${all.length} readers: ${wrong[0]}`);
      if (all.filter(({ last }) => last === stored).length >= count) return;
      const sum = all.reduce((total, { last }) => total + last, 0);
      if (sum !== seen) [looks, seen] = [0, sum];
      else if (looks === LOOKS) await add(1);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  };
  const began = performance.now();
  try {
    for (const reader of all) reader.connect();
    while (stored < events) {
      await add(Math.min(events - stored, 1 + Math.floor(Math.random() * 2 * batch)));
      if (Math.random() < BEATS) beat();
      await come(all.length / 2);
    }
    await come(all.length);
    const ms = performance.now() - began;
    // Whatever would come twice at the end comes before one more event.
    await add(1);
    await come(all.length);
    return { connections: all.reduce((sum, reader) => sum + reader.connections, 0), deliveries: all.length * stored, ms };
  } finally {
    for (const reader of all) reader.stop();
    await server.close();
  }
}
