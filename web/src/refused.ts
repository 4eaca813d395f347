import { type InjectionKey, inject } from "vue";

export const REFUSED: InjectionKey<() => void> = Symbol("refused");

/** What to call when the server no longer takes the token: the page asks for another. */
export function useRefused(): () => void {
  return inject(REFUSED) ?? (() => {});
}
