import { DyliveError } from "../../runtime/errors.js";
import type { Appended } from "../log.js";
import { appendBatches, type PostgresBatch } from "./append.js";
import type { PostgresConnection } from "./connection.js";
import type { Days } from "./days.js";
import { isValues } from "./refusal.js";

/** Most events of one statement: more would hold the heads of its rooms for too long. The rest takes the next one. */
const MAX_EVENTS = 5000;
/** Most waiting events (100 MB or so), beyond which calls are refused: the database does not keep up. */
const MAX_WAITING = 200_000;

interface AppendCall {
  readonly batches: readonly PostgresBatch[];
  readonly weight: number;
  readonly resolve: (appended: readonly Appended[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Commits in groups: one statement is under way at a time, and what comes meanwhile shares the next one. The order of calls is thus kept,
 * and the more there is to do the more is done at once. A call that fails takes no other with it.
 */
export class Flusher {
  readonly #connection: PostgresConnection;
  readonly #days: Days;
  #calls: AppendCall[] = [];
  #waiting = 0;
  #running = false;

  constructor(connection: PostgresConnection, days: Days) {
    this.#connection = connection;
    this.#days = days;
  }

  /** Appends with the next statement. */
  append(batches: readonly PostgresBatch[]): Promise<readonly Appended[]> {
    const weight = batches.reduce((sum, { rows }) => sum + rows.length, 1);
    if (this.#waiting + weight > MAX_WAITING && this.#calls.length > 0)
      return Promise.reject(new DyliveError("internal", `${this.#waiting} events wait for the database already`));
    return new Promise((resolve, reject) => {
      this.#calls.push({ batches, weight, resolve, reject });
      this.#waiting += weight;
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    // Calls of the same turn share the first statement too.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#calls.length > 0) await this.#settle(this.#take());
    this.#running = false;
  }

  #take(): readonly AppendCall[] {
    let weight = 0;
    let count = 0;
    for (const call of this.#calls) {
      if (count > 0 && weight + call.weight > MAX_EVENTS) break;
      weight += call.weight;
      count++;
    }
    this.#waiting -= weight;
    return this.#calls.splice(0, count);
  }

  async #settle(calls: readonly AppendCall[]): Promise<void> {
    try {
      const batches = calls.flatMap((call) => call.batches);
      const appended = await appendBatches(this.#connection, this.#days, batches);
      let at = 0;
      for (const call of calls) {
        call.resolve(appended.slice(at, at + call.batches.length));
        at += call.batches.length;
      }
    } catch (error) {
      if (calls.length > 1 && isValues(error)) for (const call of calls) await this.#settle([call]);
      else for (const call of calls) call.reject(error);
    }
  }
}
