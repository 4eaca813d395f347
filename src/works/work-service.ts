import type { AskedWork } from "../platform/access/work-visitor.js";
import type { AskedList } from "../platform/works/work-list.js";
import { type Clock, within } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import type { WorkRow, Works } from "../store/sql/works.js";
import { type FoundWork, foundWork } from "./found-work.js";
import type { Person } from "./model/author.js";
import type { WorkReader, WorkReaderStatus } from "./reader.js";

/** Dependencies of the service of works. */
interface WorkServiceOptions {
  readonly reader: Pick<WorkReader, "find" | "findList" | "read" | "status">;
  readonly works: Pick<Works, "keep" | "get" | "replace" | "remove">;
  /** Makes the function that takes people out of a work who were erased since it was read; null when no one was. It gives null for theirs. */
  readonly erased?: () => Promise<((row: WorkRow) => WorkRow | null) | null>;
  /** Tells until when (ms UTC) nothing is kept of a person, since they were erased; null where they were not. */
  readonly erasedUntil?: (person: Person) => Promise<number | null>;
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
   * @throws DyliveError bad_work, no_work, erased, too_many_works, no_browser, browser_failed, unreachable; WorkError
   */
  read(text: string, maxAgeMs: number, signal: AbortSignal): Promise<WorkRow> {
    return this.#withTimeout(signal, async (until) => this.readAsked(await this.#options.reader.find(text, until), maxAgeMs, until));
  }

  /** Finds the work that a pasted text means. @throws DyliveError as {@link read} */
  find(text: string, signal: AbortSignal): Promise<AskedWork> {
    return this.#withTimeout(signal, (until) => this.#options.reader.find(text, until));
  }

  /** Finds the author or the mix that a pasted text means. @throws DyliveError as {@link read} */
  findList(text: string, signal: AbortSignal): Promise<AskedList> {
    return this.#withTimeout(signal, (until) => this.#options.reader.findList(text, until));
  }

  /** Returns the state of the reader and of its pace. */
  pace(): WorkReaderStatus {
    return this.#options.reader.status();
  }

  /** Returns a work that was found, as {@link read} does, however long its turn takes. @throws DyliveError as `read`; WorkError */
  async readAsked(asked: AskedWork, maxAgeMs: number, signal: AbortSignal): Promise<WorkRow> {
    const { reader, works, clock } = this.#options;
    const kept = await works.get(asked.id);
    const ageMs = kept === null ? null : clock.now() - kept.work.receivedAt;
    // One of the future was read by a clock that was set back since.
    if (kept !== null && ageMs !== null && ageMs >= 0 && ageMs < maxAgeMs) return kept;
    const found = foundWork(await reader.read(asked, signal));
    const row = await this.keep(found);
    if (row === null) throw erasedAuthor(found.work.id);
    return row;
  }

  /** Keeps a work that was read, without those who were erased. @returns it as it is kept now; null where its author was */
  async keep({ work, reply }: FoundWork): Promise<WorkRow | null> {
    const { works, clock } = this.#options;
    const read = await this.#without({ work, reply });
    if (read === null) return null;
    const row = { work: await works.keep(read.work, read.reply, clock.now()), reply: read.reply };
    // An erasure that began meanwhile may have passed by before it was there.
    const left = await this.#without(row);
    if (left === row) return row;
    if (left === null) await works.remove(work.id);
    else await works.replace(left.work, left.reply);
    return left;
  }

  /** Refuses an author of whom nothing is kept for now. @throws DyliveError erased, with the time from which they are kept again */
  async refuseErased(author: Person): Promise<void> {
    const { clock, erasedUntil } = this.#options;
    const until = (await erasedUntil?.(author)) ?? null;
    if (until === null || clock.now() > until) return;
    throw new DyliveError("erased", msg`nothing is kept of this author until ${new Date(until).toISOString()}`);
  }

  async #without(row: WorkRow): Promise<WorkRow | null> {
    const without = (await this.#options.erased?.()) ?? null;
    return without === null ? row : without(row);
  }

  async #withTimeout<T>(signal: AbortSignal, work: (until: AbortSignal) => Promise<T>): Promise<T> {
    const { turnWithinMs = 120_000 } = this.#options;
    const until = within(signal, turnWithinMs);
    try {
      return await work(until);
    } catch (error) {
      if (!until.aborted || signal.aborted) throw error;
      const { waiting, pausedUntil } = this.pace();
      const why = pausedUntil === null ? msg`${waiting} wait` : msg`after many refusals nothing is read for five minutes`;
      throw new DyliveError("too_many_works", msg`its turn did not come within ${turnWithinMs / 1000} s: ${why}`);
    }
  }
}

/** Returns the person of a sec_uid, of whom nothing else is known. */
export function personOfSecUid(secUid: string): Person {
  return { id: null, secUid, displayId: null, shortId: null, nickname: null, avatar: null };
}

/** Returns the error of a work whose author was erased. */
export function erasedAuthor(id: string): DyliveError {
  return new DyliveError("erased", msg`nothing is kept of the work ${id}`);
}
