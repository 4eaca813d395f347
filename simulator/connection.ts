import {
  corrupted,
  type Damage,
  encodeCloseFrame,
  encodeHeartbeatAnswer,
  encodeMsgFrame,
  type FrameHead,
  type ResponseTexts,
  truncated,
} from "./frame.js";
import { isGift, isInteractive, type Late, type Outgoing } from "./outgoing.js";
import type { Random } from "./random.js";
import type { Schema } from "./schema.js";
import type { Mood, Moods, Sampling } from "./shares.js";

/** Record of one connection, as `/@truth` gives it. */
export interface ConnectionTruth {
  readonly id: number;
  readonly roomId: string;
  readonly userUniqueId: string;
  readonly ttwid: string;
  readonly loggedIn: boolean;
  /** Name by which the control takes this viewer: the login's `sessionid`, else `user_unique_id`. */
  readonly viewer: string;
  readonly gzip: boolean;
  readonly openedAt: number;
  readonly closedAt: number | null;
  /** Cause of its end: the client, the idle limit, a test's command (TCP cut, TCP reset, WebSocket's own close) or its own slowness. */
  readonly closedBy: "client" | "idle" | "cut" | "reset" | "close" | "slow" | null;
  readonly framesSent: number;
  readonly messagesSent: number;
  readonly heartbeats: { readonly frame: number; readonly ping: number; readonly text: number };
  readonly acks: {
    /** Frames that wanted an ack. */
    readonly expected: number;
    /** Acks that were right. */
    readonly good: number;
    /** Acks of a known log id with the wrong text, or the text in the wrong place. */
    readonly wrong: number;
    /** Acks of further copies of a frame that was pushed again. */
    readonly repeated: number;
    /** Acks of a log id that was never sent, or was acked before and not pushed again. */
    readonly unknown: number;
  };
  /** Frames of the client that could not be read. */
  readonly damaged: number;
  /** The platform's mood towards this viewer. */
  readonly mood: Mood;
  /** Messages of gifts that it was given, and that were kept from it for whatever reason. */
  readonly gifts: { readonly given: number; readonly kept: number };
}

/** Part of a WebSocket of `ws` that is needed: programs that use the simulator need not have the types of that package. */
interface PushSocket {
  readonly bufferedAmount: number;
  close: (code?: number) => void;
  on(event: "message", call: (data: Buffer | ArrayBuffer | Buffer[], isBinary: boolean) => void): unknown;
  on(event: "ping", call: (data: Buffer) => void): unknown;
  on(event: "error" | "close", call: () => void): unknown;
  send(bytes: Uint8Array, how: { readonly binary: boolean }): void;
  terminate(): void;
}

/** Dependencies and settings of a connection. */
interface ConnectionOptions {
  readonly id: number;
  readonly socket: PushSocket;
  readonly schema: Schema;
  /** The platform's time. */
  readonly now: () => number;
  readonly random: Random;
  readonly roomId: string;
  readonly userUniqueId: string;
  readonly ttwid: string;
  readonly loggedIn: boolean;
  readonly viewer: string;
  readonly sampling: Sampling;
  readonly moods: Moods;
  /** Whether it is given gifts now. */
  readonly gifts: () => boolean;
  readonly gzip: boolean;
  /** Way to the client for all that it is sent: late when the platform is slow. */
  readonly late: Late;
  /** Drops TCP with a reset instead of an end. */
  readonly reset: () => void;
}

/** Share of the messages that a connection still gets: all, only what no people cause, or only answers to its heartbeats. */
export type Hears = "all" | "low" | "nothing";

/** One client of the push server: heartbeats, acks, and the drop of those that send no heartbeat. */
export class PushConnection {
  readonly options: ConnectionOptions;
  readonly openedAt: number;
  /** Called once when it is over. */
  onEnd: () => void = () => undefined;
  hears: Hears = "all";
  /** Whether nothing goes either way any more while TCP stays open, as behind a dead router. */
  frozen = false;
  #damage: { readonly kind: Damage; left: number } | null = null;
  readonly #closeFrame: PushSocket["close"];
  readonly #idleMs: number;
  /** Frames that are not acknowledged, oldest first: the text that the ack is to have, and the frame, where it is pushed again. */
  readonly #awaited = new Map<string, { readonly internalExt: string; readonly frame: Uint8Array | null; pushedAt: number }>();
  #heardAt: number;
  #closedAt: number | null = null;
  #closedBy: ConnectionTruth["closedBy"] = null;
  #seq = 0;
  #frames = 0;
  #messages = 0;
  #heartbeats = { frame: 0, ping: 0, text: 0 };
  /** Log ids of frames that were pushed again: a client may acknowledge each push. */
  readonly #repeated = new Set<string>();
  #acks = { expected: 0, good: 0, wrong: 0, repeated: 0, unknown: 0 };
  #damaged = 0;
  #gifts = { given: 0, kept: 0 };

