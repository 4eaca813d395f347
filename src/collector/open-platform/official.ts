import type { LiveEvent } from "../../events/event.js";
import {
  AccessToken,
  type Ack,
  type AckRule,
  type HeldToken,
  type LaunchedRoom,
  OpenPlatform,
  type SharedToken,
} from "../../platform/open-platform/open-platform.js";
import { type DataSecrets, OPEN_PLATFORM, PushKeys } from "../../platform/open-platform/push.js";
import { Drift } from "../../platform/wire/drift.js";
import type { Clock } from "../../runtime/clock.js";
import { backoffMs, linkedController, monotonicMs } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { type PendingBytes, RateLimiter } from "../../runtime/rate-limiter.js";
import type { RoomKey } from "../../store/log.js";
import { allRooms } from "../../store/rooms.js";
import type { Store } from "../../store/store.js";
import { OfficialReceiver } from "./receiver.js";
import { type OfficialDeps, officialAlias } from "./rooms.js";
import { OfficialTasks, TASK_TYPES } from "./tasks.js";

/** Messages confirmed by one call where the platform gave no rule. */
const BATCH_MAX = 100;
/** Interval between looks for something to confirm, in ms; rules ask for about a second. */
const EVERY_MS = 1000;
const PAGE = 1000;
/** Age beyond which a message is of no use to the platform, in ms: after a long time off, history is not confirmed. */
const TOO_OLD_MS = 3_600_000;
const RECEIVED = 1;

/** Dependencies of {@link OfficialAcks}. */
interface AckDeps {
  readonly store: Pick<Store, "log" | "positions" | "rooms">;
  readonly clock: Clock;
  readonly platform: Pick<OpenPlatform, "appId" | "ack">;
  /** Called with what failed, of a room where it is of one, else ""; it is tried again. */
  readonly onFailed: (roomId: string, error: unknown) => void;
}

/** Something to do, again and again until it succeeds. */
interface Tended {
  readonly roomId: string;
  failures: number;
  /** Steady ms. */
  notBefore: number;
}

/**
 * Confirms to the platform that messages were received (履约上报, facts/official-push.md A5: mandatory for games released since April 2025). A
 * reader of the log like any other: what is confirmed was kept, a restart goes on from the position, and at worst a message is confirmed twice.
 * The rules of a launch are positions of the store too, so that every process knows them: of the rooms that have any, and the messages that
 * one call takes of each type, 0 for a type that is not to be confirmed.
 */
class OfficialAcks {
  readonly #deps: AckDeps;
  /** Rooms that have something to confirm, or may. */
  readonly #due = new Map<RoomKey, Tended>();
  /** The look for rooms that have something to confirm from before; null when it was done. */
  #look: Tended | null = null;

  constructor(deps: AckDeps) {
    this.#deps = deps;
    this.takeUp();
  }

