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
import { backoffMs, follow, steadyMs } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { RateLimiter } from "../../runtime/rate-limiter.js";
import type { RoomKey } from "../../store/log.js";
import type { Store } from "../../store/store.js";
import { OfficialReceiver } from "./receiver.js";
import { type OfficialDeps, officialAlias } from "./rooms.js";
import { PushSpool } from "./spool.js";
import { OfficialTasks } from "./tasks.js";

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
  readonly store: Pick<Store, "log" | "positions">;
  readonly clock: Clock;
  readonly platform: Pick<OpenPlatform, "appId" | "ack">;
  readonly onFailed: (roomId: string, error: unknown) => void;
}

interface Tended {
  readonly roomId: string;
  rules: readonly AckRule[];
  failures: number;
  notBefore: number;
}

/**
 * Confirms to the platform that messages were received (履约上报, facts/official-push.md A5: mandatory for games released since April 2025). A
 * reader of the log like any other: what is confirmed was kept, a restart goes on from the position, and at worst a message is confirmed twice.
 */
class OfficialAcks {
  readonly #deps: AckDeps;
  readonly #reader: string;
  /** Rooms that have something to confirm, or may. */
  readonly #due = new Set<RoomKey>();
  readonly #rooms = new Map<RoomKey, Tended>();

  constructor(deps: AckDeps) {
    this.#deps = deps;
    this.#reader = `official-ack:${deps.platform.appId}`;
  }

  /** Notes that a room has something new, or that its rules became known. */
  tend(room: RoomKey, roomId: string, rules?: readonly AckRule[]): void {
    const tended = this.#rooms.get(room) ?? { roomId, rules: [], failures: 0, notBefore: 0 };
    if (rules !== undefined) tended.rules = rules;
    this.#rooms.set(room, tended);
    this.#due.add(room);
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
    const { clock, onFailed } = this.#deps;
    for (const room of [...this.#due]) {
      const tended = this.#rooms.get(room);
      if (signal.aborted || tended === undefined) return;
      if (steadyMs(clock) < tended.notBefore) continue;
      this.#due.delete(room);
      try {
        await this.#confirm(room, tended, signal);
        tended.failures = 0;
        // Without rules there is nothing to remember of it.
        if (tended.rules.length === 0 && !this.#due.has(room)) this.#rooms.delete(room);
      } catch (error) {
        this.#due.add(room);
        tended.failures++;
        tended.notBefore = steadyMs(clock) + backoffMs("network", tended.failures);
        if (!signal.aborted) onFailed(tended.roomId, error);
      }
    }
  }

  async #confirm(room: RoomKey, { roomId, rules }: Tended, signal: AbortSignal): Promise<void> {
    const { store, platform, clock } = this.#deps;
    const wanted = rules.filter(({ ackType }) => ackType === RECEIVED);
    const types = rules.length === 0 ? null : new Set(wanted.map(({ msgType }) => msgType));
    const size = Math.min(BATCH_MAX, ...wanted.map(({ batchMax }) => batchMax));
    let position = (await store.positions.get(this.#reader, room)) ?? 0;
    for (;;) {
      const { events, scanned, head } = await store.log.read(room, position, PAGE);
      const acks = events.filter((event) => event.receivedAt > clock.now() - TOO_OLD_MS).flatMap((event) => ackOf(event, types) ?? []);
      for (let i = 0; i < acks.length; i += size) await platform.ack(roomId, RECEIVED, acks.slice(i, i + size), signal);
      if (scanned > position) await store.positions.set(this.#reader, room, scanned);
      position = scanned;
      if (scanned >= head) return;
    }
  }
}

/** Returns the confirmation of an event; null for what the platform did not send, or sent without an id. */
function ackOf({ source, id, method, receivedAt }: LiveEvent, types: ReadonlySet<string> | null): Ack | null {
  if (source !== "official" || id.startsWith("h:") || (types !== null && !types.has(method))) return null;
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
  /** Folder of the spool. */
  readonly spool: string;
  readonly setAsidePush: (line: string, error: unknown) => void;
  /** Told of what failed and is tried again: its errors hold no secret. */
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

  private constructor(app: OfficialApp, deps: OfficialIngestDeps, spool: PushSpool) {
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
    const receiver = new OfficialReceiver({ ...deps, drift: this.drift, spool, stored });
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

  /** Opens the spool and takes up what waits in it; what is pushed here is confirmed here, until {@link close}. */
  static async start(app: OfficialApp, deps: OfficialIngestDeps): Promise<Official> {
    return new Official(app, deps, await PushSpool.open(deps.spool));
  }

  /** Keeps the tasks of the watch list running, which one process does. @returns what ends that: the tasks then go on */
  work(): () => Promise<void> {
    const stop = follow(this.#life.signal);
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
    await rooms.setWatch(room, "on");
    this.#acks?.tend(room, roomId, ackRules);
    return { ...launched, room };
  }

  /** Tells the platform that messages were handled (ack type 2): whoever shows them knows, we do not. @throws DyliveError unreachable, official_refused, bad_request */
  async handled(roomId: string, acks: readonly Ack[]): Promise<void> {
    await this.#asking().ack(roomId, 2, acks, this.#life.signal);
  }

  /** Ends the work; pushes that are not in the log stay in the spool. */
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
