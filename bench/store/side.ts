import type { Chunk } from "./feed.js";

export type Side = "dylive" | "plain";

/** Frames that are stored together where the disk sets the pace: the median of `npm run bench -- pipeline`. */
export const TOGETHER = 24;

/** Stores the next chunk. */
export interface Append {
  /** The plain table commits after each frame, as its users do; else after as many as dylive does. */
  readonly eachFrame: boolean;
}

/** What a chunk took. */
export interface Took {
  readonly messages: number;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** CPU seconds of bringing search index and statistics up to date, which is not part of the above. */
  readonly indexSeconds: number;
}

/** A store that is ready to take frames. */
export interface Sided {
  /** Resolves when everything is committed. */
  append(chunk: Chunk, eachFrame: boolean): Promise<void>;
  index(): Promise<void>;
}

/** Frames in groups of so many. */
export function grouped<T>(frames: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(frames.length / size) }, (_, group) => frames.slice(group * size, (group + 1) * size));
}
