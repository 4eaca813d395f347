import type { Socket } from "node:net";
import { type Clock, steadyMs } from "../runtime/clock.js";

/** Bounds of what clients may make a process hold. */
export interface ConnectionLimits {
  /**
   * Most connections at a time. One more takes the place of the one that has been idle for the longest; where none is, it is cut itself.
   */
  readonly connections: number;
  /** Most bytes that wait for clients to take them, in all. Beyond it, the clients that have taken nothing for the longest are cut. */
  readonly waitingBytes: number;
  /** The same bound for the clients of one address. */
  readonly waitingBytesPerAddress: number;
  /** Time after which a client that takes nothing of what waits for it is cut, in ms. */
  readonly untakenMs: number;
}

/** The limits of a server. */
const CONNECTION_LIMITS: ConnectionLimits = {
  // 10,000 streams and what else is asked meanwhile.
  connections: 11_000,
  waitingBytes: 134_217_728,
  waitingBytesPerAddress: 67_108_864,
  untakenMs: 60_000,
};

/** Pause between two looks at all connections, in ms. */
const LOOK_MS = 250;
/**
 * Time after which a client that takes nothing is cut while the server stops, in ms: the others have the rest of the time for their
 * answers.
 */
const UNTAKEN_STOPPING_MS = 1_000;
/** Share of a limit that is cut down to, so that the next answer does not need another look. */
const CUT_TO = 0.75;

interface KeptConnection {
  readonly address: string;
  /** Steady ms: when something was taken last, or nothing waited. */
  movedAt: number;
  /** Bytes that waited at the last look. */
  waiting: number;
  left: number;
}

/** Bounds all connections of a server: how many there may be, and how much may wait for them. */
export class Connections {
  readonly #clock: Clock;
  readonly #limits: ConnectionLimits;
  readonly #kept = new Map<Socket, KeptConnection>();
  /** Connections on which nothing is answered, the one first that has been so for the longest. */
  readonly #idle = new Set<Socket>();
  readonly #stop: () => void;
  /** The most that may have been added since the last look. */
  #added = 0;
  #waiting = 0;
  #cut = 0;
  #untakenMs: number;

  constructor(clock: Clock, limits: Partial<ConnectionLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...CONNECTION_LIMITS, ...limits };
    this.#untakenMs = this.#limits.untakenMs;
    this.#stop = clock.every(LOOK_MS, () => this.#look());
  }

  /** Connections that were cut by these limits since the start. */
  get cut(): number {
    return this.#cut;
  }

  /** Bytes that waited for clients at the last look. */
  get waitingBytes(): number {
    return this.#waiting;
  }

  /** Open connections. */
  get size(): number {
    return this.#kept.size;
  }

  /** Looks after a new connection. */
  add(socket: Socket): void {
    if (this.#kept.size >= this.#limits.connections) {
      const [longest = socket] = this.#idle;
      this.#destroy(longest);
      if (longest === socket) return;
    }
    const address = socket.remoteAddress ?? "";
    this.#kept.set(socket, { address, movedAt: steadyMs(this.#clock), waiting: 0, left: 0 });
    this.#idle.add(socket);
    socket.once("close", () => {
      this.#kept.delete(socket);
      this.#idle.delete(socket);
    });
  }

  /** Notes that a request is answered here, or a stream has begun. */
  busy(socket: Socket): void {
    this.#idle.delete(socket);
  }

  /** Notes that an answer was taken. */
  idle(socket: Socket): void {
    if (this.#kept.has(socket)) this.#idle.add(socket);
  }

  /** Notes that `bytes` are about to wait. */
  grow(bytes: number): void {
    this.#added += bytes;
    if (this.#waiting + this.#added > this.#limits.waitingBytesPerAddress) this.#look();
  }

  /** Waits less long for clients that take nothing, since the server stops. */
  hurry(): void {
    this.#untakenMs = Math.min(this.#untakenMs, UNTAKEN_STOPPING_MS);
  }

  /** Stops looking at connections. */
  close(): void {
    this.#stop();
  }

  #look(): void {
    const now = steadyMs(this.#clock);
    const held: [Socket, KeptConnection][] = [];
    const byAddress = new Map<string, number>();
    let total = 0;
    for (const [socket, kept] of this.#kept) {
      if (this.#idle.has(socket)) continue;
      const waiting = socket.writableLength;
      const left = waiting + leftOf(socket);
      if (waiting === 0 || left < kept.left || waiting < kept.waiting) kept.movedAt = now;
      kept.waiting = waiting;
      kept.left = left;
      if (waiting === 0) continue;
      if (now - kept.movedAt >= this.#untakenMs) {
        this.#destroy(socket);
        continue;
      }
      held.push([socket, kept]);
      byAddress.set(kept.address, (byAddress.get(kept.address) ?? 0) + waiting);
      total += waiting;
    }
    this.#added = 0;
    this.#waiting = total;
    const { waitingBytes, waitingBytesPerAddress } = this.#limits;
    const dear = new Set([...byAddress].flatMap(([address, bytes]) => (bytes > waitingBytesPerAddress ? [address] : [])));
    if (total <= waitingBytes && dear.size === 0) return;
    held.sort(([, a], [, b]) => a.movedAt - b.movedAt);
    for (const [socket, { address, waiting }] of held) {
      const ofAddress = byAddress.get(address) ?? 0;
      const isTooMuch = dear.has(address) && ofAddress > waitingBytesPerAddress * CUT_TO;
      if (!isTooMuch && (total <= waitingBytes || this.#waiting <= waitingBytes * CUT_TO)) continue;
      byAddress.set(address, ofAddress - waiting);
      this.#waiting -= waiting;
      this.#destroy(socket);
    }
  }

  #destroy(socket: Socket): void {
    this.#cut++;
    socket.destroy();
  }
}

/** Counts the bytes of a write under way that the system has not yet taken. Node's own idle timer looks at the same. */
function leftOf(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly writeQueueSize?: number } | null };
  return handle?.writeQueueSize ?? 0;
}
