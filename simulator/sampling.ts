import { DyliveError } from "../src/runtime/errors.js";
import { isGift, type Outgoing } from "./outgoing.js";
import { hash32 } from "./random.js";

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
