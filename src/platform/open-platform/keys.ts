import type { Clock } from "../../runtime/clock.js";
import { type Headers, type PushHead, readHead } from "./head.js";
import { isSigned } from "./signature.js";

/** Data secrets (数据密钥) by message type; several of a type are valid at once while one replaces another. `*` stands for types not named. */
export type DataSecrets = Readonly<Record<string, readonly string[]>>;

/** A push whose head passed; its body is still to be checked. */
interface Promising {
  readonly head: PushHead;
  /** Returns whether the body and the head were signed with one of the type's secrets. */
  accepts(body: Uint8Array): boolean;
}

/** Tells the platform's pushes from everybody else's. */
export class PushKeys {
  readonly #secrets: ReadonlyMap<string, readonly string[]>;
  readonly #windowMs: number;
  readonly #clock: Clock;

  /** @param windowMs how far the time in a push may be from ours, in both directions: older ones may be replayed by somebody who saw them */
  constructor(secrets: DataSecrets, windowMs: number, clock: Clock) {
    this.#secrets = new Map(Object.entries(secrets));
    this.#windowMs = windowMs;
    this.#clock = clock;
  }

  /** Judges a push by its headers alone, before its body is read; null when it cannot be the platform's. */
  judge(headers: Headers): Promising | null {
    const read = readHead(headers);
    if (read === null) return null;
    const { head, signature } = read;
    const secrets = this.#secrets.get(head.msgType) ?? this.#secrets.get("*");
    if (secrets === undefined || Math.abs(this.#clock.now() - Number(head.timestamp)) > this.#windowMs) return null;
    return { head, accepts: (body) => isSigned(head, body, signature, secrets) };
  }
}