  /** Notes that a room has something new. */
  tend(room: RoomKey, roomId: string): void {
    if (!this.#due.has(room)) this.#due.set(room, { roomId, failures: 0, notBefore: 0 });
  }

  /** Takes up every room of the app that has something to confirm, whichever process stored it: maybe nothing new of it ever comes. */
  takeUp(): void {
    this.#look ??= { roomId: "", failures: 0, notBefore: 0 };
  }

  /** Keeps the rules of a room, in place of those before; where there are none, every type is confirmed. */
  async setRules(room: RoomKey, rules: readonly AckRule[]): Promise<void> {
    const { positions } = this.#deps.store;
    const received = rules.filter(({ ackType }) => ackType === RECEIVED);
    for (const type of TASK_TYPES) if (!received.some(({ msgType }) => msgType === type)) await positions.set(this.#ruleOf(room, type), 0);
    for (const { msgType, batchMax } of received) await positions.set(this.#ruleOf(room, msgType), batchMax);
    await positions.set(this.#ruled(room), rules.length);
  }

  /** Confirms until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.round(signal);
      await this.#deps.clock.sleep(EVERY_MS, signal).catch(() => {});
    }
  }

  /** Confirms what is due now. */
  async round(signal: AbortSignal): Promise<void> {
    const look = this.#look;
    if (look !== null && this.#isDue(look)) {
      this.#look = null;
      if (!(await this.#done(look, () => this.#tendBehind(signal), signal))) this.#look = look;
    }
    for (const [room, tended] of [...this.#due]) {
      if (signal.aborted) return;
      if (!this.#isDue(tended)) continue;
      this.#due.delete(room);
      if (!(await this.#done(tended, () => this.#confirm(room, tended.roomId, signal), signal))) this.#due.set(room, tended);
    }
  }

  #isDue({ notBefore }: Tended): boolean {
    return monotonicMs(this.#deps.clock) >= notBefore;
  }

  /** Does work. @returns false when it failed, and is to be done later */
  async #done(tended: Tended, work: () => Promise<void>, signal: AbortSignal): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      tended.failures++;
      tended.notBefore = monotonicMs(this.#deps.clock) + backoffMs("network", tended.failures);
      if (!signal.aborted) this.#deps.onFailed(tended.roomId, error);
      return false;
    }
  }

  async #tendBehind(signal: AbortSignal): Promise<void> {
    const { log, positions, rooms } = this.#deps.store;
    const prefix = officialAlias(this.#deps.platform.appId, "").value;
    const heads = await log.heads();
    for (const { room, webRid } of await allRooms(rooms)) {
      const head = heads.get(room)?.head ?? 0;
      if (webRid !== null || head === 0) continue;
      const alias = (await rooms.aliases(room)).find(({ kind, value }) => kind === "official" && value.startsWith(prefix));
      if (signal.aborted) return;
      if (alias !== undefined && ((await positions.get(this.#reader(room))) ?? 0) < head) this.tend(room, alias.value.slice(prefix.length));
    }
  }

  async #confirm(room: RoomKey, roomId: string, signal: AbortSignal): Promise<void> {
    const { store, platform, clock } = this.#deps;
    let position = (await store.positions.get(this.#reader(room))) ?? 0;
    for (;;) {
      const { events, scanned, head } = await store.log.readRoom(room, position, PAGE);
      const acks = events.filter((event) => event.receivedAt > clock.now() - TOO_OLD_MS).flatMap((event) => ackOf(event) ?? []);
      const most = await this.#batchMaxOf(room, new Set(acks.map(({ msgType }) => msgType)));
      const wanted = acks.filter(({ msgType }) => most.get(msgType) !== 0);
      const size = Math.min(BATCH_MAX, ...[...most.values()].filter((max) => max > 0));
      for (let i = 0; i < wanted.length; i += size) await platform.ack(roomId, RECEIVED, wanted.slice(i, i + size), signal);
      if (scanned > position) await store.positions.set(this.#reader(room), scanned);
      position = scanned;
      if (scanned >= head) return;
    }
  }

  /** Returns how many messages one call may confirm of each of these types; 0 where none is to be. */
  async #batchMaxOf(room: RoomKey, types: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
    const { positions } = this.#deps.store;
    const most = new Map<string, number>();
    if (types.size === 0) return most;
    const hasRules = ((await positions.get(this.#ruled(room))) ?? 0) > 0;
    for (const type of types) most.set(type, hasRules ? ((await positions.get(this.#ruleOf(room, type))) ?? 0) : BATCH_MAX);
    return most;
  }

  /** Names the seq up to which messages of a room were confirmed. */
  #reader(room: RoomKey): string {
    return `official-ack:${this.#deps.platform.appId}:${room}`;
  }

  #ruled(room: RoomKey): string {
    return `official-rules:${this.#deps.platform.appId}:${room}`;
  }

  #ruleOf(room: RoomKey, msgType: string): string {
    return `official-rule:${this.#deps.platform.appId}:${room}:${msgType}`;
  }
}

/** Returns the confirmation of an event; null for what the platform did not send, or sent without an id. */
function ackOf({ source, id, method, receivedAt }: LiveEvent): Ack | null {
  if (source !== "official" || id.startsWith("h:")) return null;
  return { msgId: id, msgType: method, at: receivedAt };
}

/** An app of the Open Platform, as its operator set it up. */
interface OfficialApp {
  readonly appId: string;
  /** Last part of the address that is pushed to. */
  readonly path: string;
  readonly dataSecrets: DataSecrets;
  /** ms by which the time of a push may differ from ours */
  readonly windowMs: number;
  /** The app's secret; without it pushes are taken, and nothing is asked of the platform. */
  readonly secret: string | null;
  readonly tokenUrl: string;
  /** Stand-in for the platform: host H becomes URL/@H/…; null is the real one. */
  readonly upstream: string | null;
}

/** Dependencies of an app's ingest. */
interface OfficialIngestDeps extends Omit<OfficialDeps, "drift"> {
  /** Memory of what waits to be stored, shared with the rooms of this process. */
  readonly held: PendingBytes;
  readonly onLost: (pushes: number, roomId: string, error: unknown) => void;
  /** Called with what failed and is tried again: its errors hold no secret. */
  readonly onFailed: (about: { readonly doing: string; readonly roomId: string; readonly msgType?: string }, error: unknown) => void;
}

/** Calls a second to the platform; 10 are allowed (facts/official-push.md A2): no second may see more, a burst within it included. */
const CALLS_PER_S = 7;
const BURST = 2;

/** One app: what it pushes, and what is asked of the platform for it. */
export class Official {
  readonly appId: string;
  readonly path: string;
  readonly keys: PushKeys;
  readonly receiver: OfficialReceiver;
  /** Types and fields that were pushed and are not known here. */
  readonly drift: Drift;
  readonly #deps: OfficialIngestDeps;
  readonly #platform: OpenPlatform | null;
  readonly #acks: OfficialAcks | null;
  readonly #tasks: OfficialTasks | null;
  readonly #life: AbortController;
  #running: Promise<unknown>;

  /** What is pushed here is confirmed here, until {@link close}. */
  constructor(app: OfficialApp, deps: OfficialIngestDeps) {
    const { store, clock, onFailed } = deps;
    this.#deps = deps;
    this.appId = app.appId;
    this.path = app.path;
    this.keys = new PushKeys(app.dataSecrets, app.windowMs, clock);
    this.#life = new AbortController();
    this.#platform = app.secret === null ? null : platformFor(app, app.secret, deps, this.#life.signal);
    const platform = this.#platform;
    this.#acks =
      platform === null
        ? null
        : new OfficialAcks({ store, clock, platform, onFailed: (roomId, error) => onFailed({ doing: "ack", roomId }, error) });
    this.drift = new Drift();
    const stored = (room: number, { roomId }: { readonly roomId: string }) => this.#acks?.tend(room, roomId);
    const receiver = new OfficialReceiver({ ...deps, drift: this.drift, stored });
    this.receiver = receiver;
    this.#tasks =
      platform === null
        ? null
        : new OfficialTasks({
            platform,
            clock,
            rooms: store.rooms,
            sessions: store.sessions,
            positions: store.positions,
            store: (pushes) => receiver.store(pushes),
            onFailed: (roomId, msgType, error) => onFailed({ doing: "task", roomId, msgType }, error),
          });
    this.#running = this.#acks?.run(this.#life.signal) ?? Promise.resolve();
  }

  /** Keeps the tasks of the watch list running, which one process does, and confirms what others left. @returns what ends that: the tasks then go on */
  work(): () => Promise<void> {
    const stop = linkedController(this.#life.signal);
    // The process that did this before may be gone, with what it had not confirmed.
    this.#acks?.takeUp();
    const running = this.#tasks?.run(stop.signal);
    this.#running = Promise.all([this.#running, running]);
    return async () => {
      stop.abort(new DyliveError("stopping", "the tasks are left to others"));
      await running;
      stop.release();
    };
  }

  /** Returns the status of the tasks of the rooms on the watch list, where they are kept running. */
  tasks(): ReturnType<OfficialTasks["status"]> {
    return this.#tasks?.status() ?? [];
  }

  /**
   * Puts the room of a launch token on the watch list: its tasks are started within seconds, and its messages confirmed as it asks for.
   * @throws DyliveError unreachable, official_refused, bad_request
   */
  async launch(launchToken: string): Promise<LaunchedRoom & { readonly room: number }> {
    const launched = await this.#asking().launched(launchToken, this.#life.signal);
    const { roomId, nickname, avatar, anchorOpenId, ackRules } = launched;
    const { rooms } = this.#deps.store;
    const room = await rooms.ensure([officialAlias(this.appId, roomId)], { anchor: { id: null, secUid: anchorOpenId, nickname, avatar } });
    await this.#acks?.setRules(room, ackRules);
    await rooms.setWatch(room, "on");
    return { ...launched, room };
  }

  /** Tells the platform that messages were handled (ack type 2), which only the program that shows them knows. @throws DyliveError unreachable, official_refused, bad_request */
  async handled(roomId: string, acks: readonly Ack[]): Promise<void> {
    await this.#asking().ack(roomId, 2, acks, this.#life.signal);
  }

  /** Ends the work; pushes that a store which is away has not taken are lost. */
  async close(): Promise<void> {
    this.#life.abort(new DyliveError("stopping", "the Open Platform's ingest was stopped"));
    await this.receiver.stop();
    await this.#running;
  }

  #asking(): OpenPlatform {
    if (this.#platform !== null) return this.#platform;
    throw new DyliveError("bad_request", "the app's secret is not set: DYLIVE_OFFICIAL_SECRET");
  }
}

function platformFor(app: OfficialApp, secret: string, { store, clock }: OfficialIngestDeps, life: AbortSignal): OpenPlatform {
  const { appId, tokenUrl, upstream } = app;
  const at = (url: string) => (upstream === null ? url : url.replace(/^https?:\/\//, `${upstream.replace(/\/+$/, "")}/@`));
  const budget = new RateLimiter(clock, { perSecond: CALLS_PER_S, burst: BURST });
  const shared = store.cluster === undefined ? null : sharedToken(store.cluster, appId, life);
  const token = new AccessToken({ appId, secret }, at(tokenUrl), clock, life, shared);
  return new OpenPlatform({ appId, token, base: at(OPEN_PLATFORM.api), turn: (signal) => budget.turn(signal) });
}

/** Where the processes of a cluster share an app's access token: fetching one shortens the one before, so that only one of them may at a time. */
function sharedToken(cluster: NonNullable<Store["cluster"]>, appId: string, life: AbortSignal): SharedToken {
  const { locks, shared } = cluster;
  const name = `official-token:${appId}`;
  return {
    renew: async (renewed) => {
      const giveUp = await locks.take(name, () => {}, life);
      try {
        const before = heldIn(await shared.get(name));
        const now = await renewed(before);
        if (now !== before) await shared.set(name, JSON.stringify(now));
        return now;
      } finally {
        await giveUp();
      }
    },
  };
}

function heldIn(text: string | null): HeldToken | null {
  if (text === null) return null;
  const held = JSON.parse(text) as Partial<HeldToken>;
  const { text: token, refreshAt, expiresAt } = held;
  return typeof token === "string" && typeof refreshAt === "number" && typeof expiresAt === "number"
    ? { text: token, refreshAt, expiresAt }
    : null;
}
