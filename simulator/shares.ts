import { Type } from "typebox";
import { DyliveError } from "../src/runtime/errors.js";
import { isGift, type Outgoing } from "./outgoing.js";
import { hash32 } from "./random.js";

/**
 * Mood of the platform towards one account, by which it is sent gifts: all of them, the first of each broadcast only, or none when it has
 * been there for so many minutes (facts/changes-2026.md section 5). `all` is the usual one.
 */
export type Mood = "all" | "first_gift" | { readonly noneAfterMinutes: number };

/** A viewer's share of a broadcast. */
interface Sight {
  readonly since: number;
  /** The gift that it was sent first, as {@link giftKey} names it. */
  first: string | null;
}

const MOST_MINUTES = 10_000;
/** Most broadcasts and viewers that are kept in mind together. */
const MOST_SIGHTS = 10_000;

/** Schema of a {@link Mood}. */
export const MoodSchema = Type.Union([
  Type.Enum(["all", "first_gift"]),
  Type.Object({ noneAfterMinutes: Type.Number({ minimum: 0, maximum: MOST_MINUTES }) }, { additionalProperties: false }),
]);

/** Reads a mood as it is written: `all`, `first_gift` or `none_after:MINUTES`. @throws DyliveError bad_request */
export function readMood(text: string): Mood {
  if (text === "all" || text === "first_gift") return text;
  const minutes = /^none_after:(\d+(?:\.\d+)?)$/.exec(text)?.[1];
  if (minutes === undefined)
    throw new DyliveError("bad_request", `${JSON.stringify(text.slice(0, 40))} is no mood; write all, first_gift or none_after:MINUTES`);
  return { noneAfterMinutes: Number(minutes) };
}

/** Moods of the platform towards its viewers, each the same in all rooms. */
export class Moods {
  readonly #moods = new Map<string, Mood>();
  readonly #sights = new Map<string, Sight>();

  /** Sets the mood towards a viewer from now on. @throws DyliveError bad_request */
  set(viewer: string, mood: Mood): void {
    if (typeof mood !== "string" && !(mood.noneAfterMinutes >= 0 && mood.noneAfterMinutes <= MOST_MINUTES))
      throw new DyliveError("bad_request", `a mood has 0 to ${MOST_MINUTES} minutes`);
    for (const key of [...this.#sights.keys()]) if (key.startsWith(`${viewer}/`)) this.#sights.delete(key);
    if (mood === "all") this.#moods.delete(viewer);
    else this.#moods.set(viewer, mood);
  }

  /** Returns the mood towards a viewer. */
  of(viewer: string): Mood {
    return this.#moods.get(viewer) ?? "all";
  }

  /**
   * Tells whether a viewer is given a gift of a broadcast.
   * @param now ms UTC of the platform @param isNew false for what was sent before, and is replayed to who comes
   */
  admits(viewer: string, roomId: string, gift: Outgoing, now: number, isNew: boolean): boolean {
    const mood = this.#moods.get(viewer);
    if (mood === undefined) return true;
    const sight = this.#sight(viewer, roomId, now);
    if (mood !== "all" && mood !== "first_gift") return gift.at < sight.since + mood.noneAfterMinutes * 60_000;
    const key = giftKey(gift);
    if (sight.first === null && isNew) sight.first = key;
    return sight.first === key;
  }

  /** Notes that a viewer came to a broadcast. @param now ms UTC of the platform */
  came(viewer: string, roomId: string, now: number): void {
    if (this.#moods.has(viewer)) this.#sight(viewer, roomId, now);
  }

  #sight(viewer: string, roomId: string, now: number): Sight {
    const key = `${viewer}/${roomId}`;
    const known = this.#sights.get(key);
    if (known !== undefined) return known;
    const sight: Sight = { since: now, first: null };
    this.#sights.set(key, sight);
    const [oldest] = this.#sights.size > MOST_SIGHTS ? this.#sights.keys() : [];
    if (oldest !== undefined) this.#sights.delete(oldest);
    return sight;
  }
}

/** Names a gift, the same for all messages of its combo. */
function giftKey({ msgId, fact }: Outgoing): string {
  const told = fact();
  const gift = told?.gift;
  if (told === null || gift === undefined) return msgId;
  const group = gift.groupId !== "0" ? gift.groupId : gift.traceId || msgId;
  return `${told.userId}/${gift.giftId}/${group}/${gift.receiverId}`;
}

/** Kinds of messages of which the platform gives each viewer a sample. */
export const SAMPLED = ["chat", "gift", "join", "like", "follow"] as const;
type SampledKind = (typeof SAMPLED)[number];

/** Share of the messages of each kind that a viewer is given, 0 to 1, or bounds between which each viewer's share lies; all of a kind not named. */
export type Shares = Readonly<Partial<Record<SampledKind, number | readonly [low: number, high: number]>>>;

/** The samples of one room: each viewer gets its own, and the same one after a reconnect. */
export class Sampling {
  #everyone: Shares = {};
  readonly #shares = new Map<string, Shares>();

  /** Sets the shares of one viewer, or of all that have none of their own; `{}` gives everything. @throws DyliveError bad_request */
  set(shares: Shares, viewer?: string): void {
    for (const [kind, share] of Object.entries(shares)) check(kind, share);
    if (viewer === undefined) this.#everyone = shares;
    else this.#shares.set(viewer, shares);
  }

  /** Whether anybody is given less than everything. */
  get active(): boolean {
    return [this.#everyone, ...this.#shares.values()].some((shares) => Object.keys(shares).length > 0);
  }

  /** Tells whether a viewer is given a message: by chance, which is one viewer's own and independent of all others'. */
  admits(viewer: string, { method, msgId }: Pick<Outgoing, "method" | "msgId">): boolean {
    const kind = kindOf(method);
    if (kind === null) return true;
    const share = (this.#shares.get(viewer) ?? this.#everyone)[kind] ?? 1;
    const own = typeof share === "number" ? share : share[0] + unit(`${viewer}/${kind}`) * (share[1] - share[0]);
    return unit(`${viewer}/${method}/${msgId}`) < own;
  }
}

/** @throws DyliveError bad_request */
function check(kind: string, share: unknown): void {
  if (!(SAMPLED as readonly string[]).includes(kind))
    throw new DyliveError("bad_request", `${JSON.stringify(kind.slice(0, 40))} is not sampled; the kinds are ${SAMPLED.join(", ")}`);
  const [low, high, ...more] = Array.isArray(share) ? (share as readonly unknown[]) : [share, share];
  const isShare = (one: unknown): one is number => typeof one === "number" && one >= 0 && one <= 1;
  if (!isShare(low) || !isShare(high) || more.length > 0 || low > high)
    throw new DyliveError("bad_request", `the share of ${kind} is a number from 0 to 1, or two of them, the smaller one first`);
}

function unit(text: string): number {
  return hash32(text) / 0x1_0000_0000;
}

function kindOf(method: string): SampledKind | null {
  return isGift(method) ? "gift" : (KINDS.get(method) ?? null);
}

const KINDS: ReadonlyMap<string, SampledKind> = new Map([
  ["WebcastChatMessage", "chat"],
  ["WebcastEmojiChatMessage", "chat"],
  ["WebcastMemberMessage", "join"],
  ["WebcastLikeMessage", "like"],
  ["WebcastSocialMessage", "follow"],
]);
