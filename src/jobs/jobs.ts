import { type Exports, LocalExports } from "../exports/export.js";
import type { SentError } from "../runtime/errors.js";
import { openVocabulary } from "../statistics/words.js";
import type { Store } from "../store/store.js";
import { loopsOn, tasksOn } from "./long-work.js";

/**
 * Returns the jobs on a store that may take their time, in this thread. Arguments and answers are copied between threads: plain data, maps,
 * bigints and bytes. Calls of the store and of exports are short (some 50 ms). Tasks and loops are long and take two arguments more: a
 * function that receives their news, and the signal that ends them.
 */
export function jobsOn(store: Store) {
  const { statistics, search, retention } = store;
  const exports: Exports = new LocalExports(store);
  const vocabulary = openVocabulary();
  return { statistics, search, retention, exports, task: tasksOn(store, vocabulary), loop: loopsOn(store, vocabulary) };
}

/** Jobs on a store, in this thread or in the worker thread. */
export type Jobs = ReturnType<typeof jobsOn>;

/** Message to the worker thread: a job, the end of one, or the end of all. */
export type ToThread =
  | { readonly id: number; readonly part: string; readonly name: string; readonly args: readonly unknown[]; readonly isLong: boolean }
  | { readonly abort: number }
  | { readonly close: true };

/** Message from the worker thread: the store has new events; or the outcome or news of a job. */
export type FromThread =
  | { readonly appended: true }
  | ({ readonly id: number } & ({ readonly answer: unknown } | { readonly error: SentError } | { readonly news: readonly unknown[] }));
