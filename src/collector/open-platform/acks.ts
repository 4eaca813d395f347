import type { LiveEvent } from "../../events/event.js";
import type { Ack, AckRule, OpenPlatform } from "../../platform/open-platform/open-platform.js";
import { backoffMs } from "../../runtime/backoff.js";
import type { Clock } from "../../runtime/clock.js";
import type { RoomKey } from "../../store/log.js";
import type { Store } from "../../store/store.js";

/** Messages confirmed by one call where the platform gave no rule. */
const BATCH_MAX = 100;
/** Interval between looks for something to confirm, in ms; rules ask for about a second. */
const EVERY_MS = 1000;
const PAGE = 1000;
/** Age beyond which a message is of no use to the platform, in ms: after a long time off, history is not confirmed. */
const TOO_OLD_MS = 3_600_000;
const RECEIVED = 1;

/** Dependencies of {@link OfficialAcks}. */
interface AckDeps {
  readonly store: Pick<Store, "log" | "positions">;
  readonly clock: Clock;
  readonly platform: Pick<OpenPlatform, "appId" | "ack">;
  readonly onFailed: (roomId: string, error: unknown) => void;
}

interface Tended {
  readonly roomId: string;
  rules: readonly AckRule[];
  failures: number;
  notBefore: number;
}

/**
 * Confirms to the platform that messages were received (履约上报, facts/official-push.md A5: mandatory for games released since April 2025). A
 * reader of the log like any other: what is confirmed was kept, a restart goes on from the position, and at worst a message is confirmed twice.
 */
export class OfficialAcks {
  readonly #parts: AckDeps;
  readonly #reader: string;
  /** Rooms that have something to confirm, or may. */
  readonly #due = new Set<RoomKey>();
  readonly #rooms = new Map<RoomKey, Tended>();

  constructor(parts: AckDeps) {
    this.#parts = parts;
    this.#reader = `official-ack:${parts.platform.appId}`;
  }

  /** Notes that a room has something new, or that its rules became known. */
  tend(room: RoomKey, roomId: string, rules?: readonly AckRule[]): void {
    const tended = this.#rooms.get(room) ?? { roomId, rules: [], failures: 0, notBefore: 0 };
    if (rules !== undefined) tended.rules = rules;
    this.#rooms.set(room, tended);
    this.#due.add(room);
  }

  /** Confirms until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.round(signal);
      await this.#parts.clock.sleep(EVERY_MS, signal).catch(() => {});
    }
  }

  /** Confirms what is due now. */
  async round(signal: AbortSignal): Promise<void> {
    const { clock, onFailed } = this.#parts;
    for (const room of [...this.#due]) {
      const tended = this.#rooms.get(room);
      if (signal.aborted || tended === undefined) return;
      if (clock.now() < tended.notBefore) continue;
      this.#due.delete(room);
      try {
        await this.#confirm(room, tended, signal);
        tended.failures = 0;
        // Without rules there is nothing to remember of it.
        if (tended.rules.length === 0 && !this.#due.has(room)) this.#rooms.delete(room);
      } catch (error) {
        this.#due.add(room);
        tended.failures++;
        tended.notBefore = clock.now() + backoffMs("network", tended.failures);
        if (!signal.aborted) onFailed(tended.roomId, error);
      }
    }
  }

  async #confirm(room: RoomKey, { roomId, rules }: Tended, signal: AbortSignal): Promise<void> {
    const { store, platform, clock } = this.#parts;
    const wanted = rules.filter(({ ackType }) => ackType === RECEIVED);
    const types = rules.length === 0 ? null : new Set(wanted.map(({ msgType }) => msgType));
    const size = Math.min(BATCH_MAX, ...wanted.map(({ batchMax }) => batchMax));
    let position = (await store.positions.get(this.#reader, room)) ?? 0;
    for (;;) {
      const { events, scanned, head } = await store.log.read(room, position, PAGE);
      const acks = events.filter((event) => event.receivedAt > clock.now() - TOO_OLD_MS).flatMap((event) => ackOf(event, types) ?? []);
      for (let i = 0; i < acks.length; i += size) await platform.ack(roomId, RECEIVED, acks.slice(i, i + size), signal);
      if (scanned > position) await store.positions.set(this.#reader, room, scanned);
      position = scanned;
      if (scanned >= head) return;
    }
  }
}

/** Returns the confirmation of an event; null for what the platform did not send, or sent without an id. */
function ackOf({ source, id, method, receivedAt }: LiveEvent, types: ReadonlySet<string> | null): Ack | null {
  if (source !== "official" || id.startsWith("h:") || (types !== null && !types.has(method))) return null;
  return { msgId: id, msgType: method, at: receivedAt };
}
