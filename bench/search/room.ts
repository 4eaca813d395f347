import type { NewEvent } from "../../src/events/event.js";
import { Random } from "../../src/simulator/random.js";

/** Characters of chats, the frequent ones first, as far as the bench needs them. */
const SIGNS = 3000;
const PEOPLE = 50_000;
const START = 1_777_726_800_000;
/** Text that one chat in 20,000 events may hold. */
export const RARE = "罕见词";

/** Events of a busy room as its mix is (facts: gifts 38 %, chat 31 %, likes 15 %, joins): a function of the seed. */
export class BusyRoom {
  readonly #random: Random;
  readonly #room: number;
  #made = 0;

  constructor(seed: string, room: number) {
    this.#random = new Random(seed);
    this.#room = room;
  }

  next(count: number): NewEvent[] {
    return Array.from({ length: count }, () => this.#event());
  }

  #event(): NewEvent {
    const n = this.#made++;
    const at = START + n * 30;
    const user = this.#user();
    const base = {
      id: String(7_634_850_000_000_000_000n + BigInt(n) * 4096n),
      room: this.#room,
      webRid: "1",
      sessionId: "7634850000000000019",
      time: at,
      receivedAt: at,
      source: "websocket" as const,
      revision: 0,
      user,
    };
    const kind = this.#random.unit();
    if (kind < 0.38) {
      const unitDiamonds = this.#random.unit() < 0.001 ? 30_000 : 1 + this.#below(20);
      const comboId = `7634850000000000019.${user.id}.463.g${n}.0`;
      return {
        ...base,
        method: "WebcastGiftMessage",
        type: "gift",
        kind: "gift",
        gift: { id: "463", name: "小心心", icon: null },
        delta: 1,
        comboTotal: 1,
        settled: true,
        unitDiamonds,
        diamonds: unitDiamonds,
        receiver: null,
        comboId,
        traceId: null,
      };
    }
    if (kind < 0.69) {
      const text = this.#text(n);
      return { ...base, method: "WebcastChatMessage", type: "chat", text, kind: "text", segments: [{ text }], luckyBag: false };
    }
    if (kind < 0.84) return { ...base, method: "WebcastLikeMessage", type: "like", count: 5, total: n };
    return { ...base, method: "WebcastMemberMessage", type: "join", memberCount: 1000, via: null };
  }

  #text(n: number): string {
    const length = 3 + this.#below(14);
    const text = Array.from({ length }, () => String.fromCodePoint(0x4e00 + this.#often(SIGNS))).join("");
    return n % 20_000 === 7 ? text + RARE : text;
  }

  #user() {
    const id = String(100_000_000_000 + this.#often(PEOPLE) * 7919);
    return {
      id,
      secUid: `MS4wLjABAAAA${id}`,
      displayId: null,
      shortId: null,
      nickname: `用户${id.slice(-6)}`,
      avatar: null,
      gender: null,
      payLevel: 12,
      fansClub: null,
      isAdmin: false,
      isAnchor: false,
      masked: false,
    };
  }

  /** A number below `count`, small ones far more often, as words and people are. */
  #often(count: number): number {
    return Math.min(count - 1, Math.floor(count * this.#random.unit() ** 3));
  }

  #below(count: number): number {
    return Math.floor(this.#random.unit() * count);
  }
}
