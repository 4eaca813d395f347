import type { Clock } from "../src/runtime/clock.js";
import type { SimulatedBroadcast } from "./broadcast.js";
import { type RefusalForm, SimulatedSigner } from "./handshake.js";
import { hash32, makeLogId, type Random } from "./random.js";
import { loggedIn } from "./reply.js";
import { SimulatedRoom } from "./room.js";
import type { RoomScenario } from "./scenario.js";
import type { Schema } from "./schema.js";
import { Moods } from "./shares.js";
import { SimulatedWorks } from "./works/site.js";

/** Dependencies and settings of the fake platform. */
interface PlatformOptions {
  readonly schema: Schema;
  readonly clock: Clock;
  readonly random: Random;
  readonly startMs: number;
  readonly rooms: readonly RoomScenario[];
  readonly rateFactor: number;
  readonly guestGifts: boolean;
  readonly acceptAnySignature: boolean;
  readonly keep: number;
}

/** Receivers of gifts: guests too, those who have logged in, or nobody, which accounts that are held back see. */
export type GiftsTo = "everyone" | "logged_in" | "nobody";

/** Everything the platform knows: rooms and broadcasts, who has fetched, what was signed. */
export class SimulatedPlatform {
  readonly options: PlatformOptions;
  readonly signer: SimulatedSigner;
  readonly rooms: readonly SimulatedRoom[];
  readonly works: SimulatedWorks;
  /** Rooms for which viewers cannot connect now, with how each is refused. */
  readonly refusing = new Map<SimulatedRoom, (viewer: string) => RefusalForm | undefined>();
  /** When true, pages and web/enter answer as they do to callers they suspect. */
  captcha = false;
  /** When true, nobody is logged in, whatever their cookies say. */
  lapsed = false;
  /** Short links beside the rooms' own: code → address that it leads to. */
  readonly shortLinks = new Map<string, string>();
  /** Hosts that answer everything, handshakes too, with a status and not a byte. */
  readonly broken = new Map<string, number>();
  /** Delay of all that the platform sends, in ms. */
  lateMs = 0;
  /** When true, callers and viewers find TCP closed at once. */
  unplugged = false;
  /** Receivers of gifts now. */
  gifts: GiftsTo;
  /** Moods towards viewers, by which they are sent gifts. */
  readonly moods = new Moods();
  /** Number of visitors' codes that have been scanned whose pages have not asked yet. */
  scans = 0;
  readonly #ids: Random;
  readonly #clockStart: number;
  readonly #byNumber: ReadonlyMap<string, SimulatedRoom>;
  readonly #byRoomId = new Map<string, { readonly room: SimulatedRoom; readonly broadcast: SimulatedBroadcast }>();
  readonly #fetched = new Set<string>();
  readonly #stop: () => void;

