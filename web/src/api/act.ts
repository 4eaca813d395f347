import { type ShallowRef, shallowRef } from "vue";
import { type ApiFailure, asFailure } from "./failure.js";

/** Something that a click does: one at a time, and what went wrong. */
export interface Act {
  readonly busy: ShallowRef<boolean>;
  readonly failure: ShallowRef<ApiFailure | null>;
  /** @returns whether it went well */
  run(work: () => Promise<unknown>): Promise<boolean>;
}

export function useAct(): Act {
  const busy = shallowRef(false);
  const failure = shallowRef<ApiFailure | null>(null);
  async function run(work: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    failure.value = null;
    try {
      await work();
      return true;
    } catch (error) {
      failure.value = asFailure(error);
      return false;
    } finally {
      busy.value = false;
    }
  }
  return { busy, failure, run };
}
