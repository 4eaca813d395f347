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

  /** Sets the shares of one viewer, or of all that have none of their own; `{}` gives everything. */
  set(shares: Shares, viewer?: string): void {
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
