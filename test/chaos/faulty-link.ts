import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { hash32 } from "../../simulator/random.js";
import { Chance } from "../fuzz/mutator.js";

/**
 * Ends that a connection may meet: TCP resets it; TCP finishes it once all that is on its way has arrived; nothing goes through any more though
 * it stays open (`silent`), or nothing from the client (`deaf`) or from the server (`mute`); nothing goes through for a while, and then all of it
 * in order (`stall`), which is no end.
 */
export const ENDS = ["reset", "finish", "silent", "deaf", "mute", "stall"] as const;
export type End = (typeof ENDS)[number];

/** Faults that the connections of a link have by chance, each connection and each direction of it its own. Absent: not that. */
export interface Faults {
  /**
   * Most ms for which bytes are on their way. TCP keeps the order of one direction, so that no bytes of it overtake others; those of two
   * connections do, and the two directions of one. So what a client sent before it gave a connection up may arrive after what it sent on the
   * next one.
   */
  readonly lateMs?: number;
  /** Fewest bytes a second that go through a connection that is slow, which every fourth is. */
  readonly slowest?: number;
  /** Mean age in ms at which a connection meets one of the `ends`. */
  readonly lifeMs?: number;
  readonly ends?: readonly End[];
  /** Longest stall, ms; 3,000. */
  readonly stallMs?: number;
}

type Met = Record<End | "connections", number>;

/** A way from clients to a server on loopback, on which what happens to networks happens. */
export class FaultyLink {
  /** The server's address by way of this link. */
  readonly url: string;
  /** Number of connections that came, and of the ends that they met by chance. */
  readonly met: Met = { connections: 0, reset: 0, finish: 0, silent: 0, deaf: 0, mute: 0, stall: 0 };
  /** Number of times that bytes were lost while it was {@link mute}. */
  lost = 0;
  readonly #server: Server;
  readonly #seed: string;
  readonly #passages = new Set<Passage>();
  #port: number;
  #faults: Faults | null;
  #isShut = false;
  #isMuted = false;

  private constructor(server: Server, url: string, faults: Faults | null, seed: string) {
    const target = new URL(url);
    this.#server = server;
    this.#port = Number(target.port);
    this.#faults = faults;
    this.#seed = seed;
    target.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.url = target.pathname === "/" && !url.endsWith("/") ? target.href.slice(0, -1) : target.href;
    server.on("connection", (near) => this.#come(near));
  }

  /**
   * Makes a link.
   * @param url of the server: any that has a port
   * @param faults none by default
   * @param seed of all that is left to chance
   * @param at port of the link; a free one by default
   */
  static async to(url: string, { faults = null as Faults | null, seed = "", at = 0 } = {}): Promise<FaultyLink> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.listen(at, "127.0.0.1");
    await once(server, "listening");
    return new FaultyLink(server, url, faults, seed);
  }

