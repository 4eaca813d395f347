/** Seconds that a sparkline shows. */
export const RATE_SECONDS = 60;
/** Seconds whose mean is the speed now, and the fewest of them that tell one. */
const NOW_SECONDS = 5;
const NOW_SECONDS_MIN = 2;

/** Methods that only people cause; others flow on in a room that is silent (as INTERACTIVE in src/health/room-health.ts). */
const INTERACTIVE: ReadonlySet<string> = new Set(
  [
    ...["Chat", "EmojiChat", "ScreenChat", "PrivilegeScreenChat", "AudioChat", "ExhibitionChat"],
    ...["Gift", "LightGift", "BindingGift", "DoodleGift", "Like", "Member", "Social", "Fansclub"],
  ].flatMap((name) => [`Webcast${name}Message`, `${name}Message`]),
);

/** Messages of people a second over the last minute, from counts that only grow. */
export class Rate {
  /** By second, oldest first; the last is not over. That of the first look is not there: only a part of it was seen. */
  #perSecond: number[] = [];
  #total: number | null = null;
  #second = 0;

  /** Counts by method as the server has them at `now` (ms). */
  count(counts: Readonly<Record<string, number>>, now: number): void {
    let total = 0;
    for (const [method, n] of Object.entries(counts)) if (INTERACTIVE.has(method)) total += n;
    const before = this.#total;
    this.#total = total;
    this.#second = this.#second || Math.floor(now / 1_000);
    // The first look says nothing of speed; fewer than before means that the collection began anew.
    const fresh = before === null ? 0 : Math.max(0, total < before ? total : total - before);
    this.#advance(now);
    const last = this.#perSecond.length - 1;
    if (last >= 0) this.#perSecond[last] = (this.#perSecond[last] ?? 0) + fresh;
  }

  /** Messages in each whole second before `now` (ms) that was seen, oldest first: at most {@link RATE_SECONDS}. */
  series(now: number): readonly number[] {
    this.#advance(now);
    return this.#perSecond.slice(0, -1);
  }

  /** Messages a second, as the mean of the last five that were seen; null where they are too few to tell. */
  now(now: number): number | null {
    const last = this.series(now).slice(-NOW_SECONDS);
    return last.length < NOW_SECONDS_MIN ? null : last.reduce((sum, n) => sum + n, 0) / last.length;
  }

  #advance(now: number): void {
    if (this.#total === null) return;
    const second = Math.floor(now / 1_000);
    const steps = Math.min(RATE_SECONDS + 1, Math.max(0, second - this.#second));
    for (let i = 0; i < steps; i++) this.#perSecond.push(0);
    if (this.#perSecond.length > RATE_SECONDS + 1) this.#perSecond = this.#perSecond.slice(-RATE_SECONDS - 1);
    // Also where it is less: a clock that was set back would stop this until it is where it was.
    this.#second = second;
  }
}
