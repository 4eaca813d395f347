import type { LiveEventOf, User } from "../api/model.js";

/** Alerts that wait for their turn; beyond that the least worth goes. */
const WAITING_MAX = 30;

/** A gift as it is shown. */
export interface GiftAlert {
  /** The combo. */
  readonly key: string;
  readonly user: User;
  readonly gift: LiveEventOf<"gift">["gift"];
  /** Units of the combo so far. */
  readonly units: number;
  /** Worth of the combo so far; null when the price is unknown. */
  readonly diamonds: number | null;
  /** Whether the combo has ended. */
  readonly settled: boolean;
  /** ms */
  readonly until: number;
}

export interface AlertRules {
  /** Alerts at once. */
  readonly most: number;
  /** From its last unit on. */
  readonly stayMs: number;
  /** Least worth, diamonds; a gift of unknown price is worth none. */
  readonly min: number;
}

/** Gifts to be shown, a combo as one that counts up. */
export class GiftAlerts {
  readonly #rules: AlertRules;
  #shown: GiftAlert[] = [];
  #waiting: GiftAlert[] = [];

  constructor(rules: AlertRules) {
    this.#rules = rules;
  }

  take(event: LiveEventOf<"gift">, now: number): void {
    const { comboTotal: units, unitDiamonds, comboId: key, user, gift, delta, settled } = event;
    const diamonds = unitDiamonds === null ? null : units * unitDiamonds;
    if ((diamonds ?? 0) < this.#rules.min) return;
    const alert = { key, user, gift, units, diamonds, settled, until: now + this.#rules.stayMs };
    const at = this.#shown.findIndex((one) => one.key === key);
    const shown = this.#shown[at];
    // The end of a combo alone is no reason to stay longer, nor to come back.
    if (shown !== undefined) this.#shown[at] = { ...alert, until: delta > 0 ? alert.until : shown.until };
    else if (delta > 0) this.#wait(alert);
    else this.#waiting = this.#waiting.map((one) => (one.key === key ? alert : one));
  }

  /** The alerts of this moment, oldest first. */
  at(now: number): readonly GiftAlert[] {
    this.#shown = this.#shown.filter(({ until }) => until > now);
    while (this.#shown.length < this.#rules.most) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#shown.push({ ...next, until: now + this.#rules.stayMs });
    }
    return this.#shown;
  }

  #wait(alert: GiftAlert): void {
    const at = this.#waiting.findIndex(({ key }) => key === alert.key);
    if (at >= 0) this.#waiting[at] = alert;
    else this.#waiting.push(alert);
    if (this.#waiting.length <= WAITING_MAX) return;
    const least = Math.min(...this.#waiting.map(worth));
    this.#waiting.splice(
      this.#waiting.findIndex((one) => worth(one) === least),
      1,
    );
  }
}

function worth({ diamonds }: GiftAlert): number {
  return diamonds ?? 0;
}
