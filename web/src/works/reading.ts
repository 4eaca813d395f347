import { onScopeDispose, type ShallowRef, shallowRef } from "vue";
import { ask, useClient } from "../api/client.js";
import { type ApiFailure, asFailure } from "../api/failure.js";
import type { Work, WorkPace } from "../api/model.js";

/** Time between two looks at how works are being read. */
const LOOK_EVERY_MS = 1_000;

/** A work that is being read, which may take two minutes. */
export interface Reading {
  /** When the reading that is under way was asked for, ms UTC; null when there is none. */
  readonly since: ShallowRef<number | null>;
  /** How works are being read meanwhile; null before that is known. */
  readonly pace: ShallowRef<WorkPace | null>;
  readonly failure: ShallowRef<ApiFailure | null>;
  /**
   * Reads a work, one at a time.
   * @param maxAgeSeconds age up to which a kept one will do; the server's own limit unless given
   * @returns null when it could not be read, or when nobody waits any more
   */
  read(link: string, maxAgeSeconds?: number): Promise<Work | null>;
  /** Waits no more. */
  stop(): void;
}

/** Makes a reading that ends with the component. */
export function useReading(): Reading {
  const { v1 } = useClient();
  const since = shallowRef<number | null>(null);
  const pace = shallowRef<WorkPace | null>(null);
  const failure = shallowRef<ApiFailure | null>(null);
  let stop = new AbortController();

  async function read(link: string, maxAgeSeconds?: number): Promise<Work | null> {
    if (since.value !== null) return null;
    stop = new AbortController();
    const { signal } = stop;
    since.value = Date.now();
    pace.value = null;
    failure.value = null;
    const looking = setInterval(() => void look(signal), LOOK_EVERY_MS);
    try {
      const body = maxAgeSeconds === undefined ? { link } : { link, maxAgeSeconds };
      return await ask(v1.POST("/v1/works", { body, signal }));
    } catch (error) {
      if (!signal.aborted) failure.value = asFailure(error);
      return null;
    } finally {
      clearInterval(looking);
      stop.abort();
      since.value = null;
    }
  }

  async function look(signal: AbortSignal): Promise<void> {
    try {
      const answer = await ask(v1.GET("/v1/works/pace", { signal }));
      if (!signal.aborted) pace.value = answer;
    } catch {
      // The reading itself says what is wrong; the last answer stays.
    }
  }

  onScopeDispose(() => stop.abort());
  return { since, pace, failure, read, stop: () => stop.abort() };
}
