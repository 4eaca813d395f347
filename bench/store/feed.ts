import { BUSY } from "../../simulator/corpus.js";
import { encodePushResponse, MESSAGES_PER_FRAME, pushTexts } from "../../simulator/frame.js";
import { LoadFeed } from "../../simulator/load-feed.js";
import type { Outgoing } from "../../simulator/outgoing.js";
import { makePerson } from "../../simulator/people.js";
import { PlannedFeed } from "../../simulator/planned-feed.js";
import { hash32, makeId, Random } from "../../simulator/random.js";
import { loadSchema } from "../../simulator/schema.js";

/** Messages of one chunk: what one side stores before the other has its turn. */
export const CHUNK = 20_000;
/** Messages of one broadcast: an hour and a half of a busy room at its peak. */
export const BROADCAST = 500_000;
const PER_SECOND = 100;
const START = 1_777_726_800_000;
/** Signs of chats, the frequent ones first. */
const SIGNS = 3000;
const FIRST_SIGN = 0x4e00;
/** Every so many messages a chat holds it. */
const RARE_EVERY = 20_000;
/** A text that is rare among all chats, of signs that nothing else is written with. */
export const RARE = "龘靐齉";
/** A text that many chats hold. */
export const FREQUENT = String.fromCodePoint(FIRST_SIGN, FIRST_SIGN + 1);

/** Bytes of a Response and when it came. */
export interface Arrival {
  readonly bytes: Uint8Array;
  /** ms UTC */
  readonly at: number;
}

/** What comes of one broadcast. */
export interface Chunk {
  readonly roomId: string;
  readonly frames: readonly Arrival[];
  readonly messages: number;
}

/**
 * The messages of a busy room, broadcast after broadcast: a function of the seed. Each broadcast has people and gifts of its own (some 3,000
 * planned messages, again and again with new ids, times and groups) and chats whose signs are drawn anew for each.
 */
export class StoreFeed {
  readonly #schema = loadSchema("proto/");
  readonly #seed: string;
  readonly #random: Random;
  #made = 0;
  #now = START;
  #feed: LoadFeed | null = null;
  #roomId = "";

  constructor(seed: string) {
    this.#seed = seed;
    this.#random = new Random(`store/${seed}/signs`);
  }

  /** The next {@link CHUNK} messages. */
  next(): Chunk {
    if (this.#made % BROADCAST === 0) this.#begin();
    const frames: Arrival[] = [];
    for (let left = CHUNK; left > 0; left -= PER_SECOND) {
      this.#now += 1000;
      const messages = this.#feed?.until(this.#now) ?? [];
      for (let at = 0; at < messages.length; at += MESSAGES_PER_FRAME) {
        const part = messages.slice(at, at + MESSAGES_PER_FRAME);
        for (const message of part) this.#write(message);
        const texts = pushTexts(this.#now, START, part.at(-1)?.msgId ?? "0", this.#roomId);
        frames.push({ bytes: encodePushResponse(this.#schema, part, texts), at: this.#now });
      }
    }
    return { roomId: this.#roomId, frames, messages: CHUNK };
  }

  #begin(): void {
    const random = new Random(`store/${this.#seed}/${this.#made}`);
    const startMs = this.#now;
    const roomId = makeId(startMs, hash32(`store/${this.#seed}/${this.#made}`));
    const anchor = makePerson(random.fork("anchor"), { anonymised: false, clubName: BUSY.clubName, anchorId: "0" });
    const schema = this.#schema;
    const planned = new PlannedFeed({
      schema,
      scenario: BUSY,
      random: random.fork("feed"),
      roomId,
      anchor,
      startMs: startMs - 600_000,
      rateFactor: 1,
    });
    this.#feed = new LoadFeed({ schema, planned, perSecond: PER_SECOND, startMs, roomId, wanted: () => true });
    this.#roomId = roomId;
  }

  /** Writes other signs over a chat's own, in place: as many bytes, so that everything around them stays as it is. */
  #write({ method, payload, fact }: Outgoing): void {
    const n = this.#made++;
    if (method !== "WebcastChatMessage") return;
    const text = fact()?.text ?? "";
    if (!/^[\u4e00-\u9fff]+$/.test(text)) return;
    const signs = Array.from(text, () => String.fromCodePoint(FIRST_SIGN + Math.floor(SIGNS * this.#random.unit() ** 3)));
    if (n % RARE_EVERY < 20 && text.length >= RARE.length) signs.splice(0, RARE.length, RARE);
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
    const old = Buffer.from(text);
    const written = Buffer.from(signs.join(""));
    for (let at = bytes.indexOf(old); at >= 0; at = bytes.indexOf(old, at + 1)) written.copy(bytes, at);
  }
}
