import type { NewEvent, NewEventOf, User } from "../events/event.js";
import type { Evidence } from "./state.js";

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
const MOST_USERS = 500;
const MOST_RISES = 100;

/** Diamonds that one person gave: by the ranks, and by the gifts that came. */
interface Giver {
  /** Score and its rise since it was first seen, by rank: each counts for itself. */
  readonly ranks: Map<string, { score: number; rise: number }>;
  /** Diamonds by the rank that says most. */
  witnessed: number;
  /** Diamonds of gifts that came, and of rises that are known to be missing. */
  covered: number;
  /** Rises that no gift has explained yet: what `covered` must reach. */
  readonly open: { readonly at: number; readonly level: number }[];
}

/** A change between gifts that reach us and gifts that do not. */
export interface GiftsNews {
  readonly kind: "gifts.suppressed" | "gifts.flowing";
  /** ms UTC */
  readonly since: number;
  readonly witnessed: number;
  readonly missing: number;
}

/**
 * Judges by evidence whether gifts reach us: a contributor's score that rises by more than what gifts of theirs bring, also half a minute later,
 * means that gifts are given and kept from us. Scores of people who are seen for the first time prove nothing: they may have given before.
 */
export class GiftsWatch {
  readonly #givers = new Map<string, Giver>();
  #state: Evidence["gifts"] = "unknown";
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
  #news: GiftsNews | null = null;

  get state(): Evidence["gifts"] {
    return this.#state;
  }

  /** Evidence for the state: since when, and diamonds that ranks rose by against those that did not come. */
  get evidence(): Evidence["giftsSeen"] {
    return { since: this.#since, diamondsWitnessed: this.#witnessed, diamondsMissing: this.#missing };
  }

  /** Returns a change that nobody was told of yet. */
  takeNews(): GiftsNews | null {
    const news = this.#news;
    this.#news = null;
    return news;
  }

  /** Starts over for another broadcast or account: what was seen before says nothing. */
  reset(): void {
    this.interrupted();
    this.#state = "unknown";
    this.#since = null;
    this.#witnessed = 0;
    this.#missing = 0;
    this.#lastGiftAt = null;
    this.#missedAt = 0;
    this.#giftsSince = 0;
    this.#explainedSince = 0;
    this.#explainedAt = 0;
    this.#inARow = 0;
    this.#news = null;
  }

  /** Notes that nothing was received for a while: what was given meanwhile is a gap, and not kept from us. */
  interrupted(): void {
    this.#givers.clear();
  }

  /** Takes every event, in order. @param now ms UTC */
  see(event: NewEvent, now: number): void {
    if (event.type === "gift" && event.delta > 0) this.#gift(event, now);
    if (event.type === "rank" && event.list === "audience")
      for (const { user, score } of event.entries) this.#score("audience", user, score, now);
    else if (event.type === "stats") for (const { user, score } of event.ranks ?? []) this.#score("viewers", user, score, now);
    else if ("user" in event && event.user?.roomDiamonds !== undefined) this.#score("own", event.user, event.user.roomDiamonds, now);
  }

  /** Looks whether the gifts of a rise are overdue. @param now ms UTC */
  look(now: number): void {
    for (const giver of this.#givers.values()) {
      for (let rise = giver.open[0]; rise !== undefined && now - rise.at >= GRACE_MS; rise = giver.open[0]) {
        giver.open.shift();
        const missing = rise.level - giver.covered;
        giver.covered = rise.level;
        this.#missed(rise.at, missing, now);
      }
    }
  }

  #gift({ user, diamonds }: NewEventOf<"gift">, now: number): void {
    this.#lastGiftAt = now;
    this.#giftsSince++;
    this.#inARow = 0;
    const giver = this.#giver(user);
    if (giver !== null) {
      // A gift of unknown price may be worth all that is open.
      giver.covered = diamonds === null ? Math.max(giver.covered, giver.witnessed) : giver.covered + diamonds;
      for (let rise = giver.open[0]; rise !== undefined && rise.level <= giver.covered; rise = giver.open[0]) {
        giver.open.shift();
        this.#explained(rise.at);
      }
    }
    if (this.#state === "unknown") this.#go("flowing", now);
    else if (this.#state !== "flowing" && this.#isBetter(now)) this.#go("flowing", now);
    else if (this.#state === "suppressed" && this.#giftsSince >= GIFTS_NEEDED) {
      this.#go("partial", now);
      // A score that is next seen later has risen by what was kept from us before, too: that is told already.
      this.#givers.clear();
    }
  }

  #score(list: string, user: User, score: number | null, now: number): void {
    const giver = score === null ? null : this.#giver(user);
    if (giver === null || score === null) return;
    const before = giver.ranks.get(list);
    if (before === undefined || score <= before.score) {
      // Scores of a broadcast only rise: a lower one is late, or of another count that begins here.
      giver.ranks.set(list, { score: before === undefined ? score : before.score, rise: before?.rise ?? 0 });
      return;
    }
    const rise = before.rise + score - before.score;
    giver.ranks.set(list, { score, rise });
    if (rise <= giver.witnessed) return;
    this.#witnessed += rise - giver.witnessed;
    giver.witnessed = rise;
    if (rise <= giver.covered) {
      this.#explained(now);
    } else if (giver.open.length < MOST_RISES) giver.open.push({ at: now, level: rise });
  }

  #explained(at: number): void {
    if (at <= this.#missedAt) return;
    this.#explainedSince++;
    this.#explainedAt = Math.max(this.#explainedAt, at);
  }

  #missed(at: number, diamonds: number, now: number): void {
    this.#missing += diamonds;
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

  #go(state: Evidence["gifts"], now: number): void {
    const bad = (one: Evidence["gifts"]) => one === "partial" || one === "suppressed";
    const turned = bad(state) !== bad(this.#state);
    this.#state = state;
    this.#since = now;
    if (!turned) return;
    const kind = bad(state) ? "gifts.suppressed" : "gifts.flowing";
    this.#news = { kind, since: now, witnessed: this.#witnessed, missing: this.#missing };
    if (bad(state)) return;
    this.#missing = this.#witnessed = 0;
    // A score that is next seen later has risen by what was kept from us before, too: that is told already.
    this.#givers.clear();
  }

  #giver(user: User): Giver | null {
    const id = user.masked ? null : user.id;
    if (id === null) return null;
    const known = this.#givers.get(id);
    if (known !== undefined) return known;
    if (this.#givers.size >= MOST_USERS) return null;
    const giver: Giver = { ranks: new Map(), witnessed: 0, covered: 0, open: [] };
    this.#givers.set(id, giver);
    return giver;
  }
}
