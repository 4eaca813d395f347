import type { RoomHealth } from "../health/room-health.js";
import type { RoomState } from "../health/state.js";
import type { Clock } from "../runtime/clock.js";
import type { ErrorCode } from "../runtime/errors.js";

const LOOK_EVERY_MS = 1000;
/** States that readers care about. */
const LOGGED: ReadonlySet<RoomState> = new Set<RoomState>(["waiting", "live", "stalled", "blocked", "ended", "failed", "paused"]);

/** Tells the log of a change of state at `at`, ms UTC. */
type Tell = (from: RoomState, to: RoomState, reason: string, at: number) => Promise<void>;

/** Brings a room from state to state, by what the platform does and by whether the log keeps up, and tells the log, one change after the other. */
export class Teller {
  readonly #health: RoomHealth;
  readonly #clock: Clock;
  readonly #tell: Tell;
  #telling: Promise<unknown> = Promise.resolve();

  constructor(health: RoomHealth, clock: Clock, tell: Tell) {
    this.#health = health;
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Goes to a state. Resolves when the log knows. @throws what telling throws */
  async to(state: RoomState, reason: string, problem: ErrorCode | null = null): Promise<void> {
    await this.#told(this.#health.to(state, reason, problem));
  }

  /** Looks every second whether the log keeps up with what comes. @returns what ends that */
  watch(): () => void {
    return this.#clock.every(LOOK_EVERY_MS, () => void this.#told(this.#health.look()).catch(() => {})); // stopped, or another process's by now
  }

  #told(from: RoomState | null): Promise<void> {
    const { state, reason } = this.#health;
    if (from === null || !LOGGED.has(state)) return Promise.resolve();
    const at = this.#clock.now();
    const turn = this.#telling.then(() => this.#tell(from, state, reason, at));
    this.#telling = turn.catch(() => {});
    return turn;
  }
}
