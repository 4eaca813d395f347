import type { Chance } from "../fuzz/mutator.js";

const BINARY = 0x82;

/**
 * Gives whole messages that a server sends by a WebSocket in another order, or twice: a message of these comes behind the next one, or comes
 * once more. Everything else (the handshake, pings, texts, messages in several frames, connections that are none of WebSocket) is left as it is.
 */
export class MessageMixer {
  readonly #oneIn: number;
  readonly #chance: Chance;
  /** Whether this is a WebSocket; null before its handshake was answered. */
  #isSocket: boolean | null = null;
  #rest: Buffer = Buffer.alloc(0);
  #held: Buffer | null = null;

  /** @param oneIn how rare each of the two is */
  constructor(oneIn: number, chance: Chance) {
    this.#oneIn = oneIn;
    this.#chance = chance;
  }

  /** Takes bytes as they come. @returns what is to be sent of them now */
  mixed(bytes: Buffer): readonly Buffer[] {
    if (this.#isSocket === false) return [bytes];
    this.#rest = Buffer.concat([this.#rest, bytes]);
    if (this.#isSocket === null) return this.#handshake();
    const all: Buffer[] = [];
    for (let frame = this.#frame(); frame !== null; frame = this.#frame()) all.push(...this.#place(frame));
    return all;
  }

  /** Returns what is held back: nothing comes any more. */
  rest(): readonly Buffer[] {
    const held = this.#held === null ? [] : [this.#held];
    const rest = this.#rest;
    [this.#held, this.#rest] = [null, Buffer.alloc(0)];
    return [...held, rest];
  }

  #handshake(): readonly Buffer[] {
    const text = this.#rest.toString("latin1");
    const end = text.indexOf("\r\n\r\n");
    const isOther = !"HTTP/1.1 101".startsWith(text.slice(0, 12));
    if (end < 0 && !isOther) return [];
    this.#isSocket = !isOther;
    const head = isOther ? this.#rest : this.#rest.subarray(0, end + 4);
    this.#rest = this.#rest.subarray(head.length);
    return [head, ...(isOther ? [] : this.mixed(Buffer.alloc(0)))];
  }

  /** Takes the next whole frame (RFC 6455, 5.2; a server's have no mask); null where it is not here yet. */
  #frame(): Buffer | null {
    const bytes = this.#rest;
    if (bytes.length < 2) return null;
    const short = (bytes[1] ?? 0) & 0x7f;
    const head = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length < head) return null;
    const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
    if (bytes.length < head + length) return null;
    this.#rest = bytes.subarray(head + length);
    return bytes.subarray(0, head + length);
  }

  #place(frame: Buffer): readonly Buffer[] {
    const held = this.#held;
    this.#held = null;
    if (held !== null) return [frame, held];
    if (frame[0] !== BINARY) return [frame];
    switch (this.#chance.below(this.#oneIn)) {
      case 0:
        this.#held = frame;
        return [];
      case 1:
        return [frame, frame];
      default:
        return [frame];
    }
  }
}
