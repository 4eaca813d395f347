import { onScopeDispose, shallowRef } from "vue";

/** How often what the server counts is asked for: it counts within seconds, and nobody looks more closely at a stream. */
const EVERY_MS = 5_000;

/** The answer of a question that is asked again and again; the last one as long as the server cannot be reached. */
export function useAnswer<T>(question: (signal: AbortSignal) => Promise<T>): { readonly value: T | null } {
  const answer = shallowRef<T | null>(null);
  const stop = new AbortController();
  let asking = false;
  async function askOnce(): Promise<void> {
    if (asking) return;
    asking = true;
    try {
      answer.value = await question(stop.signal);
    } catch {
      // No broadcast yet, or no server: the source of events says which.
    } finally {
      asking = false;
    }
  }
  void askOnce();
  const timer = setInterval(() => void askOnce(), EVERY_MS);
  onScopeDispose(() => {
    clearInterval(timer);
    stop.abort();
  });
  return answer;
}
