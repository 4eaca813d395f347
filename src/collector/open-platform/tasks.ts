import { ERR, FAILED_PAGE_SIZE, OfficialRefusal, type OpenPlatform } from "../../platform/open-platform/open-platform.js";
import type { Clock } from "../../runtime/clock.js";
import { backoffMs, monotonicMs } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../../store/log.js";
import { allRooms } from "../../store/rooms.js";
import type { Positions } from "../../store/sql/positions.js";
import type { Store } from "../../store/store.js";
import type { OfficialReceiver } from "./receiver.js";

/** Types whose failed pushes the platform keeps, for a day (facts/official-push.md A4); of others what was lost stays lost. */
const RECOVERABLE: readonly string[] = ["live_gift", "live_fansclub"];
/** The platform keeps the first 100,000 items of a task. */
const MAX_PAGE = 1000;

/** Dependencies of {@link recoverFailed}. */
interface RecoveryDeps {
  readonly platform: Pick<OpenPlatform, "appId" | "failed">;
  readonly positions: Positions;
  readonly clock: Clock;
  /** Puts pushes into the log; rejects when it cannot. */
  readonly store: OfficialReceiver["store"];
}

/**
 * Fetches the pushes of a task that the platform could not deliver, from where the last call came to. We alone keep that: it is the last
 * page, as a position of the store, set only when what was before is in the log. The last page is read again each time, since it still grows.
 * @returns how many pushes the pages held; what is in the log already is known there by its ids
 */
async function recoverFailed(
  { platform, positions, clock, store }: RecoveryDeps,
  { room, roomId, msgType }: { readonly room: RoomKey; readonly roomId: string; readonly msgType: string },
  signal: AbortSignal,
): Promise<number> {
  const reader = `official-failed:${platform.appId}:${room}:${msgType}`;
  let page = (await positions.get(reader)) ?? 1;
  let found = 0;
  for (; page <= MAX_PAGE; page++) {
    const payloads = await pageOf(platform, roomId, msgType, page, signal);
    if (payloads.length > 0) {
      const receivedAt = clock.now();
      await store(payloads.map((payload) => ({ appId: platform.appId, roomId, msgType, receivedAt, body: Buffer.from(payload) })));
      found += payloads.length;
    }
    if (payloads.length < FAILED_PAGE_SIZE) break;
    await positions.set(reader, page + 1);
  }
  return found;
}

/** The page after a full one may not exist yet, which the platform calls an error. */
async function pageOf(
  platform: RecoveryDeps["platform"],
  roomId: string,
  msgType: string,
  page: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    return await platform.failed(roomId, msgType, page, signal);
  } catch (error) {
    if (page > 1 && error instanceof OfficialRefusal && error.errNo === ERR.badPage) return [];
    throw error;
  }
}

/** Types that a task is started for; an app gets those that it has the ability for. */
export const TASK_TYPES: readonly string[] = ["live_comment", "live_gift", "live_like", "live_fansclub"];
/** Interval between looks at the watch list, in ms: how soon a change of it is noticed, also one by another process. */
const LOOK_MS = 2000;
/** Interval between recoveries of lost pushes, in ms: within the platform's advice of 10 to 30 s (facts/official-push.md A4). */
const RECOVER_MS = 20_000;
/** Interval at which the platform is asked whether the tasks still run, in ms. */
const CHECK_MS = 60_000;

const OVER: ReadonlySet<number> = new Set([ERR.notMounted, ERR.precondition]);
/** Refusals after which a task is given up: one each quarter of an hour for four hours; the broadcast is over, or never was. */
const MAX_REFUSALS = 20;

/** Status of a room's tasks, by type; `problem` says why one is not started or cannot be looked at. */
interface TaskStatus {
  readonly roomId: string;
  readonly tasks: Readonly<Record<string, { readonly state: PushTask["state"]; readonly problem: string | null }>>;
}

/** Dependencies of {@link OfficialTasks}. */
interface TaskDeps extends RecoveryDeps {
  readonly platform: OpenPlatform;
  readonly rooms: Store["rooms"];
  readonly sessions: Store["sessions"];
  readonly clock: Clock;
  /** Called with what failed, of a room and a type where it is of one, else ""; it is tried again. */
  readonly onFailed: (roomId: string, msgType: string, error: unknown) => void;
}

interface PushTask {
  /** `ending`: the platform has ended it, and what it lost is still to be fetched. */
  state: "new" | "running" | "ending" | "ended";
  problem: string | null;
  failures: number;
  /** Refusals in a row. */
  refusals: number;
  /** When something is to be done, and when the platform is to be asked about the task: steady ms. */
  nextAt: number;
  checkAt: number;
}

interface TaskRoom {
  readonly key: RoomKey;
  readonly roomId: string;
  readonly tasks: Map<string, PushTask>;
}

/**
 * Keeps the push tasks of the rooms on the watch list running, fetches what their pushes lost, and stops the tasks of rooms that were taken
 * off it. The list is the store's, so the command line and a restart need nothing else.
 */
export class OfficialTasks {
  readonly #deps: TaskDeps;
  readonly #rooms = new Map<string, TaskRoom>();
  /** Rooms whose tasks were stopped by this process since they were paused. */
  readonly #paused = new Set<RoomKey>();

  constructor(deps: TaskDeps) {
    this.#deps = deps;
  }

