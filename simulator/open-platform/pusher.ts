import { createHash } from "node:crypto";
import { Agent, request } from "undici";
import type { Clock } from "../../src/runtime/clock.js";
import { keepFailed, type MountedBroadcast, type RegisteredApp } from "./calls.js";

/** Items of pushes in the platform's form (facts/official-push.md A3). Each has what all have; the rest is by type. */
interface Item extends Readonly<Record<string, unknown>> {
  readonly msg_id: string;
}

/** The four types that a game can ask for. */
export const ITEM_TYPES = ["live_comment", "live_gift", "live_like", "live_fansclub"] as const;
type ItemType = (typeof ITEM_TYPES)[number];

/** Makes the n-th item of a type: ids of 19 digits, forty people, values that follow from n. @param at ms UTC */
export function makeItem(type: ItemType, n: number, at: number): Item {
  const person = {
    msg_id: `73${String(n).padStart(17, "0")}`,
    sec_openid: `_000person${n % 40}`,
    avatar_url: `https://p3.douyinpic.com/${n % 40}.jpeg`,
    nickname: `观众${n % 40}`,
    timestamp: at,
  };
  switch (type) {
    case "live_comment":
      return { ...person, content: `第${n}条 "666" \\ 😀` };
    case "live_gift": {
      const count = 1 + (n % 9);
      return {
        ...person,
        sec_gift_id: `gift${n % 5}+/=`,
        gift_num: count,
        gift_value: count * 10 * (1 + (n % 5)),
        ...(n % 50 === 0 && { test: true }),
      };
    }
    case "live_like":
      return { ...person, like_num: 1 + (n % 20) };
    case "live_fansclub":
      return { ...person, fansclub_reason_type: 1 + (n % 2), fansclub_level: 1 + (n % 15) };
  }
}

/** Options of one push; everything has a default. */
export interface PushOptions {
  /** Secret to sign with instead of the type's own data secret. */
  readonly secret?: string;
  /** Time in the header, ms UTC; now by default. */
  readonly timestamp?: number;
  /** Whether to push although no task runs. */
  readonly untasked?: boolean;
}

/** Outcome of a push. */
export interface PushOutcome {
  /** HTTP status; null when there was no answer in time, or none was asked for. */
  readonly status: number | null;
  /** Whether the platform counts it as delivered. */
  readonly delivered: boolean;
  /** ms until the answer */
  readonly ms: number;
  /** Whether the breaker or a missing task kept it back. */
  readonly dropped: boolean;
}

/** Time within which a push must be answered, in ms: longer for a gift than for everything else. */
const PATIENCE_MS = (msgType: string) => (msgType === "live_gift" ? 3000 : 2000);
/** Failures in a row that make the platform drop data for some seconds. */
const BREAKER_FAILURES = 10;
const BREAKER_MS = 5000;

/** Pushes signed bodies to an app's address, as the Open Platform does: never twice by itself. */
export class Pusher {
  readonly #clock: Clock;
  readonly #agent = new Agent({ connections: 64 });
  readonly #failures = new Map<string, number>();
  readonly #openUntil = new Map<string, number>();
  readonly #patienceMs: number | null;
  #nonce = 0;

  /** @param patienceMs by which an answer must be there, instead of the platform's own 2 or 3 s */
  constructor(clock: Clock, patienceMs: number | null) {
    this.#clock = clock;
    this.#patienceMs = patienceMs;
  }

  /** Pushes one body. What is not taken is kept for the query of failed data, where the type has one. */
  async push(
    app: RegisteredApp,
    broadcast: MountedBroadcast,
    msgType: string,
    body: string,
    options: PushOptions = {},
  ): Promise<PushOutcome> {
    const dropped = { status: null, delivered: false, ms: 0, dropped: true };
    if (!options.untasked && !broadcast.running.has(msgType)) return dropped;
    // Somebody else's pushes are none of the platform's failures.
    const ours = options.secret === undefined;
    if (ours && this.#clock.now() < (this.#openUntil.get(app.appId) ?? 0)) {
      keepFailed(broadcast, msgType, body);
      return dropped;
    }
    const began = performance.now();
    const status = await this.#send(
      app.pushUrl,
      this.#headers(app, broadcast, msgType, body, options),
      body,
      this.#patienceMs ?? PATIENCE_MS(msgType),
    );
    const delivered = status !== null && status >= 200 && status < 300;
    if (ours) {
      this.#count(app.appId, delivered);
      if (!delivered) keepFailed(broadcast, msgType, body);
    }
    return { status, delivered, ms: performance.now() - began, dropped: false };
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  #headers(app: RegisteredApp, { roomId }: MountedBroadcast, msgType: string, body: string, { secret, timestamp }: PushOptions) {
    const signed: Readonly<Record<string, string>> = {
      "x-nonce-str": `n${++this.#nonce}`,
      "x-timestamp": String(timestamp ?? this.#clock.now()),
      "x-roomid": roomId,
      "x-msg-type": msgType,
    };
    const text = Object.keys(signed)
      .sort()
      .map((name) => `${name}=${signed[name]}`)
      .join("&");
    const raw = text + body + (secret ?? app.dataSecrets[msgType] ?? "");
    return { ...signed, "x-signature": createHash("md5").update(raw, "utf8").digest("base64"), "content-type": "application/json" };
  }

  async #send(url: string, headers: Readonly<Record<string, string>>, body: string, patienceMs: number): Promise<number | null> {
    try {
      const signal = AbortSignal.timeout(patienceMs);
      const reply = await request(url, { method: "POST", headers, body, signal, dispatcher: this.#agent });
      await reply.body.dump();
      return reply.statusCode;
    } catch {
      return null;
    }
  }

  #count(appId: string, delivered: boolean): void {
    const failures = delivered ? 0 : (this.#failures.get(appId) ?? 0) + 1;
    this.#failures.set(appId, failures % BREAKER_FAILURES);
    if (failures >= BREAKER_FAILURES) this.#openUntil.set(appId, this.#clock.now() + BREAKER_MS);
  }
}
