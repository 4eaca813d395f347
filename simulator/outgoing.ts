import type { Clock } from "../src/runtime/clock.js";
import { type Fact, factOf } from "./fact.js";
import type { Schema, SchemaFields } from "./schema.js";

/** A message as a feed plans it. */
export interface Planned {
  /** ms UTC of the platform */
  readonly at: number;
  readonly method: string;
  /** `Common.msg_id`: with the method the name of the message. */
  readonly msgId: string;
  /** The envelope's id: of this sending, another whenever the message is sent again. */
  readonly sendingId: string;
  readonly fields: SchemaFields;
}

/** A message ready to be put into frames. */
export interface Outgoing {
  readonly at: number;
  readonly method: string;
  /** `Common.msg_id`: with the method the name of the message. The envelope's id where it has none. */
  readonly msgId: string;
  /** The envelope's id: of this sending, another whenever the message is sent again. */
  readonly sendingId: string;
  /** Encoded only when somebody is sent it: most rooms have no viewer. */
  readonly payload: Uint8Array;
  /** Fact by which tests may judge; made only when somebody keeps it. */
  readonly fact: () => Fact | null;
}

/** Maker of a broadcast's messages. */
export interface MessageFeed {
  /** Returns all messages up to a time that were not given before, in order. */
  until(ms: number): Outgoing[];
}

/** Encodes a planned message. */
export function encodePlanned(schema: Schema, planned: Planned): Outgoing {
  const { at, method, msgId, sendingId, fields } = planned;
  const type = schema.typeOf(method);
  if (type === null) throw new TypeError(`${method} is not in proto/`);
  let payload: Uint8Array | undefined;
  return {
    ...{ at, method, msgId, sendingId },
    get payload() {
      payload ??= schema.encode(type, fields);
      return payload;
    },
    fact: () => factOf(method, msgId, fields),
  };
}

/** Returns whether a method is one that only people cause. The others keep flowing when a feed has stalled. */
export function isInteractive(method: string): boolean {
  return INTERACTIVE.has(method);
}

/** Returns whether a method is a gift, which the platform may keep from guests. */
export function isGift(method: string): boolean {
  return GIFT_METHODS.has(method);
}

const GIFT_METHODS = new Set(["WebcastGiftMessage", "WebcastLightGiftMessage", "WebcastBindingGiftMessage", "WebcastDoodleGiftMessage"]);

const INTERACTIVE = new Set([
  ...GIFT_METHODS,
  "WebcastChatMessage",
  "WebcastEmojiChatMessage",
  "WebcastScreenChatMessage",
  "WebcastPrivilegeScreenChatMessage",
  "WebcastAudioChatMessage",
  "WebcastExhibitionChatMessage",
  "WebcastMemberMessage",
  "WebcastLikeMessage",
  "WebcastSocialMessage",
  "WebcastFansclubMessage",
]);

interface Appointment {
  readonly at: number;
  readonly run: () => Planned | null;
}

/** Queue of what is to happen, sorted by time and, within one time, by order of arrival. What happens may add to it. */
export class Agenda {
  readonly #entries: Appointment[] = [];

  /** Adds something to the queue. */
  add(at: number, run: () => Planned | null): void {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = this.#entries[middle];
      if (there !== undefined && there.at <= at) low = middle + 1;
      else high = middle;
    }
    this.#entries.splice(low, 0, { at, run });
  }

  /** Runs all that is due and returns the messages that come of it, in order. */
  until(ms: number): Planned[] {
    const out: Planned[] = [];
    for (;;) {
      const next = this.#entries[0];
      if (next === undefined || next.at > ms) return out;
      this.#entries.shift();
      const planned = next.run();
      if (planned !== null) out.push(planned);
    }
  }
}

/** Delays things by as much as the platform is late, and always keeps their order. */
export class Late {
  readonly #clock: Clock;
  readonly #lateMs: () => number;
  #before: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** @param lateMs how late the platform is now; 0 is not at all */
  constructor(clock: Clock, lateMs: () => number) {
    this.#clock = clock;
    this.#lateMs = lateMs;
  }

  run(work: () => void): void {
    const ms = this.#lateMs();
    if (ms === 0 && this.#waiting === 0) {
      work();
      return;
    }
    this.#waiting++;
    const due = this.#clock.sleep(ms);
    this.#before = this.#before
      .then(() => due)
      .then(() => {
        this.#waiting--;
        work();
      });
  }
}
