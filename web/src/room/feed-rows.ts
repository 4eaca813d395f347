import type { LiveEvent, LiveEventOf, User } from "../api/model.js";

/** Joins and likes of so long are one line. */
const CROWD_MS = 10_000;
/** A line that is so many rows up is out of sight: what comes later begins another. */
const CROWD_ROWS = 15;
/** A combo goes on in its own line as long as that is so near. */
const COMBO_ROWS = 200;
/** Names that are kept of those who joined together. */
const NAMES = 3;

/** A line of the feed. A changed line is a new object with the same `key`. */
export type FeedRow =
  | { readonly kind: "event"; readonly key: string; readonly event: LiveEvent }
  | {
      readonly kind: "gift";
      readonly key: string;
      /** Of the first. */
      readonly seq: number;
      /** Of the first, ms UTC. */
      readonly time: number;
      /** The newest of the combo. */
      readonly event: LiveEventOf<"gift">;
      readonly units: number;
      /** Value of what came; null when the price is unknown. */
      readonly diamonds: number | null;
    }
  | {
      readonly kind: "crowd";
      readonly key: string;
      readonly sessionId: string | null;
      /** Of the first. */
      readonly seq: number;
      /** Of the first, ms UTC. */
      readonly time: number;
      readonly joined: number;
      /** The first few who joined. */
      readonly joiners: readonly User[];
      readonly likers: number;
      readonly likes: number;
    }
  | { readonly kind: "skipped" | "removed"; readonly key: string; readonly count: number };

type CrowdRow = Extract<FeedRow, { kind: "crowd" }>;

/** Turns events into the lines of a feed, oldest first: joins and likes fold into one line, a combo of gifts into another. Bounded. */
export class FeedRows {
  /** The lines. Changed in place, because it is long. */
  readonly rows: FeedRow[] = [];
  readonly #most: number;
  /** Rows that were cut off at the top: the place of a row, less this, is its index. */
  #cut = 0;
  #crowd: { place: number; since: number; likers: Set<string> } | null = null;
  readonly #combos = new Map<string, number>();

  /** @param most rows that are kept; the oldest go first */
  constructor(most: number) {
    this.#most = most;
  }

  /** Adds events in the order of the log. @returns whether rows were cut off at the top */
  add(events: readonly LiveEvent[]): boolean {
    for (const event of events) this.#one(event);
    return this.#trim();
  }

  /** The seq of the first event in the lines; null when there is none. */
  get oldestSeq(): number | null {
    for (const row of this.rows) {
      if (row.kind === "event") return row.event.seq;
      if ("seq" in row) return row.seq;
    }
    return null;
  }

  /** Broadcasts of which there are lines, each with the seq of its first line. */
  get sessions(): ReadonlyMap<string, number> {
    const first = new Map<string, number>();
    for (const row of this.rows) {
      const [id, seq] = originOf(row);
      if (id !== null && !first.has(id)) first.set(id, seq);
    }
    return first;
  }

