import { completeErasure, type EraseReport, eraseUser, overwriteResidue } from "../erasure/erase.js";
import type { RecordingsErased } from "../erasure/everywhere.js";
import { type Identity, namedIn } from "../erasure/identity.js";
import { type Redecoded, recordingsOf, redecode } from "../ingest/redecode.js";
import { Drift } from "../platform/wire/drift.js";
import { systemClock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { eraseAllRaw } from "../sources/raw/erase-all.js";
import type { Vocabulary } from "../statistics/words.js";
import type { RoomKey } from "../store/log.js";
import type { Store } from "../store/store.js";

/** Tasks of long work on what is kept, by name: what each is asked with, and what comes of it. Folders are of all raw recordings. */
export interface Tasks {
  /** Takes a person out of the log and what is made of it. */
  readonly erase: { readonly ask: { readonly user: string; readonly keep: boolean }; readonly result: EraseReport };
  /** Ends an erasure that was broken off when only what it left in the file was still to be overwritten. */
  readonly overwrite: { readonly ask: { readonly note: string }; readonly result: null };
  /** Takes a person out of what was recorded. */
  readonly eraseRaw: { readonly ask: { readonly folder: string; readonly identity: Identity }; readonly result: RecordingsErased };
  /** Decodes a room's recordings anew, or those of one broadcast. */
  readonly redecode: {
    readonly ask: { readonly folder: string; readonly room: RoomKey; readonly sessionId: string | null };
    readonly result: RedecodeResult;
  };
}
export type TaskName = keyof Tasks;

interface RedecodeResult extends Redecoded {
  /** Events that the store refused. */
  readonly refused: number;
}

/** Tasks that are under way, each done step by step by the caller that opened it. */
export interface TaskSteps {
  open(name: TaskName, ask: Tasks[TaskName]["ask"]): Promise<number>;
  /** Goes on for some 50 ms. */
  next(id: number): Promise<Pace<Tasks[TaskName]["result"]>>;
  /** Ends it, wherever it is; to be called after the end, too. */
  close(id: number): Promise<void>;
}

type Work = Pick<Paced<Tasks[TaskName]["result"]>, "next" | "stop">;

/** Runs tasks in this thread. */
export class LocalTasks implements TaskSteps {
  readonly #store: Store;
  readonly #vocabulary: () => Promise<Vocabulary>;
  readonly #open = new Map<number, Work>();
  #last = 0;

  constructor(store: Store, vocabulary: () => Promise<Vocabulary>) {
    this.#store = store;
    this.#vocabulary = vocabulary;
  }

  async open(name: TaskName, ask: Tasks[TaskName]["ask"]): Promise<number> {
    this.#open.set(++this.#last, this.#work(name, ask));
    return this.#last;
  }

  async next(id: number): Promise<Pace<Tasks[TaskName]["result"]>> {
    const work = this.#open.get(id);
    if (work === undefined) throw new DyliveError("internal", `there is no task ${id}`);
    return work.next();
  }

  async close(id: number): Promise<void> {
    this.#open.get(id)?.stop(new DyliveError("stopping", "the task was ended"));
    this.#open.delete(id);
  }

  #work(name: TaskName, ask: Tasks[TaskName]["ask"]): Work {
    // Which ask belongs to a name stands in the table above; TypeScript cannot follow that through the name.
    if (name === "erase") return this.#erase(ask as Tasks["erase"]["ask"]);
    if (name === "overwrite") return this.#overwrite(ask as Tasks["overwrite"]["ask"]);
    return name === "eraseRaw" ? this.#eraseRaw(ask as Tasks["eraseRaw"]["ask"]) : this.#redecode(ask as Tasks["redecode"]["ask"]);
  }

  #erase(ask: Tasks["erase"]["ask"]): Work {
    return new Paced(async (turn, signal) => {
      const report = await eraseUser(this.#store, { ...ask, signal, onProgress: turn });
      await completeErasure(this.#store, { ...report, vocabulary: await this.#vocabulary(), signal, onProgress: turn });
      return report;
    });
  }

  #overwrite({ note }: Tasks["overwrite"]["ask"]): Work {
    return new Paced(async (turn, signal) => {
      await overwriteResidue(this.#store, note, signal, turn);
      return null;
    });
  }

  #eraseRaw({ folder, identity }: Tasks["eraseRaw"]["ask"]): Work {
    let parts = 0;
    return new Paced((turn, signal) =>
      eraseAllRaw(folder, { named: namedIn(identity), signal, onPart: () => turn("reading raw recordings", ++parts) }),
    );
  }

  #redecode({ folder, room, sessionId }: Tasks["redecode"]["ask"]): Work {
    return new Paced(async (turn, signal) => {
      let refused = 0;
      const done = await redecode({
        store: this.#store,
        room,
        files: await recordingsOf(folder, room, sessionId),
        clock: systemClock,
        drift: new Drift(),
        signal,
        setAside: () => refused++,
        onProgress: (messages) => turn("decoding messages, each of them twice", messages),
      });
      return { ...done, refused };
    });
  }
}

/** Progress of a piece of long work, or its result. */
type Pace<R> = { readonly progress: JobProgress } | { readonly result: R };

interface JobProgress {
  /** Name of what is done now, in a few words. */
  readonly what: string;
  readonly count: number;
}

/** Callback that tells how far the work is, and goes on when there is a turn for it. */
export type Turn = (what: string, count: number) => Promise<void>;

/** Runs long work step by step, as it is asked to: in between others have their turn, and it can be left where it is. */
export class Paced<R> {
  readonly #work: (turn: Turn, signal: AbortSignal) => Promise<R>;
  readonly #stop = new AbortController();
  #asked: { readonly resolve: (pace: Pace<R>) => void; readonly reject: (error: unknown) => void } | null = null;
  #goOn: (() => void) | null = null;

  constructor(work: (turn: Turn, signal: AbortSignal) => Promise<R>) {
    this.#work = work;
  }

  /** Goes on to where it next tells how far it is. To be asked again when it has answered, until there is a result. @throws whatever the work throws */
  next(): Promise<Pace<R>> {
    const step = new Promise<Pace<R>>((resolve, reject) => {
      this.#asked = { resolve, reject };
    });
    const goOn = this.#goOn ?? (() => void this.#run());
    this.#goOn = null;
    goOn();
    return step;
  }

  /** Ends it at the next turn, whose caller no longer waits. */
  stop(reason: unknown): void {
    this.#stop.abort(reason);
    this.#goOn?.();
  }

  async #run(): Promise<void> {
    const turn: Turn = (what, count) => {
      const turned = new Promise<void>((resolve) => {
        this.#goOn = resolve;
      });
      this.#asked?.resolve({ progress: { what, count } });
      return turned;
    };
    try {
      const result = await this.#work(turn, this.#stop.signal);
      this.#asked?.resolve({ result });
    } catch (error) {
      this.#asked?.reject(error);
    }
  }
}