  constructor(options: ConnectionOptions) {
    this.options = options;
    this.openedAt = options.now();
    // Seen: 20 to 30 s without a heartbeat, the same for one connection.
    this.#idleMs = options.random.int(21_000, 29_000);
    this.#heardAt = this.openedAt;
    options.moods.came(options.viewer, options.roomId, this.openedAt);
    const { socket } = options;
    socket.on("message", (data, isBinary) => this.#received(asBytes(data), isBinary));
    socket.on("ping", (data) => {
      if (isHeartbeatBytes(data)) this.#heartbeat("ping");
    });
    socket.on("error", () => this.end("client"));
    socket.on("close", () => this.end("client"));
    // The platform never answers a close frame: it just drops TCP. ws would answer through close().
    this.#closeFrame = socket.close.bind(socket);
    socket.close = (code) => (this.#closedBy === "close" ? this.#closeFrame(code) : this.end("client"));
  }

  /** Sends a Response's bytes as a frame that wants an ack. */
  push(payload: Uint8Array, texts: ResponseTexts, messages: number): void {
    const head = this.#head();
    const damage = this.#takeDamage();
    const sent = damage === "gzip" ? corrupted(payload) : payload;
    const frame = encodeMsgFrame(this.options.schema, head, sent, texts, this.options.gzip);
    this.expectAck(head.logId, texts.internalExt, damage === null ? frame : null);
    this.raw(damage === "truncated" ? truncated(frame) : frame, messages);
  }

  /** Key of what it is given: connections with the same key are given the same. */
  get ear(): string {
    const { sampling, moods, viewer, gifts } = this.options;
    return `${this.hears}/${gifts()}/${sampling.active || moods.of(viewer) !== "all" ? viewer : ""}`;
  }

  /** Whether it is given a message now. @param isNew false for what was sent before, and is replayed */
  isGiven(message: Outgoing, isNew = true): boolean {
    const { method } = message;
    if (this.hears === "nothing" || (this.hears === "low" && isInteractive(method))) return false;
    const { sampling, moods, viewer, gifts, roomId, now } = this.options;
    if (!sampling.admits(viewer, message)) return false;
    return !isGift(method) || (gifts() && moods.admits(viewer, roomId, message, now(), isNew));
  }

  /** Books messages of gifts that it was given, and that were kept from it. */
  bookGifts(given: number, kept: number): void {
    this.#gifts = { given: this.#gifts.given + given, kept: this.#gifts.kept + kept };
  }

  /** Damages the next frames with messages that it is sent. */
  damage(kind: Damage, frames: number): void {
    this.#damage = { kind, left: frames };
  }

  /** Notes that a frame wants an ack with a text; null accepts any text. @param frame what is pushed again until then; null for one that is damaged */
  expectAck(logId: string, internalExt: string | null, frame: Uint8Array | null): void {
    this.#acks.expected++;
    this.#awaited.set(logId, { internalExt: internalExt ?? "", frame, pushedAt: this.options.now() });
    if (this.#awaited.size > AWAITED_KEPT) {
      const oldest = this.#awaited.keys().next().value;
      if (oldest !== undefined) this.#awaited.delete(oldest);
    }
  }

  /** Sends bytes as they are. */
  raw(bytes: Uint8Array, messages: number): void {
    if (this.#closedAt !== null || this.frozen) return;
    if (this.options.socket.bufferedAmount > BUFFER_LIMIT) {
      this.end("slow");
      return;
    }
    this.#frames++;
    this.#messages += messages;
    const { late, socket } = this.options;
    late.run(() => {
      if (this.#closedAt === null && !this.frozen) socket.send(bytes, { binary: true });
    });
  }

  /** Ends it as the platform does: TCP closes, no close frame. */
  end(by: NonNullable<ConnectionTruth["closedBy"]>): void {
    if (this.#closedAt !== null) return;
    this.#closedAt = this.options.now();
    this.#closedBy = by;
    if (by === "reset") this.options.reset();
    else this.options.socket.terminate();
    this.onEnd();
  }

  /** Closes it by WebSocket's own close frame, or says by a frame of the platform that it is over. */
  close(how: number | "frame"): void {
    if (this.#closedAt !== null) return;
    if (how === "frame") {
      this.raw(encodeCloseFrame(this.options.schema, this.#head()), 0);
      return;
    }
    this.#closeFrame(how); // throws where a close frame cannot carry the code
    this.#closedAt = this.options.now();
    this.#closedBy = "close";
    this.onEnd();
  }

  /** Drops it when it has sent no heartbeat for too long, and pushes the oldest frame without an ack again, as it was, cursor and all. */
  tick(now: number): void {
    if (this.frozen) return;
    if (now - this.#heardAt >= this.#idleMs) this.end("idle");
    for (const [logId, oldest] of this.#awaited) {
      if (oldest.frame === null) continue;
      if (now - oldest.pushedAt < AGAIN_MS) return;
      oldest.pushedAt = now;
      this.#repeated.add(logId);
      this.raw(oldest.frame, 0);
      return;
    }
  }

  /** Returns the record of the connection. */
  truth(): ConnectionTruth {
    const { id, roomId, userUniqueId, ttwid, loggedIn, viewer, gzip } = this.options;
    return {
      id,
      roomId,
      userUniqueId,
      ttwid,
      loggedIn,
      viewer,
      gzip,
      openedAt: this.openedAt,
      closedAt: this.#closedAt,
      closedBy: this.#closedBy,
      framesSent: this.#frames,
      messagesSent: this.#messages,
      heartbeats: { ...this.#heartbeats },
      acks: { ...this.#acks },
      damaged: this.#damaged,
      mood: this.options.moods.of(viewer),
      gifts: this.#gifts,
    };
  }

  #received(bytes: Uint8Array, isBinary: boolean): void {
    if (this.frozen) return;
    if (!isBinary) {
      // Some clients send the heartbeat's bytes as text.
      if (isHeartbeatBytes(bytes)) this.#heartbeat("text");
      else this.#damaged++;
      return;
    }
    let frame: ReturnType<Schema["decode"]>;
    try {
      frame = this.options.schema.decode("PushFrame", bytes);
    } catch {
      this.#damaged++;
      return;
    }
    const type = String(frame["payload_type"] ?? "");
    const payload = frame["payload"] instanceof Uint8Array ? Buffer.from(frame["payload"]).toString("utf8") : "";
    if (type === "hb") this.#heartbeat("frame");
    else if (type === "ack") this.#ack(String(frame["log_id"] ?? "0"), payload);
    // A known mistake of clients: the text stands where the type belongs.
    else if (type.includes("internal_src:")) this.#ack(String(frame["log_id"] ?? "0"), null);
  }

  #ack(logId: string, text: string | null): void {
    const wanted = this.#awaited.get(logId);
    if (wanted === undefined) {
      this.#acks[this.#repeated.has(logId) ? "repeated" : "unknown"]++;
      return;
    }
    this.#awaited.delete(logId);
    if (text !== null && (wanted.internalExt === "" || wanted.internalExt === text)) this.#acks.good++;
    else this.#acks.wrong++;
  }

  #heartbeat(kind: "frame" | "ping" | "text"): void {
    if (this.#closedAt !== null) return;
    this.#heartbeats[kind]++;
    this.#heardAt = this.options.now();
    this.raw(encodeHeartbeatAnswer(this.options.schema, this.#head()), 0);
  }

  #head(): FrameHead {
    return { seqId: ++this.#seq, logId: this.options.random.digits(19), serverTime: this.options.now() };
  }

  #takeDamage(): Damage | null {
    if (this.#damage === null || this.#damage.left-- <= 0) return null;
    return this.#damage.kind;
  }
}

/** Most frames whose ack is awaited; a client that never acks must not fill the memory. */
const AWAITED_KEPT = 1_000;

/** Time without an ack after which a frame is pushed again, in ms: seen were 1 to 2 s. */
const AGAIN_MS = 1_500;

/** Bytes waiting for a slow client, beyond which it is dropped. */
const BUFFER_LIMIT = 64 * 1024 * 1024;

function isHeartbeatBytes(bytes: Uint8Array): boolean {
  return Buffer.from(bytes).equals(HEARTBEAT);
}

const HEARTBEAT = Buffer.from([0x3a, 0x02, 0x68, 0x62]);

function asBytes(data: Buffer | ArrayBuffer | Buffer[]): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
