/** Screen that subtitles are laid out for; players scale it. */
export const SCREEN = { width: 1920, height: 1080 } as const;
export const FONT_SIZE = 44;
/** Time that a line takes to cross the screen, in ms. */
export const CROSSING_MS = 10_000;
/** Time that a line that stands still is shown, in ms. */
export const STANDING_MS = 4_000;

const LANE_HEIGHT = 52;
/** Lanes for the lines that cross the screen, three quarters of it; five lines at the bottom left are for those that stand. */
const CROSSING_LANES = 15;
const STANDING_LANES = 5;
const GAP_PX = 40;

/**
 * Finds places for lines on the screen so that none covers another, as long as there is room; then the one that is freed first is covered.
 */
export class Lanes {
  /** Times at which the last line of each lane has come in whole, and is gone, ms. */
  readonly #crossing = Array.from({ length: CROSSING_LANES }, () => ({ inAt: 0, goneAt: 0 }));
  readonly #standing = Array.from({ length: STANDING_LANES }, () => 0);

  /** @returns y of the top of a line that crosses the screen from `at` on */
  cross(at: number, width: number): number {
    const speed = (SCREEN.width + width) / CROSSING_MS;
    // A faster line must not reach the one before it on the screen.
    const freed = this.#crossing.map(({ inAt, goneAt }) => Math.max(inAt, goneAt - SCREEN.width / speed));
    const index = firstFree(freed, at);
    this.#crossing[index] = { inAt: at + (width + GAP_PX) / speed, goneAt: at + CROSSING_MS };
    return index * LANE_HEIGHT;
  }

  /** @returns y of the top of a line that stands from `at` on */
  stand(at: number): number {
    const index = firstFree(this.#standing, at);
    this.#standing[index] = at + STANDING_MS;
    return SCREEN.height - (index + 1) * LANE_HEIGHT - LANE_HEIGHT;
  }
}

/** Returns the first lane that is free at a time, else the one that is freed first. */
function firstFree(freedAt: readonly number[], at: number): number {
  const free = freedAt.findIndex((moment) => moment <= at);
  return free >= 0 ? free : freedAt.indexOf(Math.min(...freedAt));
}

/** Returns the width of a drawn text, in pixels of the screen; signs of Chinese are as wide as high, others half. */
export function widthOf(text: string): number {
  let halves = 0;
  for (const sign of text) halves += (sign.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
  return Math.ceil((halves * FONT_SIZE) / 2);
}
