import { type ComputedRef, computed, onScopeDispose } from "vue";
import { useLoaded } from "../api/loaded.js";

/** How often what the server counts is asked for: it counts within seconds, and nobody looks more closely at a stream. */
const EVERY_MS = 5_000;

/** The answer of a question that is asked again and again: the last one while the server cannot be reached, null where it finds nothing. */
export function useAnswer<T>(question: (signal: AbortSignal) => Promise<T>): ComputedRef<T | null> {
  const { value, failure, renew } = useLoaded(question);
  const timer = setInterval(() => void renew(), EVERY_MS);
  onScopeDispose(() => clearInterval(timer));
  // What else failed the source of events says.
  return computed(() => (failure.value?.code === "not_found" ? null : value.value));
}
