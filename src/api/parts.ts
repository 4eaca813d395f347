import type { FastifyBaseLogger } from "fastify";
import type { Clock } from "../clock.js";
import type { Store } from "../log/store.js";
import type { Exports } from "../outputs/export/exports.js";
import type { HookDesk } from "../outputs/hooks/desk.js";
import type { Official } from "../rooms/official/official.js";
import type { RoomManager } from "../rooms/state.js";
import type { Calls } from "./calls.js";
import type { Gate } from "./gate.js";
import type { Live } from "./live/live.js";
import type { Mender } from "./mender.js";
import type { Metrics } from "./metrics.js";
import type { Operator } from "./operator.js";
import type { TaskList } from "./task-list.js";
import type { Turns } from "./turns.js";
import type { Waiters } from "./waiters.js";

/** What the API keeps of a store. */
export type ApiStore = Omit<Store, "close">;

/** What every route is built from. */
export interface ApiParts {
  readonly store: ApiStore;
  readonly rooms: RoomManager;
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
  readonly gate: Gate;
  readonly calls: Calls;
  readonly waiters: Waiters;
  readonly turns: Turns;
  readonly live: Live;
  readonly metrics: Metrics;
  readonly hooks: HookDesk;
  readonly exports: Exports;
  readonly official: readonly Official[];
  /** Null where the server has no operator: a test, a stand-in. */
  readonly operator: Operator | null;
  readonly tasks: TaskList;
  /** Null where nothing is recorded: a test. */
  readonly mender: Mender | null;
}
