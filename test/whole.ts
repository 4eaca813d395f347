import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Whether tests that have cases for `npm run test:long` take these too. */
    readonly whole: boolean;
  }
}

/** Says whether this is `npm run test:long`, which also does what differs by its data alone. */
export function isWhole(): boolean {
  const given: boolean | undefined = inject("whole");
  return given === true;
}

/** Returns how often a property is tried with random data: `npm run test:long` tries it that often, `npm test` a tenth of that. */
export function runsOf(all: number): number {
  return isWhole() ? all : Math.ceil(all / 10);
}

/**
 * Returns the cases of a table: in `npm test` those that it takes, one for each thing that may go another way; in `npm run test:long` these
 * and all others, by the same code. A test file that has such cases imports this itself: vitest.config.ts finds it by that.
 */
export function casesOf<const T, const U = T>(taken: readonly T[], others: readonly U[]): readonly (T | U)[] {
  return isWhole() ? [...taken, ...others] : taken;
}
