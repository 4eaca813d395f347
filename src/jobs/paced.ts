/** Progress of a piece of long work, or its result. */
export type Pace<R> = { readonly progress: JobProgress } | { readonly result: R };

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