  /** Returns the rooms whose tasks are kept running, with their status. */
  status(): readonly TaskStatus[] {
    return [...this.#rooms.values()].map(({ roomId, tasks }) => ({
      roomId,
      tasks: Object.fromEntries([...tasks].map(([type, { state, problem }]) => [type, { state, problem }])),
    }));
  }

  /** Works until the signal aborts. The tasks then go on: the platform pushes into a server that comes back. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.round(signal);
      await this.#deps.clock.sleep(LOOK_MS, signal).catch(() => {});
    }
  }

  /** Does what is due now. */
  async round(signal: AbortSignal): Promise<void> {
    await this.#guarded("", signal, () => this.#look(signal));
    for (const room of this.#rooms.values()) {
      for (const [msgType, task] of room.tasks) {
        if (signal.aborted) return;
        await this.#tend(room, msgType, task, signal);
      }
      if ([...room.tasks.values()].every(({ state }) => state === "ended")) await this.#end(room, signal);
    }
  }

  /** Compares the watch list with what runs. */
  async #look(signal: AbortSignal): Promise<void> {
    const { rooms, platform } = this.#deps;
    const prefix = `${platform.appId}:`;
    const wanted = new Set<string>();
    for (const { room, watch, webRid } of await allRooms(rooms)) {
      if (watch === "off" || webRid !== null) continue;
      const alias = (await rooms.aliases(room)).find(({ kind, value }) => kind === "official" && value.startsWith(prefix));
      if (alias === undefined) continue;
      const roomId = alias.value.slice(prefix.length);
      if (watch === "on") {
        wanted.add(roomId);
        this.#paused.delete(room);
      }
      // One that was paused while no server ran is held until its tasks are stopped.
      if (!this.#rooms.has(roomId) && !this.#paused.has(room)) this.#rooms.set(roomId, { key: room, roomId, tasks: newTasks() });
    }
    for (const [roomId, room] of this.#rooms) {
      if (wanted.has(roomId)) continue;
      await this.#guarded(roomId, signal, async () => {
        await this.#stop(room, signal);
        this.#rooms.delete(roomId);
        this.#paused.add(room.key);
      });
    }
  }

  async #tend(room: TaskRoom, msgType: string, task: PushTask, signal: AbortSignal): Promise<void> {
    const now = monotonicMs(this.#deps.clock);
    if (now < task.nextAt || task.state === "ended") return;
    try {
      if (now >= task.checkAt) {
        task.state = await this.#check(room.roomId, msgType, task.state, signal);
        task.checkAt = now + CHECK_MS;
      }
      if (RECOVERABLE.includes(msgType)) await recoverFailed(this.#deps, { room: room.key, roomId: room.roomId, msgType }, signal);
      if (task.state === "ending") task.state = "ended";
      Object.assign(task, { problem: null, failures: 0, refusals: 0, nextAt: now + RECOVER_MS });
    } catch (error) {
      if (signal.aborted) return;
      const refused = error instanceof OfficialRefusal;
      task.failures++;
      task.refusals = refused ? task.refusals + 1 : 0;
      task.problem = error instanceof DyliveError ? error.detail : "dylive failed";
      task.nextAt = now + backoffMs(refused ? "refusal" : "network", task.failures);
      if (task.state === "new") task.checkAt = 0;
      if (task.refusals > MAX_REFUSALS) task.state = "ended";
      this.#deps.onFailed(room.roomId, msgType, error);
    }
  }

  /** Starts a task, or sees whether it still runs. */
  async #check(roomId: string, msgType: string, state: PushTask["state"], signal: AbortSignal): Promise<PushTask["state"]> {
    const { platform } = this.#deps;
    const seen = state === "new" ? "stopped" : await platform.state(roomId, msgType, signal);
    if (seen === "none") return "ending";
    if (seen === "stopped") await platform.start(roomId, msgType, signal);
    return "running";
  }

  /** Stops the tasks of a room, and fetches what they lost until then. */
  async #stop({ key, roomId, tasks }: TaskRoom, signal: AbortSignal): Promise<void> {
    const ifThere = (error: unknown) => {
      // Of a broadcast that is over there is nothing to stop.
      if (!(error instanceof OfficialRefusal && OVER.has(error.errNo))) throw error;
    };
    for (const msgType of tasks.keys()) {
      await this.#deps.platform.stop(roomId, msgType, signal).catch(ifThere);
      if (RECOVERABLE.includes(msgType)) await recoverFailed(this.#deps, { room: key, roomId, msgType }, signal).catch(ifThere);
    }
  }

  /** Ends a room of which the platform has ended every task: the broadcast is over, or the app was unmounted. */
  async #end({ key, roomId }: TaskRoom, signal: AbortSignal): Promise<void> {
    await this.#guarded(roomId, signal, async () => {
      await this.#deps.sessions.end(key, roomId, this.#deps.clock.now(), "offline");
      await this.#deps.rooms.setWatch(key, "off");
      this.#rooms.delete(roomId);
    });
  }

  /** Does work, and reports its failure. @param roomId "" for what concerns no room by itself */
  async #guarded(roomId: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!signal.aborted) this.#deps.onFailed(roomId, "", error);
    }
  }
}

function newTasks(): Map<string, PushTask> {
  return new Map(
    TASK_TYPES.map((type): [string, PushTask] => [type, { state: "new", problem: null, failures: 0, refusals: 0, nextAt: 0, checkAt: 0 }]),
  );
}
