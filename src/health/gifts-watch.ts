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

/** Time in which the gifts of a rise may still come, ms: a combo is told for up to some 20 s after the rank has all of it. */
const GRACE_MS = 30_000;
/** Rises that gifts must explain after one that none did, and gifts that must come, before it is said that things are better. */
const EXPLAINED_NEEDED = 2;
const GIFTS_NEEDED = 3;
/** Time without a rise that no gift explains before it is said that gifts flow again, ms: where the platform samples, some come all the time. */
const CALM_MS = 240_000;
/** Share of the diamonds by the ranks that may be missing while gifts come: below it a single rise is no sign of more. */
const MISSING_SHARE = 0.1;
/** Rises in a row that no gift explains, and no gift comes since, which are a sign however little they are. */
const SILENT_RISES = 2;
/** Times the room's usual pause between gifts for which none comes after a rise that none explains, which are a sign, too: chance makes such a pause once in 1,000. */
const SILENT_PAUSES = 7;
/** Pauses of which the usual one is the mean: nothing is said before so many were seen. */
const PAUSES = 30;
/** Most people who are watched: those who were seen last. */
const MOST_USERS = 500;
const MOST_RISES = 100;

/** Diamonds that one person gave: by the ranks, and by the gifts that came. Thousands of rooms have hundreds of them each. */
interface Giver {
  /** Score and its rise since it was first seen, by rank: each counts for itself. */
  readonly ranks: Record<RankName, { readonly score: number; readonly rise: number } | null>;
  /** Diamonds by the rank that says most. */
  witnessed: number;
  /** Part of that which is known to have come or to be missing, and was counted. */
  settled: number;
  /** Diamonds of gifts that came, and of rises that are known to be missing. */
  covered: number;
  /** Gifts of the last half minute: a score that is seen first may not have them yet. */
  recent: readonly { readonly at: number; readonly diamonds: number }[];
  /** Rises that no gift has explained yet: what `covered` must reach. */
  open: readonly { readonly at: number; readonly level: number }[];
}

/**
 * Source of how much people gave: the list of contributors, the one among the figures, a person's own messages, and for one session the gifts
 * that others were sent.
 */
type RankName = "audience" | "viewers" | "own" | "gifts";

/** Nothing, of which there is one for all. */
const EMPTY: readonly never[] = [];

/** A change between gifts that reach us and gifts that do not, with its evidence at that time. */
export interface GiftsNews {
  readonly kind: "gifts.suppressed" | "gifts.flowing";
  readonly state: GiftsState;
  /** ms UTC */
  readonly since: number;
  readonly witnessed: number;
  readonly missing: number;
}

/** Amounts that a watch saw over some time. */
type GiftsSeen = Omit<AccountSeen, "refusals">;

const NONE: GiftsSeen = { gifts: 0, diamonds: 0, diamondsWitnessed: 0, diamondsMissing: 0 };

/**
 * Judges by evidence whether gifts reach a room, or one session of it: a contributor's score that rises by more than what gifts of theirs
 * bring, also half a minute later, means that gifts are given and kept from us. Scores of people who are seen for the first time prove
 * nothing: they may have given before. Of one session, gifts that others were sent are such a witness, too.
 */
export class GiftsWatch {
  readonly #givers = new Map<string, Giver>();
  /** Those with rises that no gift has explained yet. */
  readonly #waiting = new Set<Giver>();
  /** Newest gifts of masked people, oldest first: each may be of a person whom the ranks name. */
  #masked: { readonly at: number; diamonds: number }[] = [];
  #state: GiftsState = "unknown";
  #since: number | null = null;
  #witnessed = 0;
  #missing = 0;
  #lastGiftAt: number | null = null;
  /** Time of the newest rise that is missing, and what came since. */
  #missedAt = 0;
  #giftsSince = 0;
  #explainedSince = 0;
  #explainedAt = 0;
  /** Missing rises, one after the other, since which no gift came at all. */
  #inARow = 0;
  /** When the newest gift began, and the newest pauses between two such times, ms. */
  #begunAt: number | null = null;
  #pauses: readonly number[] = [];
  /** The last turn for better or worse, and the kind of the last one that was told. */
  #turn: GiftsNews | null = null;
  #told: GiftsNews["kind"] = "gifts.flowing";
  /** Broadcast that the state is recalled of. */
  #recalledOf: string | null = null;
  #seen = NONE;