  /** Takes away the lines of a broadcast that begin before a place in the log. @returns whether there were any */
  drop(session: string, before: number): boolean {
    const kept = this.rows.filter((row) => {
      const [id, seq] = originOf(row);
      return id !== session || seq >= before;
    });
    if (kept.length === this.rows.length) return false;
    const places = new Map(kept.map((row, index) => [row, this.#cut + index]));
    const moved = (place: number) => {
      const row = this.#at(place);
      return row === undefined ? undefined : places.get(row);
    };
    for (const [combo, place] of this.#combos) {
      const to = moved(place);
      if (to === undefined) this.#combos.delete(combo);
      else this.#combos.set(combo, to);
    }
    const crowd = this.#crowd === null ? undefined : moved(this.#crowd.place);
    this.#crowd = this.#crowd === null || crowd === undefined ? null : { ...this.#crowd, place: crowd };
    this.rows.length = 0;
    for (const row of kept) this.rows.push(row);
    return true;
  }

  /** Adds a line of our own: events that are not here. */
  note(kind: "skipped" | "removed", count: number): void {
    this.#push({ kind, key: `${kind} ${this.#cut + this.rows.length}`, count });
  }

  /** Puts lines of older events above. @returns how many there are */
  prepend(events: readonly LiveEvent[]): number {
    const older = new FeedRows(this.#most);
    older.add(events);
    // Keys stay apart: a combo may go on in the lines that are here.
    const rows = older.rows.map((row) => (row.kind === "event" ? row : { ...row, key: `older ${row.key}` }));
    this.rows.unshift(...rows);
    this.#cut -= rows.length;
    return rows.length;
  }

  #one(event: LiveEvent): void {
    if (event.type === "gift") this.#gift(event);
    else if ((event.type === "join" || event.type === "like") && event.source !== "test") this.#crowded(event);
    else this.#push({ kind: "event", key: `${event.seq}`, event });
  }

  #gift(event: LiveEventOf<"gift">): void {
    const place = this.#combos.get(event.comboId);
    const row = place === undefined ? undefined : this.#at(place);
    if (place !== undefined && row?.kind === "gift" && this.#cut + this.rows.length - place <= COMBO_ROWS) {
      const diamonds = row.diamonds === null || event.diamonds === null ? null : row.diamonds + event.diamonds;
      this.rows[place - this.#cut] = { ...row, event, units: row.units + event.delta, diamonds };
    } else if (event.delta > 0) {
      // The end of a combo alone gives nothing: its units are in the lines above.
      this.#combos.set(event.comboId, this.#cut + this.rows.length);
      const { seq, time, delta: units, diamonds } = event;
      this.#push({ kind: "gift", key: `${seq}`, seq, time, event, units, diamonds });
    }
    if (event.settled) this.#combos.delete(event.comboId);
  }

  #crowded(event: LiveEventOf<"join"> | LiveEventOf<"like">): void {
    const open = this.#crowd;
    const row = open === null ? undefined : this.#at(open.place);
    const near = open !== null && this.#cut + this.rows.length - open.place <= CROWD_ROWS && event.time - open.since < CROWD_MS;
    if (open !== null && row?.kind === "crowd" && near && row.sessionId === event.sessionId) {
      this.rows[open.place - this.#cut] = grown(row, event, open.likers);
      return;
    }
    const crowd = { place: this.#cut + this.rows.length, since: event.time, likers: new Set<string>() };
    this.#crowd = crowd;
    const { seq, time, sessionId } = event;
    const empty: CrowdRow = { kind: "crowd", key: `${seq}`, sessionId, seq, time, joined: 0, joiners: [], likers: 0, likes: 0 };
    this.#push(grown(empty, event, crowd.likers));
  }

  #at(place: number): FeedRow | undefined {
    return this.rows[place - this.#cut];
  }

  #push(row: FeedRow): void {
    this.rows.push(row);
  }

  /** Cuts a tenth at once, so that the rows below do not move with every batch. */
  #trim(): boolean {
    if (this.rows.length <= this.#most) return false;
    const cut = this.rows.length - Math.floor(this.#most * 0.9);
    this.rows.splice(0, cut);
    this.#cut += cut;
    for (const [combo, place] of this.#combos) if (place < this.#cut) this.#combos.delete(combo);
    return true;
  }
}

/** Broadcast and place in the log of what a line begins with. */
function originOf(row: FeedRow): readonly [sessionId: string | null, seq: number] {
  switch (row.kind) {
    case "event":
      return [row.event.sessionId, row.event.seq];
    case "gift":
      return [row.event.sessionId, row.seq];
    case "crowd":
      return [row.sessionId, row.seq];
    default:
      return [null, 0];
  }
}

function grown(row: CrowdRow, event: LiveEventOf<"join"> | LiveEventOf<"like">, likers: Set<string>): CrowdRow {
  if (event.type === "join") {
    const joiners = row.joiners.length < NAMES ? [...row.joiners, event.user] : row.joiners;
    return { ...row, joined: row.joined + 1, joiners };
  }
  // Without an id each is taken for another.
  likers.add(event.user.id ?? `seq ${event.seq}`);
  return { ...row, likers: likers.size, likes: row.likes + event.count };
}

/** The words of a line, for a search in it. */
export function wordsOf(row: FeedRow): string {
  switch (row.kind) {
    case "gift":
      return `${row.event.user.nickname ?? ""} ${row.event.gift.name ?? ""}`;
    case "crowd":
      return row.joiners.map(({ nickname }) => nickname ?? "").join(" ");
    case "event": {
      const { event } = row;
      const name = "user" in event ? (event.user?.nickname ?? "") : "";
      return `${name} ${"text" in event ? (event.text ?? "") : ""}`;
    }
    default:
      return "";
  }
}
