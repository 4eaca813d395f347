import type { EventType, NewEventOf } from "../events/event.js";
import type { BroughtCounts } from "../store/rooms.js";

/** Types of messages that are counted by the sessions that brought them. */
export const SEEN_TYPES = ["chat", "gift", "join", "like", "follow"] as const;
type SeenType = (typeof SEEN_TYPES)[number];

/** Message of one of these types as a session brought it. */
export interface Sighting {
  readonly id: string;
  readonly type: SeenType;
  /** Number of the session among those of the room. */
  readonly by: number;
  /** When it was received, ms UTC. */
  readonly at: number;
  /** A gift in it, with the units that are new to this session. */
  readonly gift?: NewEventOf<"gift">;
  /** Whether the log had it before, or takes none of it (an echo, or too old). */
  readonly isOld: boolean;
}

/** Tells whether an event's type is one of {@link SEEN_TYPES}. */
export function isSeenType(type: EventType): type is SeenType {
  return (SEEN_TYPES as readonly string[]).includes(type);
}

/** Messages of one type that sessions brought. */
export interface SeenMessages {
  /** Different messages. */
  readonly received: number;
  /** Those of them that two sessions or more brought. */
  readonly shared: number;
  /** By session: those that it brought, and those that it alone brought. */
  readonly sessions: Readonly<Record<string, { readonly received: number; readonly alone: number }>>;
}

/** Messages that sessions brought, by type. */
export type SeenByType = Readonly<Record<SeenType, SeenMessages>>;

/** Name of the one session of a room without named sessions. */
export const ONE = "default";

/** Time for which a message is known again, ms: sessions bring the same one within seconds. */
const KNOWN_MS = 90_000;
/** Most messages that are known again; far more than the busiest room has in that time. */
const MOST_KNOWN = 50_000;
/** Most sessions of one broadcast, each of which has a bit. */
const MOST_BITS = 30;

/** Messages by type, then by the sessions that brought them, as bits. */
type Counts = Map<string, Map<number, number>>;

/** Counts which sessions of a room brought which messages of a broadcast. */
export class Sightings {
  readonly #now: readonly string[];
  /** Sessions that have bits: those of now, and those that watched the broadcast before. */
  #sessions: readonly string[] = [];
  /** The bit of each session of now. */
  #bits: readonly number[] = [];
  #counts: Counts = new Map();
  readonly #known = new Map<string, { readonly at: number; brought: number }>();
  /** Number that is another after {@link counts} have changed. */
  changes = 0;

  constructor(sessions: readonly string[]) {
    this.#now = sessions;
    this.begin(null);
  }

  /** Begins another broadcast, with what is kept of it. */
  begin(kept: BroughtCounts | null): void {
    this.changes++;
    const fits = kept !== null && kept.sessions.length + this.#now.length <= MOST_BITS ? kept : null;
    this.#sessions = [...new Set([...(fits?.sessions ?? []), ...this.#now])];
    this.#bits = this.#now.map((name) => 1 << this.#sessions.indexOf(name));
    this.#counts = fits === null ? new Map() : read(fits);
    this.#known.clear();
  }

  /** Counts a message that a session brought; the same one again by another is shared. */
  see({ id, type, by, at, isOld }: Sighting): void {
    const bit = this.#bits[by] ?? 0;
    const key = `${type}/${id}`;
    const known = this.#known.get(key);
    if (known === undefined ? isOld : (known.brought & bit) !== 0) return; // an old one was counted by an earlier connection or process
    this.changes++;
    if (known !== undefined) {
      this.#add(type, known.brought, -1);
      known.brought |= bit;
      this.#add(type, known.brought, 1);
      return;
    }
    this.#add(type, bit, 1);
    if (this.#now.length === 1) return; // no other session can bring it
    this.#known.set(key, { at, brought: bit });
    for (const [oldest, one] of this.#known) {
      if (this.#known.size <= MOST_KNOWN && at - one.at <= KNOWN_MS) break;
      this.#known.delete(oldest);
    }
  }

  /** Messages of the broadcast so far, by type. */
  get types(): SeenByType {
    return sumUp(this.#counts, this.#sessions, this.#now);
  }

  /** Counts of the broadcast so far, to be kept; null if nothing was counted. */
  get counts(): BroughtCounts | null {
    if (this.#counts.size === 0) return null;
    const counts = Object.fromEntries([...this.#counts].map(([type, of]) => [type, Object.fromEntries(of)]));
    return { sessions: this.#sessions, counts };
  }

  #add(type: SeenType, brought: number, n: number): void {
    const of = this.#counts.get(type) ?? new Map<number, number>();
    this.#counts.set(type, of);
    of.set(brought, (of.get(brought) ?? 0) + n);
  }
}

/** Sums up what was counted of a broadcast. */
export function seenIn(kept: BroughtCounts): SeenByType {
  return sumUp(read(kept), kept.sessions, kept.sessions);
}

/** @param shown sessions that are named though they brought nothing */
function sumUp(counts: Counts, all: readonly string[], shown: readonly string[]): SeenByType {
  const of = (type: SeenType): SeenMessages => {
    const by = [...(counts.get(type) ?? [])];
    const count = (isOne: (brought: number) => boolean) => by.reduce((sum, [brought, n]) => sum + (isOne(brought) ? n : 0), 0);
    const sessions = all.flatMap((name, i) => {
      const bit = 1 << i;
      const received = count((brought) => (brought & bit) !== 0);
      return received === 0 && !shown.includes(name) ? [] : [[name, { received, alone: count((brought) => brought === bit) }] as const];
    });
    return {
      received: count(() => true),
      shared: count((brought) => (brought & (brought - 1)) !== 0),
      sessions: Object.fromEntries(sessions),
    };
  };
  return { chat: of("chat"), gift: of("gift"), join: of("join"), like: of("like"), follow: of("follow") };
}

function read({ counts }: BroughtCounts): Counts {
  return new Map(
    Object.entries(counts).map(([type, of]) => [type, new Map(Object.entries(of).map(([brought, n]) => [Number(brought), n]))]),
  );
}