  get state(): GiftsState {
    return this.#state;
  }

  /** Evidence for the state: since when, and diamonds that ranks rose by against those that did not come. */
  get evidence(): GiftsEvidence {
    return { since: this.#since, diamondsWitnessed: this.#witnessed, diamondsMissing: this.#missing };
  }

  /** A change that nobody was told of yet; null where there is none. */
  get news(): GiftsNews | null {
    return this.#turn === null || this.#turn.kind === this.#told ? null : this.#turn;
  }

  /** Notes what was told last. */
  told(kind: GiftsNews["kind"]): void {
    this.#told = kind;
  }

  /** Goes on from what an earlier process told last, of which broadcast. @param now ms UTC */
  recall(last: GiftsNews, broadcast: string | null, now: number): void {
    this.#told = last.kind;
    if (last.kind === "gifts.flowing" || this.#state !== "unknown") return;
    this.#state = last.state;
    this.#since = last.since;
    this.#witnessed = last.witnessed;
    this.#missing = last.missing;
    this.#missedAt = now; // nobody knows better
    this.#recalledOf = broadcast;
  }

  /** Goes on from the amounts of a broadcast that an earlier process, or one with other settings, kept after what it told last. */
  goOn({ diamondsWitnessed, diamondsMissing }: GiftsEvidence, broadcast: string): void {
    if (this.#recalledOf !== null && this.#recalledOf !== broadcast) this.#witnessed = this.#missing = 0;
    this.#recalledOf = broadcast;
    this.#witnessed = Math.max(this.#witnessed, diamondsWitnessed);
    this.#missing = Math.max(this.#missing, diamondsMissing);
  }

  /** Returns what was seen since it was taken last. */
  takeSeen(): GiftsSeen {
    const seen = this.#seen;
    this.#seen = NONE;
    return seen;
  }

  /** Begins another broadcast: its amounts start over. Gifts that were kept from us are so until some come. @param now ms UTC */
  begin(broadcast: string, now: number): void {
    if (broadcast === this.#recalledOf) return;
    const [state, since] = [this.#state, this.#since];
    this.reset();
    if (!isBad(state)) return;
    this.#state = state;
    this.#since = since;
    this.#missedAt = now;
  }

  /** Starts over for another account: what was seen before says nothing. */
  reset(): void {
    this.interrupted();
    this.#state = "unknown";
    this.#since = null;
    this.#witnessed = 0;
    this.#missing = 0;
    this.#missedAt = 0;
    this.#giftsSince = 0;
    this.#explainedSince = 0;
    this.#explainedAt = 0;
    this.#begunAt = null;
    this.#pauses = [];
    this.#turn = null;
    this.#recalledOf = null;
  }

  /** Notes that nothing was received for a while: what was given meanwhile is a gap, and not kept from us. */
  interrupted(): void {
    this.#forgetAll();
    this.#inARow = 0;
    this.#begunAt = null;
    this.#lastGiftAt = null; // no pause is counted from before
  }

  /** Takes every event of the room, in order. @param now ms UTC */
  see(event: NewEvent, now: number): void {
    if (event.type === "gift") this.receive(event, now);
    this.#ranks(event, now);
  }

  /** Takes every event of a room of which one session is watched, whoever brought it: gifts in it were given for certain. @param now ms UTC */
  witness(event: NewEvent, now: number): void {
    if (event.type === "gift" && event.delta > 0 && event.diamonds !== null) {
      const giver = this.#giver(event.user);
      if (giver !== null) this.#rose(giver, "gifts", 0, (giver.ranks.gifts?.rise ?? 0) + event.diamonds, now);
    }
    this.#ranks(event, now);
  }

  /** Takes a gift that came. @param now ms UTC */
  receive({ user, delta, comboTotal, diamonds }: NewEventOf<"gift">, now: number): void {
    if (delta === 0) return;
    if (delta === comboTotal) {
      const pause = this.#begunAt === null ? null : now - this.#begunAt;
      if (pause !== null) this.#pauses = [...this.#pauses, pause].slice(-PAUSES);
      this.#begunAt = now;
    }
    this.#seen = { ...this.#seen, gifts: this.#seen.gifts + 1, diamonds: this.#seen.diamonds + (diamonds ?? 0) };
    this.#lastGiftAt = now;
    this.#giftsSince++;
    this.#inARow = 0;
    const giver = this.#giver(user);
    if (giver !== null) {
      // A gift of unknown price may be worth all that is open.
      giver.covered = diamonds === null ? Math.max(giver.covered, giver.witnessed) : giver.covered + diamonds;
      giver.recent = [...giver.recent.filter(({ at }) => now - at < GRACE_MS), { at: now, diamonds: diamonds ?? 0 }];
      for (let rise = giver.open[0]; rise !== undefined && rise.level <= giver.covered; rise = giver.open[0]) {
        this.#shift(giver);
        this.#settle(giver, rise.level);
        this.#explained(rise.at);
      }
    } else {
      while (now - (this.#masked[0]?.at ?? now) > CALM_MS) this.#masked.shift();
      this.#masked.push({ at: now, diamonds: diamonds ?? Number.POSITIVE_INFINITY });
    }
    if (this.#state === "unknown") this.#go("flowing", now);
    else if (this.#state !== "flowing" && this.#isBetter(now)) this.#go("flowing", now);
    else if (this.#state === "suppressed" && this.#giftsSince >= GIFTS_NEEDED) {
      this.#go("partial", now);
      // A score that is next seen later has risen by what was kept from us before, too: that is told already.
      this.#forgetAll();
    }
  }

  /**
   * Looks whether the gifts of a rise are overdue.
   * @param now ms UTC
   * @param heardUntil time up to which all that was sent has come, ms UTC: what a network holds back is not overdue
   */
  look(now: number, heardUntil: number = now): void {
    if (this.#waiting.size === 0 && this.#inARow === 0) return; // as in most rooms each second
    for (const giver of this.#waiting) {
      for (let rise = giver.open[0]; rise !== undefined && heardUntil - rise.at >= GRACE_MS; rise = giver.open[0]) {
        this.#shift(giver);
        const missing = this.#withoutMasked(rise.level - giver.covered, rise.at);
        giver.covered = rise.level;
        this.#settle(giver, rise.level);
        if (missing > 0) this.#missed(rise.at, missing, now);
      }
    }
    if (this.#inARow > 0 && this.#state !== "suppressed" && this.#isHushed(heardUntil)) this.#go("suppressed", now);
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

  /** Whether no gift has come for far longer than usual. */
  #isHushed(now: number): boolean {
    if (this.#lastGiftAt === null || this.#pauses.length < PAUSES) return false;
    const usual = this.#pauses.reduce((sum, pause) => sum + pause, 0) / PAUSES;
    return now - this.#lastGiftAt >= Math.max(GRACE_MS, SILENT_PAUSES * usual);
  }

  #ranks(event: NewEvent, now: number): void {
    if (event.type === "rank" && event.list === "audience")
      for (const { user, score } of event.entries) this.#score("audience", user, score, now);
    else if (event.type === "stats") for (const { user, score } of event.ranks ?? []) this.#score("viewers", user, score, now);
    else if ("user" in event && event.user?.roomDiamonds !== undefined) this.#score("own", event.user, event.user.roomDiamonds, now);
  }

  /** Takes the oldest rise away, which is explained or overdue. */
  #shift(giver: Giver): void {
    giver.open = giver.open.length > 1 ? giver.open.slice(1) : EMPTY;
    if (giver.open.length === 0) this.#waiting.delete(giver);
  }

  #forgetAll(): void {
    this.#givers.clear();
    this.#waiting.clear();
    this.#masked = [];
  }

  #score(list: RankName, user: User, score: number | null, now: number): void {
    const giver = score === null ? null : this.#giver(user);
    if (giver === null || score === null) return;
    const before = giver.ranks[list];
    if (before === null) {
      // What came before is in it: else it would explain what is given from here on.
      const late = giver.recent.filter(({ at }) => now - at < GRACE_MS).reduce((sum, { diamonds }) => sum + diamonds, 0);
      const rise = Math.max(0, giver.covered - late);
      giver.ranks[list] = { score, rise };
      giver.witnessed = Math.max(giver.witnessed, rise);
      if (giver.open.length === 0) giver.settled = giver.witnessed;
      return;
    }
    if (score <= before.score) return; // scores of a broadcast only rise: a lower one is late
    this.#rose(giver, list, score, before.rise + score - before.score, now);
  }

  #rose(giver: Giver, list: RankName, score: number, rise: number, now: number): void {
    giver.ranks[list] = { score, rise };
    if (rise <= giver.witnessed) return;
    this.#witnessed += rise - giver.witnessed;
    giver.witnessed = rise;
    if (rise <= giver.covered) {
      this.#settle(giver, rise);
      this.#explained(now);
    } else if (giver.open.length < MOST_RISES) {
      giver.open = [...giver.open, { at: now, level: rise }];
      this.#waiting.add(giver);
    }
  }

  /** Counts a rise of which it is known whether its gifts came: until then it says nothing of an account. */
  #settle(giver: Giver, level: number): void {
    this.#seen = { ...this.#seen, diamondsWitnessed: this.#seen.diamondsWitnessed + level - giver.settled };
    giver.settled = level;
  }

  #explained(at: number): void {
    if (at <= this.#missedAt) return;
    this.#explainedSince++;
    this.#explainedAt = Math.max(this.#explainedAt, at);
  }

  #missed(at: number, diamonds: number, now: number): void {
    this.#missing += diamonds;
    this.#seen = { ...this.#seen, diamondsMissing: this.#seen.diamondsMissing + diamonds };
    this.#missedAt = Math.max(this.#missedAt, at);
    // One of long ago takes nothing from what gifts have explained since.
    if (at >= this.#explainedAt) this.#giftsSince = this.#explainedSince = 0;
    this.#inARow++;
    const came = this.#lastGiftAt !== null && this.#lastGiftAt >= at;
    const isSilent = !came && this.#inARow >= SILENT_RISES;
    const isMuch = this.#missing >= this.#witnessed * MISSING_SHARE;
    if (this.#state === "partial") {
      if (isSilent) this.#go("suppressed", now);
    } else if (this.#state !== "suppressed" && (isSilent || isMuch)) this.#go(came ? "partial" : "suppressed", now);
  }

  #isBetter(now: number): boolean {
    const gifts = this.#explainedSince >= EXPLAINED_NEEDED && this.#giftsSince >= EXPLAINED_NEEDED;
    return gifts && now - this.#missedAt >= CALM_MS;
  }

  #go(state: GiftsState, now: number): void {
    const turned = isBad(state) !== isBad(this.#state);
    this.#state = state;
    this.#since = now;
    if (turned || this.#turn === null) {
      const kind = isBad(state) ? "gifts.suppressed" : "gifts.flowing";
      this.#turn = { kind, state, since: now, witnessed: this.#witnessed, missing: this.#missing };
    }
    if (!turned || isBad(state)) return;
    this.#missing = this.#witnessed = 0;
    // A score that is next seen later has risen by what was kept from us before, too: that is told already.
    this.#forgetAll();
  }

  /** Returns what is known of a person; null where nobody can tell who it is. */
  #giver(user: User): Giver | null {
    const id = user.masked ? null : user.id;
    if (id === null) return null;
    const giver = this.#givers.get(id) ?? newGiver();
    this.#givers.delete(id);
    this.#givers.set(id, giver);
    const [oldest] = this.#givers.size > MOST_USERS ? this.#givers : [];
    if (oldest !== undefined) {
      this.#givers.delete(oldest[0]);
      this.#waiting.delete(oldest[1]);
    }
    return giver;
  }
}

function newGiver(): Giver {
  return {
    ranks: { audience: null, viewers: null, own: null, gifts: null },
    witnessed: 0,
    settled: 0,
    covered: 0,
    recent: EMPTY,
    open: EMPTY,
  };
}

function isBad(state: GiftsState): boolean {
  return state === "partial" || state === "suppressed";
}
