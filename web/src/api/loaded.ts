import { onScopeDispose, type ShallowRef, shallowRef } from "vue";
import { type ApiFailure, asFailure } from "./failure.js";

/** Something that is asked of the server. */
export interface Loaded<T> {
  /** The last answer; null before there is one. */
  readonly value: ShallowRef<T | null>;
  readonly failure: ShallowRef<ApiFailure | null>;
  /** Asks again; what was there stays until the answer comes. */
  reload(): Promise<void>;
  /** Asks again unless it is being asked: for who asks every few seconds, which answers may take. */
  renew(): Promise<void>;
}

/** Time after which an answer is not waited for, in ms, where it is asked again and again: a connection may have died. */
const GIVE_UP_MS = 30_000;

/** Asks at once, and again when called; answers of earlier questions that come late are left out. */
export function useLoaded<T>(question: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const value: ShallowRef<T | null> = shallowRef(null);
  const failure = shallowRef<ApiFailure | null>(null);
  let stop = new AbortController();
  let askedAt = 0;
  let asking = false;
  async function reload(): Promise<void> {
    stop.abort();
    const mine = new AbortController();
    stop = mine;
    asking = true;
    askedAt = performance.now();
    try {
      const answer = await question(mine.signal);
      if (mine.signal.aborted) return;
      value.value = answer;
      failure.value = null;
    } catch (error) {
      if (!mine.signal.aborted) failure.value = asFailure(error);
    } finally {
      if (stop === mine) asking = false;
    }
  }
  async function renew(): Promise<void> {
    if (!asking || performance.now() - askedAt > GIVE_UP_MS) await reload();
  }
  void reload();
  onScopeDispose(() => stop.abort());
  return { value, failure, reload, renew };
}
