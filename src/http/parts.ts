import type { FastifyBaseLogger } from "fastify";
import type { Official } from "../collector/open-platform/official.js";
import type { Exports } from "../exports/exports.js";
import type { Waiters } from "../feed/waiters.js";
import type { RoomManager } from "../health/state.js";
import type { Clock } from "../runtime/clock.js";
import type { Store } from "../store/store.js";
import type { HookDesk } from "../webhooks/desk.js";
import type { Calls } from "./calls.js";
import type { Gate } from "./gate.js";
import type { Mender } from "./mender.js";
import type { Metrics } from "./metrics.js";
import type { Operator } from "./operator.js";
import type { Live } from "./streams/live.js";
import type { TaskList } from "./task-list.js";
import type { Turns } from "./turns.js";

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
