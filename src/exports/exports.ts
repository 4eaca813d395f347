import type { ReadingTime } from "../feed/reading-time.js";
import { DyliveError } from "../runtime/errors.js";
import type { Log } from "../store/log.js";
import { type ExportPiece, exportPieces } from "./export.js";
import type { ExportPlan } from "./plan.js";

/** Least bytes of an answer, so that what is handed between threads is worth its way. */
const PART_BYTES = 256 * 1024;
/** Most exports that are open at a time: each holds some 10 MB and its share of one core. */
const OPEN_MAX = 4;

/** Exports that are under way, each taken part by part by the caller that opened it. */
export interface Exports {
  /** Begins an export. @param payer the token that pays for its filter  @throws DyliveError in_use when too many are under way */
  open(plan: ExportPlan, payer: string): Promise<number>;
  /** Returns the next part of its bytes; null at the end. */
  next(id: number): Promise<Uint8Array | null>;
  /** Ends it, wherever it is; to be called after the end, too. */
  close(id: number): Promise<void>;
}

/** Exports made in this thread. */
export class LocalExports implements Exports {
  readonly #log: Pick<Log, "read">;
  readonly #time: ReadingTime;
  readonly #open = new Map<number, { readonly pieces: AsyncIterator<ExportPiece>; readonly stop: AbortController }>();
  #last = 0;

  /** @param time reading time of this thread */
  constructor(log: Pick<Log, "read">, time: ReadingTime) {
    this.#log = log;
    this.#time = time;
  }

  async open(plan: ExportPlan, payer: string): Promise<number> {
    if (this.#open.size >= OPEN_MAX)
      throw new DyliveError("in_use", `${OPEN_MAX} exports are under way, which is the most; wait for one to end`);
    const stop = new AbortController();
    this.#open.set(++this.#last, { pieces: exportPieces(this.#log, plan, stop.signal, { time: this.#time, payer }), stop });
    return this.#last;
  }

  async next(id: number): Promise<Uint8Array | null> {
    const one = this.#open.get(id);
    if (one === undefined) throw new DyliveError("internal", `there is no export ${id}`);
    const parts: Uint8Array[] = [];
    for (let size = 0; size < PART_BYTES; ) {
      const { value, done } = await one.pieces.next();
      if (done) return parts.length === 0 ? null : joined(parts);
      if (value.bytes.length > 0) parts.push(value.bytes);
      size += value.bytes.length;
    }
    return joined(parts);
  }

  async close(id: number): Promise<void> {
    const one = this.#open.get(id);
    this.#open.delete(id);
    one?.stop.abort(new DyliveError("stopping", "the export was ended"));
    await one?.pieces.return?.().catch(() => {}); // it was ended: that it says so is no news
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/**
 * Begins an export for a token, and gives its bytes as they are taken; however that ends, it is ended.
 * @throws DyliveError in_use when too many are under way
 */
export async function partsOf(exports: Exports, plan: ExportPlan, payer: string): Promise<AsyncIterable<Uint8Array>> {
  const id = await exports.open(plan, payer);
  return parts(exports, id);
}

async function* parts(exports: Exports, id: number): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const part = await exports.next(id);
      if (part === null) return;
      yield part;
    }
  } finally {
    await exports.close(id);
  }
}
