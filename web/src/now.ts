import { onScopeDispose, type Ref, ref } from "vue";

/** The time, ms UTC, once a second as long as the component is there. */
export function useNow(): Readonly<Ref<number>> {
  const now = ref(Date.now());
  const timer = setInterval(() => {
    now.value = Date.now();
  }, 1_000);
  onScopeDispose(() => clearInterval(timer));
  return now;
}