  constructor(options: PlatformOptions) {
    this.options = options;
    this.gifts = options.guestGifts ? "everyone" : "logged_in";
    this.#ids = options.random.fork("ids");
    this.#clockStart = options.clock.now();
    this.signer = new SimulatedSigner(options.random.fork("signer"));
    const { schema, rateFactor, keep } = options;
    const now = (): number => this.now();
    this.rooms = options.rooms.map(
      (scenario) => new SimulatedRoom({ scenario, schema, now, rateFactor, keep, random: options.random.fork(`room/${scenario.webRid}`) }),
    );
    this.#byNumber = new Map(this.rooms.map((room) => [room.scenario.webRid, room]));
    this.works = new SimulatedWorks({
      random: options.random.fork("works"),
      startMs: options.startMs,
      now,
      knowsLogin: (cookies) => this.knowsLogin(cookies),
      captcha: () => this.captcha,
      makeLogId: () => this.makeLogId(),
    });
    for (const room of this.rooms) {
      if (room.scenario.state === "live") room.start(options.startMs);
      // Its last broadcast was two hours long and is over.
      if (room.scenario.state === "ended") room.start(options.startMs - 7_800_000, options.startMs).end(options.startMs - 600_000);
    }
    this.#stop = options.clock.every(TICK_MS, () => {
      for (const room of this.rooms) for (const broadcast of room.broadcasts) broadcast.tick();
    });
  }

  /** Stops the platform for good. */
  close(): void {
    this.#stop();
  }

  /** Returns the platform's time: it starts at the start instant and goes on with the clock. */
  now(): number {
    return this.options.startMs + (this.options.clock.now() - this.#clockStart);
  }

  /** Returns the room that a path of live.douyin.com names: its number, or its anchor's visible one. */
  byWebId(id: string): SimulatedRoom | null {
    const byNumber = this.#byNumber.get(id) ?? this.rooms.find(({ scenario }) => scenario.customId === id);
    return byNumber ?? this.rooms.find(({ anchor }) => anchor.displayId === id) ?? null;
  }

  bySecUid(secUid: string): SimulatedRoom | null {
    return this.rooms.find((room) => room.anchor.secUid === secUid) ?? null;
  }

  byShortCode(code: string): SimulatedRoom | null {
    return this.rooms.find(({ scenario }) => scenario.shortCode === code) ?? null;
  }

  /** Returns a broadcast, live or over, with its room. */
  byRoomId(roomId: string): { readonly room: SimulatedRoom; readonly broadcast: SimulatedBroadcast } | null {
    const known = this.#byRoomId.get(roomId);
    if (known !== undefined) return known;
    for (const room of this.rooms) {
      const broadcast = room.broadcasts.find((each) => each.roomId === roomId);
      if (broadcast === undefined) continue;
      this.#byRoomId.set(roomId, { room, broadcast });
      return { room, broadcast };
    }
    return null;
  }

  /** Returns true the first time that a visitor fetches a room's state; later calls get nothing. */
  firstFetch(visitor: string, roomId: string): boolean {
    const key = `${visitor}/${roomId}`;
    if (this.#fetched.has(key)) return false;
    this.#fetched.add(key);
    if (this.#fetched.size > FETCHED_KEPT) {
      const oldest = this.#fetched.values().next().value;
      if (oldest !== undefined) this.#fetched.delete(oldest);
    }
    return true;
  }

  /** Returns whether the platform takes a caller for somebody who is logged in. */
  knowsLogin(cookies: ReadonlyMap<string, string>): boolean {
    return !this.lapsed && loggedIn(cookies);
  }

  /** Returns whether somebody is given gifts now. */
  givesGifts(isLoggedIn: boolean): boolean {
    return this.gifts === "everyone" || (this.gifts === "logged_in" && isLoggedIn);
  }

  /** Uses up one scan, if there is one. */
  takeScan(): boolean {
    if (this.scans === 0) return false;
    this.scans--;
    return true;
  }

  /** Makes a value for the cookie ttwid. */
  makeTtwid(): string {
    return encodeURIComponent(`1|${this.#ids.token(43)}|${Math.floor(this.now() / 1000)}|${this.#ids.hex(64)}`);
  }

  /** Makes a value for the cookie msToken. */
  makeMsToken(): string {
    return this.#ids.token(164);
  }

  /** Makes a value for the cookie __ac_nonce: 21 characters. */
  makeNonce(): string {
    return `0${this.#ids.hex(20)}`;
  }

  /** Makes the nonce of a page's scripts. */
  makeScriptNonce(): string {
    return this.#ids.token(22);
  }

  /** Returns the visitor's id that belongs to a ttwid; the same one always. */
  userUniqueId(ttwid: string): string {
    const high = BigInt(hash32(`${ttwid}/high`) % 100_000) + 1_776_000_000n;
    return ((high << 32n) | BigInt(hash32(`${ttwid}/low`))).toString();
  }

  /** Makes an id for the headers of a reply. */
  makeLogId(): string {
    return makeLogId(this.now(), this.#ids.hex(20));
  }

  /** Makes a generator for one more connection. */
  forConnection(id: number): Random {
    return this.options.random.fork(`connection/${id}`);
  }
}

/** Interval at which broadcasts send what is due, in ms: messages of one such interval share a frame. */
const TICK_MS = 100;

const FETCHED_KEPT = 100_000;
