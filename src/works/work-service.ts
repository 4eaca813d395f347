import type { AskedWork } from "../platform/access/work-visitor.js";
import { type Clock, within } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { WorkRow, Works } from "../store/sql/works.js";
import type { WorkReader, WorkReaderStatus } from "./reader.js";
import { toldIn } from "./told.js";

/** Dependencies of the service of works. */
interface WorkServiceOptions {
  readonly reader: Pick<WorkReader, "find" | "read" | "status">;
  readonly works: Pick<Works, "keep" | "get">;
  readonly clock: Clock;
  /** Longest wait of a caller for a work's turn and its page, in ms, since the pace may rest and pause: two minutes by default. */
  readonly turnWithinMs?: number;
}

/** Reads works and keeps what was read. */
export class WorkService {
  readonly #options: WorkServiceOptions;

  constructor(options: WorkServiceOptions) {
    this.#options = options;
  }

  /**
   * Returns the work that a pasted text or an id means: as it is kept where that is young enough, else read now.
   * @param maxAgeMs age up to which what is kept will do, in ms; 0 reads in any case
   * @throws DyliveError bad_work, no_work, too_many_works, no_browser, browser_failed, unreachable; WorkError
   */
  read(text: string, maxAgeMs: number, signal: AbortSignal): Promise<WorkRow> {
    return this.#inTime(signal, async (until) => this.readAsked(await this.#options.reader.find(text, until), maxAgeMs, until));
  }

  /** Finds the work that a pasted text means. @throws DyliveError as {@link read} */
  find(text: string, signal: AbortSignal): Promise<AskedWork> {
    return this.#inTime(signal, (until) => this.#options.reader.find(text, until));
  }

  /** Returns the state of the reader and of its pace. */
  pace(): WorkReaderStatus {
    return this.#options.reader.status();
  }

  /** Returns a work that was found, as {@link read} does, however long its turn takes. @throws DyliveError as `read`; WorkError */
  async readAsked(asked: AskedWork, maxAgeMs: number, signal: AbortSignal): Promise<WorkRow> {
    const { reader, works, clock } = this.#options;
    const kept = await works.get(asked.id);
    if (kept !== null && clock.now() - kept.work.receivedAt < maxAgeMs) return kept;
    const { work, reply } = toldIn(await reader.read(asked, signal));
    return { work: await works.keep(work, reply), reply };
  }

  async #inTime<T>(signal: AbortSignal, work: (until: AbortSignal) => Promise<T>): Promise<T> {
    const { turnWithinMs = 120_000 } = this.#options;
    const until = within(signal, turnWithinMs);
    try {
      return await work(until);
    } catch (error) {
      if (!until.aborted || signal.aborted) throw error;
      const { waiting, pausedUntil } = this.pace();
      const why = pausedUntil === null ? `${waiting} wait` : "after many refusals nothing is read for five minutes";
      throw new DyliveError("too_many_works", `its turn did not come within ${turnWithinMs / 1000} s: ${why}`);
    }
  }
}
