import type { Clock } from "../runtime/clock.js";
import type { Store } from "../store/store.js";
import { fold } from "./fold.js";
import type { Vocabulary } from "./words.js";

/** Takes the next step of statistics and search index, as `Derived.advance` does. @returns whether there may be more to do */
export function advance({ derived }: Pick<Store, "derived">, vocabulary: Vocabulary): Promise<boolean> {
  return derived.advance((rows) => fold(rows, vocabulary));
}

/** Brings statistics and search index up to date. @param onStep called after each step that left more to do */
export async function catchUp(
  store: Pick<Store, "derived">,
  vocabulary: Vocabulary,
  { signal, onStep }: { readonly signal?: AbortSignal; readonly onStep?: () => void | Promise<void> } = {},
): Promise<void> {
  while (await advance(store, vocabulary)) {
    signal?.throwIfAborted();
    await onStep?.();
  }
}

/** Pause between looks at what is new, in ms: a commit for the events of two seconds, and figures that are no older. */
const PAUSE_MS = 2000;

/**
 * Keeps statistics and search index up to date until the signal aborts; ends after the step that is under way.
 * @param step takes the next one. @returns whether there may be more to do
 */
export async function keepUpToDate(
  step: () => Promise<boolean>,
  clock: Pick<Clock, "sleep">,
  onError: (error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      while (!signal.aborted && (await step()));
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
    await clock.sleep(PAUSE_MS, signal).catch(() => {});
  }
}
