import { readFileSync } from "node:fs";
import type { ListEnd, ListSeen } from "../../src/platform/access/work-visitor.js";
import { systemClock } from "../../src/runtime/clock.js";
import { SYSTEM_ROOM } from "../../src/store/log.js";
import type { Store } from "../../src/store/store.js";
import { AuthorWatcher } from "../../src/works/author-watcher.js";
import { WorkService } from "../../src/works/work-service.js";
import { workOf } from "./work.js";

export const AUTHOR = "MS4wLjABAAAAabcdefghijklmnopqrstuvwxyz0123456789-_ABCDEF";

const idOf = (n: number) => `76000000000000${10_000 + n}`;

/**
 * Returns a process's watch on authors, that looks again and again: the author has published as many works as the file says, each a second after
 * the one before, and twenty of them are shown.
 */
export function watcherOf(store: Store, file: string): AuthorWatcher {
  const refused = () => Promise.reject(new Error("nothing is read"));
  const reader = {
    ...{ find: refused, read: refused, status: () => ({}) as never, findList: async () => ({ secUid: AUTHOR }) },
    async *list(): AsyncGenerator<ListSeen, ListEnd, void> {
      const count = Number(readFileSync(file, "utf8"));
      const shown = Array.from({ length: Math.min(20, count) }, (_, at) => count - at);
      const works = shown.map((n) => workOf(idOf(n), { time: 1000 * n, receivedAt: Date.now() }));
      yield { author: works[0]?.author ?? null, mix: null, works, hidden: 0 };
      return { endedBy: "wall", reason: "the first 20 are shown" };
    },
  };
  return new AuthorWatcher({
    ...{ reader, store, clock: systemClock, checkMs: 1, works: new WorkService({ reader, works: store.works, clock: systemClock }) },
    erasedSince: async () => (event) => event,
    onError: (error) => {
      throw error;
    },
  });
}

/** Returns the numbers of the works that were told, in the order in which that was. */
export async function toldIn(store: Store): Promise<number[]> {
  const { events } = await store.log.read(SYSTEM_ROOM, 0, 1000);
  return events.flatMap((event) => (event.type === "work" ? event.time / 1000 : []));
}