  /** Adds up what connections of links met. */
  static metOf(links: readonly FaultyLink[]): Readonly<Met> {
    const sum = (what: keyof Met) => links.reduce((n, { met }) => n + met[what], 0);
    return Object.fromEntries((["connections", ...ENDS] as const).map((what) => [what, sum(what)])) as Met;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Leads new connections to another port: that of a server that was started again. */
  leadTo(url: string): void {
    this.#port = Number(new URL(url).port);
  }

  /** Resets all connections, which is heard at once. */
  cut(): void {
    for (const passage of [...this.#passages]) passage.reset();
  }

  /** Resets all connections, and each new one at once. */
  shut(): void {
    this.#isShut = true;
    this.cut();
  }

  open(): void {
    this.#isShut = false;
  }

  /** Loses every byte from now on, of connections that stand and of new ones, and tells nobody. */
  mute(): void {
    this.#isMuted = true;
  }

  /** Lets new connections through again; those that lost bytes stay as they are. */
  unmute(): void {
    this.#isMuted = false;
  }

  /** Lets faults happen by chance to those who come from now on. */
  vex(faults: Faults): void {
    this.#faults = faults;
  }

  /** Lets nothing more happen by chance. What is silent stays so. */
  calm(): void {
    this.#faults = null;
    for (const passage of this.#passages) passage.calm();
  }

  async close(): Promise<void> {
    this.#server.close();
    this.shut();
  }

  #come(near: Socket): void {
    const chance = new Chance(hash32(`${this.#seed}/${this.met.connections++}`));
    near.on("error", () => {}); // its end follows
    if (this.#isShut) return void near.resetAndDestroy();
    const far = this.#isMuted ? null : connect({ port: this.#port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const passage = new Passage(near, far, this.#faults ?? {}, chance, {
      isMuted: () => this.#isMuted,
      onLost: () => this.lost++,
      onEnd: (end) => this.met[end]++,
      onOver: () => this.#passages.delete(passage),
    });
    this.#passages.add(passage);
  }
}

interface PassageDeps {
  readonly isMuted: () => boolean;
  readonly onLost: () => void;
  readonly onEnd: (end: End) => void;
  readonly onOver: () => void;
}

/** One connection: the two sockets that it is made of, and a flow each way. */
class Passage {
  readonly #sockets: readonly Socket[];
  readonly #flows: readonly Flow[];
  readonly #chance: Chance;
  readonly #deps: PassageDeps;
  #faults: Faults;
  #fate: NodeJS.Timeout | undefined;
  /** Whether bytes were lost, so that TCP could not go on. */
  #isBroken = false;

  /** @param far null where the client speaks into the void */
  constructor(near: Socket, far: Socket | null, faults: Faults, chance: Chance, deps: PassageDeps) {
    this.#faults = faults;
    this.#chance = chance;
    this.#deps = deps;
    this.#sockets = far === null ? [near] : [near, far];
    this.#flows = far === null ? [] : [new Flow(near, far, this.#pace()), new Flow(far, near, this.#pace())];
    let open = this.#sockets.length;
    for (const [at, socket] of this.#sockets.entries()) {
      socket.on("error", () => {});
      socket.on("data", (bytes: Buffer) => {
        this.#isBroken ||= deps.isMuted();
        if (this.#isBroken) deps.onLost();
        else this.#flows[at]?.push(bytes);
      });
      socket.on("end", () => {
        if (!this.#isLost) this.#flows[at]?.push("finish");
      });
      socket.on("close", (isFailed) => {
        // What was on its way arrives, and then the other side hears of it.
        if (!this.#isLost) this.#flows[at]?.push(isFailed ? "reset" : "finish");
        if (--open > 0) return;
        clearTimeout(this.#fate);
        for (const flow of this.#flows) flow.stop();
        deps.onOver();
      });
    }
    this.#wait();
  }

  reset(): void {
    for (const flow of this.#flows) flow.stop();
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  calm(): void {
    clearTimeout(this.#fate);
    this.#faults = {};
    for (const flow of this.#flows) flow.calm();
  }

  get #isLost(): boolean {
    return this.#isBroken || this.#deps.isMuted();
  }

  /** Draws how one direction of it is. */
  #pace(): Pace {
    const { lateMs = 0, slowest = 0 } = this.#faults;
    const late = this.#chance.of([0, lateMs / 20, lateMs]);
    const rate = slowest > 0 && this.#chance.below(4) === 0 ? (slowest * (1 + this.#chance.below(10))) / 1000 : Number.POSITIVE_INFINITY;
    return {
      delayMs: () => (late === 0 ? 0 : this.#chance.below(late + 1)),
      rate,
      pieces: this.#chance.below(2) === 0 ? this.#chance : null,
    };
  }

  /** Waits for the next end, at an age that any is as likely at as at any other. */
  #wait(): void {
    const { lifeMs = null, ends = [] } = this.#faults;
    if (lifeMs === null || ends.length === 0) return;
    const ms = -Math.log(1 - this.#chance.below(1e6) / 1e6) * lifeMs;
    this.#fate = setTimeout(() => this.#meet(this.#chance.of(ends)), ms).unref();
  }

  #meet(end: End): void {
    // An orderly end comes after all that was sent: TCP waits for what was lost.
    if (end === "finish" && this.#isLost) return;
    this.#deps.onEnd(end);
    const [up, down] = this.#flows;
    if (end === "reset") this.reset();
    else if (end === "finish") for (const flow of this.#flows) flow.push("finish");
    else if (end === "stall") {
      const ms = 1 + this.#chance.below(this.#faults.stallMs ?? 3_000);
      for (const flow of this.#flows) flow.hold(ms);
      this.#wait();
    } else {
      if (end !== "mute") up?.lose();
      if (end !== "deaf") down?.lose();
    }
  }
}

/** How one direction of a connection is. */
interface Pace {
  readonly delayMs: () => number;
  /** Bytes a ms. */
  readonly rate: number;
  /** Cuts what comes into pieces, where it is cut. */
  readonly pieces: Chance | null;
}

const CALM: Pace = { delayMs: () => 0, rate: Number.POSITIVE_INFINITY, pieces: null };
/** Most bytes that are on their way in one direction: beyond them the sender is held back, as by TCP's window. */
const WINDOW_BYTES = 256 * 1024;

/** One direction of a connection, in order. */
class Flow {
  readonly #from: Socket;
  readonly #to: Socket;
  #pace: Pace;
  #queue: { readonly at: number; readonly what: Buffer | "finish" | "reset" }[] = [];
  #bytes = 0;
  #lastAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #isLost = false;

  constructor(from: Socket, to: Socket, pace: Pace) {
    this.#from = from;
    this.#to = to;
    this.#pace = pace;
    to.on("drain", () => this.#release());
  }

  push(what: Buffer | "finish" | "reset"): void {
    if (this.#isLost) return;
    if (typeof what === "string") this.#add(what, 0);
    else for (const piece of this.#pieces(what)) this.#add(piece, piece.length);
    this.#go();
    if (this.#bytes + this.#to.writableLength > WINDOW_BYTES) this.#from.pause();
  }

  /** Lets everything on its way wait for so many ms. */
  hold(ms: number): void {
    this.#lastAt = Math.max(this.#lastAt, performance.now() + ms);
    this.#queue = this.#queue.map(({ what }) => ({ at: this.#lastAt, what }));
  }

  /** Loses what is on its way, and all that comes. */
  lose(): void {
    this.stop();
    this.#from.resume();
  }

  calm(): void {
    this.#pace = CALM;
  }

  stop(): void {
    this.#isLost = true;
    this.#queue = [];
    clearTimeout(this.#timer);
  }

  #pieces(bytes: Buffer): readonly Buffer[] {
    const { pieces } = this.#pace;
    if (pieces === null) return [bytes];
    const all: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + 1 + pieces.below(pieces.of([3, 200, 16_384])));
      all.push(bytes.subarray(at, end));
      at = end;
    }
    return all;
  }

  #add(what: Buffer | "finish" | "reset", bytes: number): void {
    this.#lastAt = Math.max(this.#lastAt, performance.now() + this.#pace.delayMs()) + bytes / this.#pace.rate;
    this.#queue.push({ at: this.#lastAt, what });
    this.#bytes += bytes;
  }

  /** Gives on what is due. */
  #go(): void {
    clearTimeout(this.#timer);
    for (let next = this.#queue[0]; next !== undefined && next.at <= performance.now(); next = this.#queue[0]) {
      this.#queue.shift();
      if (next.what === "reset") this.#to.resetAndDestroy();
      else if (next.what === "finish") this.#to.end();
      else {
        this.#bytes -= next.what.length;
        if (this.#to.writable) this.#to.write(next.what);
      }
    }
    this.#release();
    const [next] = this.#queue;
    if (next !== undefined) this.#timer = setTimeout(() => this.#go(), Math.max(0, next.at - performance.now()));
  }

  #release(): void {
    if (this.#bytes + this.#to.writableLength <= WINDOW_BYTES) this.#from.resume();
  }
}
