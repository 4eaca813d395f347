import type { NewEvent, NewEventOf, User } from "../events/event.js";
import type { AccountSeen } from "../store/sql/account-days.js";

/**
 * Whether gifts reach a room, or one session of it: a guest gets none, and an account may get only the first ones (facts/peers-and-users.md
 * section 0). `suppressed` is seen by contributors' scores that rise while no gift explains it; `partial` where some do.
 */
export const GIFTS_STATES = ["flowing", "partial", "suppressed", "unknown"] as const;
export type GiftsState = (typeof GIFTS_STATES)[number];

/** Since when that is so, and what the platform's ranks rose by in this broadcast, against what of it did not come half a minute later. */
export interface GiftsEvidence {
  /** ms UTC; null: nothing was seen */
  readonly since: number | null;
  readonly diamondsWitnessed: number;
  readonly diamondsMissing: number;
}

/** Time within which the gifts of a rise come, ms: updates of a combo arrive up to some 20 s after the rank has all of it. */
const GRACE_MS = 30_000;
/** Time without an unexplained rise after which gifts flow again, ms; a masked gift may explain a rise of so much later. */
const CALM_MS = 240_000;

/** Diamonds that one person gave: by the ranks, and by the gifts that came. */
interface Giver {
  /** Score at which nothing had been given yet, by rank: each counts for itself. */
  readonly zero: Partial<Record<RankName, number>>;
  /** Diamonds of gifts that other sessions received. */
  others: number;
  /** Diamonds by the rank that says most. */
  witnessed: number;
  /** Diamonds of gifts that came, and of rises that are known to be missing. */
  covered: number;
  /** Part of `witnessed` that is known to have come or to be missing, and was counted. */
  settled: number;
  /** Newest gift, and diamonds of all that came with pauses under half a minute: a score that is seen first may not have them yet. */
  giftAt: number;
  burst: number;
  /** Rises that gifts do not explain yet, oldest first: `covered` must reach their levels. */
  readonly open: { readonly at: number; readonly level: number }[];
}

/** Source of scores: the list of contributors, the one among the figures, a person's own messages. */
type RankName = "audience" | "viewers" | "own";

/** Change between gifts that reach us and gifts that do not, with its evidence. */
export interface GiftsNews {
  readonly kind: "gifts.suppressed" | "gifts.flowing";
  readonly state: GiftsState;
  /** ms UTC */
  readonly since: number;
  readonly witnessed: number;
  readonly missing: number;
}

type GiftsSeen = ReturnType<typeof nothingSeen>;

/**
 * Judges by evidence whether gifts reach a room, or one session of it: a contributor's score that rises by more than the gifts that came of
 * them, also half a minute later, means that the platform withholds gifts. The first score of a person proves nothing: they may have given
 * before. For one session, the gifts that other sessions received are evidence, too.
 */
export class GiftsWatch {
  readonly #givers = new Map<string, Giver>();
  /** Gifts of masked people within the last minutes: each may be of a person whom the ranks name. */
  #masked: { readonly at: number; diamonds: number }[] = [];
  #state: GiftsState = "unknown";
  #since: number | null = null;
  #witnessed = 0;
  #missing = 0;
  #lastGiftAt = Number.NEGATIVE_INFINITY;
  /** Time of the newest rise that is missing; gifts and explained rises since. */
  #missedAt = 0;
  #giftsSince = 0;
  #explainedSince = 0;
  /** Missing rises since the last gift. */
  #missedInARow = 0;
  /** Gifts since the last interruption, each combo once, and when the first of them began. */
  #begun = 0;
  #firstGiftAt = 0;
  #announced: GiftsNews["kind"] = "gifts.flowing";
  /** Broadcast that the state is recalled of. */
  #recalledOf: string | null = null;
  #seen: GiftsSeen = nothingSeen();

  get state(): GiftsState {
    return this.#state;
  }

  get evidence(): GiftsEvidence {
    return { since: this.#since, diamondsWitnessed: this.#witnessed, diamondsMissing: this.#missing };
  }

  /** A change that was not announced yet; null if there is none. */
  get news(): GiftsNews | null {
    const kind = this.#isBad ? "gifts.suppressed" : "gifts.flowing";
    if (kind === this.#announced || this.#since === null || this.#state === "unknown") return null;
    return { kind, state: this.#state, since: this.#since, witnessed: this.#witnessed, missing: this.#missing };
  }

  announced(kind: GiftsNews["kind"]): void {
    this.#announced = kind;
  }

  /** Goes on from what an earlier process, or one with other settings, knew of a broadcast. @param now ms UTC */
  recall(state: GiftsState, { since, diamondsWitnessed, diamondsMissing }: GiftsEvidence, broadcast: string | null, now: number): void {
    if (this.#state !== "unknown") return;
    this.#witnessed = diamondsWitnessed;
    this.#missing = diamondsMissing;
    this.#recalledOf = broadcast;
    if (!isBad(state)) return;
    this.#state = state;
    this.#since = since;
    this.#missedAt = now;
  }

  /** Returns the amounts since the last call. */
  takeSeen(): GiftsSeen {
    const seen = this.#seen;
    this.#seen = nothingSeen();
    return seen;
  }

  /** Begins another broadcast: its amounts start over, and withheld gifts are so until some come. @param now ms UTC */
  begin(broadcast: string, now: number): void {
    if (broadcast === this.#recalledOf) return;
    const [isBad, state, since] = [this.#isBad, this.#state, this.#since];
    this.reset();
    if (!isBad) return;
    this.#state = state;
    this.#since = since;
    this.#missedAt = now;
  }

  /** Starts over for another account: what was seen before says nothing. */
  reset(): void {
    this.interrupted();
    this.#state = "unknown";
    this.#since = null;
    this.#witnessed = this.#missing = 0;
    this.#missedAt = this.#giftsSince = this.#explainedSince = 0;
    this.#recalledOf = null;
  }

  /** Notes that nothing was received for a while: what was given meanwhile is a gap, and not withheld. */
  interrupted(): void {
    this.#givers.clear();
    this.#masked = [];
    this.#missedInARow = this.#begun = 0;
    this.#lastGiftAt = Number.NEGATIVE_INFINITY;
  }

  /** Takes every event of the room, in order. @param now ms UTC */
  see(event: NewEvent, now: number): void {
    if (event.type === "gift") this.receive(event, now);
    this.#ranks(event, now);
  }

  /** Takes every event of a room of which one session is watched, whichever session received it. @param now ms UTC */
  witness(event: NewEvent, now: number): void {
    const giver = event.type === "gift" && event.diamonds !== null ? this.#giver(event.user) : null;
    if (giver !== null && event.type === "gift") {
      giver.others += event.diamonds ?? 0;
      this.#rose(giver, giver.others, now);
    }
    this.#ranks(event, now);
  }

  /** Takes a gift that came. @param now ms UTC */
  receive({ user, delta, comboTotal, diamonds }: NewEventOf<"gift">, now: number): void {
    if (delta === 0) return;
    this.#seen.gifts++;
    this.#seen.diamonds += diamonds ?? 0;
    this.#lastGiftAt = now;
    this.#giftsSince++;
    this.#missedInARow = 0;
    if (this.#begun === 0) this.#firstGiftAt = now;
    if (delta === comboTotal) this.#begun++;
    const giver = this.#giver(user);
    if (giver === null) {
      // A gift of unknown price may be worth any rise.
      const gift = { at: now, diamonds: diamonds ?? Number.POSITIVE_INFINITY };
      this.#masked = [...this.#masked.filter(({ at }) => now - at <= CALM_MS), gift];
    } else {
      giver.burst = (now - giver.giftAt < GRACE_MS ? giver.burst : 0) + (diamonds ?? 0);
      giver.giftAt = now;
      giver.covered = diamonds === null ? Math.max(giver.covered, giver.witnessed) : giver.covered + diamonds;
      for (let rise = giver.open[0]; rise !== undefined && rise.level <= giver.covered; rise = giver.open[0]) {
        giver.open.shift();
        this.#explained(rise.at);
      }
      this.#settle(giver);
    }
    const isBetter = this.#explainedSince >= 2 && this.#giftsSince >= 2 && now - this.#missedAt >= CALM_MS;
    if (this.#state === "unknown" || (this.#isBad && isBetter)) this.#go("flowing", now);
    else if (this.#state === "suppressed" && this.#giftsSince >= 3) this.#go("partial", now);
  }

  /**
   * Looks whether the gifts of a rise are overdue.
   * @param now ms UTC
   * @param heardUntil time up to which all that was sent has come, ms UTC: what a network holds back is not overdue
   */
  look(now: number, heardUntil: number = now): void {
    for (const giver of this.#givers.values())
      for (let rise = giver.open[0]; rise !== undefined && heardUntil - rise.at >= GRACE_MS; rise = giver.open[0]) {
        giver.open.shift();
        const missing = this.#withoutMasked(rise.level - giver.covered, rise.at);
        giver.covered = rise.level;
        this.#settle(giver);
        if (missing > 0) this.#missed(rise.at, missing, now);
      }
    if (this.#missedInARow > 0 && this.#isHushed(heardUntil)) this.#go("suppressed", now);
  }

  get #isBad(): boolean {
    return isBad(this.#state);
  }

  /** Whether no gift came for seven times the usual pause, which happens by chance once in 1,000 times. Of 30 gifts one can tell. */
  #isHushed(now: number): boolean {
    const usual = (this.#lastGiftAt - this.#firstGiftAt) / this.#begun;
    return this.#begun >= 30 && now - this.#lastGiftAt >= Math.max(GRACE_MS, 7 * usual);
  }

  /** Returns what is missing of a rise if masked gifts of four minutes before it, and of the time since, are the same person's. */
  #withoutMasked(missing: number, at: number): number {
    let left = missing;
    for (const gift of this.#masked) {
      if (at - gift.at > CALM_MS) continue;
      const part = Math.min(left, gift.diamonds);
      gift.diamonds -= part;
      left -= part;
    }
    return left;
  }

  #ranks(event: NewEvent, now: number): void {
    if (event.type === "rank" && event.list === "audience")
      for (const { user, score } of event.entries) this.#score("audience", user, score, now);
    else if (event.type === "stats") for (const { user, score } of event.ranks ?? []) this.#score("viewers", user, score, now);
    else if ("user" in event && event.user?.roomDiamonds !== undefined) this.#score("own", event.user, event.user.roomDiamonds, now);
  }

  #score(list: RankName, user: User, score: number | null, now: number): void {
    const giver = score === null ? null : this.#giver(user);
    if (giver === null || score === null) return;
    // The first score contains what came before, which else would explain what is given from here on.
    giver.zero[list] ??= score - Math.max(0, giver.covered - (now - giver.giftAt < GRACE_MS ? giver.burst : 0));
    this.#rose(giver, score - giver.zero[list], now);
  }

  #rose(giver: Giver, witnessed: number, now: number): void {
    if (witnessed <= giver.witnessed) return; // scores of a broadcast only rise: a lower one is late
    this.#witnessed += witnessed - giver.witnessed;
    giver.witnessed = witnessed;
    if (witnessed <= giver.covered) this.#explained(now);
    else if (giver.open.length < 100) giver.open.push({ at: now, level: witnessed });
    this.#settle(giver);
  }

  /** Counts what is known to have come or to be missing: until then a rise says nothing of an account. */
  #settle(giver: Giver): void {
    const known = Math.min(giver.witnessed, giver.covered);
    this.#seen.diamondsWitnessed += known - giver.settled;
    giver.settled = known;
  }

  #explained(at: number): void {
    if (at > this.#missedAt) this.#explainedSince++;
  }

  #missed(at: number, diamonds: number, now: number): void {
    this.#missing += diamonds;
    this.#seen.diamondsMissing += diamonds;
    this.#missedAt = Math.max(this.#missedAt, at);
    this.#giftsSince = this.#explainedSince = 0;
    this.#missedInARow++;
    const came = this.#lastGiftAt >= at;
    const isSilent = !came && this.#missedInARow >= 2;
    // Below a tenth a single rise is no sign of more.
    const isMuch = this.#missing >= this.#witnessed * 0.1;
    if (isSilent || (!this.#isBad && isMuch)) this.#go(came ? "partial" : "suppressed", now);
  }

  #go(state: GiftsState, now: number): void {
    if (state === this.#state) return;
    const wasBad = this.#isBad;
    this.#state = state;
    if (this.#isBad !== wasBad || this.#since === null) this.#since = now;
    if (wasBad && !this.#isBad) this.#missing = this.#witnessed = 0;
    // Scores that are seen next have risen by the gifts of the time without any, too, which is announced already.
    if (wasBad && state !== "suppressed") this.#givers.clear();
  }

  /** Returns what is known of a person, the last 500 who were seen; null if the platform hides who it is. */
  #giver(user: User): Giver | null {
    const id = user.masked ? null : user.id;
    if (id === null) return null;
    const giver = this.#givers.get(id) ?? newGiver();
    this.#givers.delete(id);
    this.#givers.set(id, giver);
    const [oldest] = this.#givers.keys();
    if (this.#givers.size > 500 && oldest !== undefined) this.#givers.delete(oldest);
    return giver;
  }
}

function isBad(state: GiftsState): boolean {
  return state === "partial" || state === "suppressed";
}

function newGiver(): Giver {
  return { zero: {}, others: 0, witnessed: 0, covered: 0, settled: 0, giftAt: Number.NEGATIVE_INFINITY, burst: 0, open: [] };
}

function nothingSeen(): { -readonly [K in Exclude<keyof AccountSeen, "refusals">]: number } {
  return { gifts: 0, diamonds: 0, diamondsWitnessed: 0, diamondsMissing: 0 };
}
