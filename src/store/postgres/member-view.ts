import type { Lease } from "../leases.js";
import type { RoomKey } from "../log.js";
import type { AliasKind } from "../rooms.js";
import { settingsOf } from "../sql/rooms.js";
import { rows, type SqlWork } from "../sql/work.js";

/** Collector that lives. */
interface MemberCollecting {
  readonly id: number;
  readonly capacity: number;
}

/** Number of rooms with the same owner, and the same member that makes ready to take them over. */
interface Count {
  readonly owner: number | null;
  readonly taker: number | null;
  readonly offered: boolean;
  readonly n: number;
}

/** Row of `wanted` that is this process's. */
export interface MineRow {
  readonly key: string;
  readonly kind: AliasKind;
  readonly value: string;
  readonly room: RoomKey | null;
  readonly watched: boolean;
  readonly owner: number | null;
  readonly twin: boolean;
  readonly settings: string | null;
}

/** View of the cluster that a member has. */
export class View {
  /** Every member that lives. */
  readonly alive: readonly number[];
  /** Members that take rooms, in order of id. */
  readonly collectors: readonly MemberCollecting[];
  /** Number of wanted rooms, one for all its names. */
  readonly wanted: number;
  readonly #counts: readonly Count[];

  constructor(members: readonly MemberCollecting[], counts: readonly Count[]) {
    this.alive = members.map(({ id }) => id);
    this.collectors = members.filter(({ capacity }) => capacity > 0);
    this.wanted = counts.reduce((sum, { n }) => sum + n, 0);
    this.#counts = counts;
  }

  /** Looks at the members and their rooms. @param takeMs time for which a taker is waited for */
  static *look(takeMs: number): SqlWork<View> {
    const members = yield* rows<MemberCollecting & { role: string }>("SELECT id, role, capacity FROM live_members ORDER BY id");
    const counts = yield* rows<Count>(
      `SELECT owner, CASE WHEN taker = ANY($1::integer[]) AND since >= clock_timestamp() - $2 * interval '1 ms' THEN taker END AS taker,
         offered, count(*) AS n
       FROM wanted WHERE twin_of IS NULL GROUP BY 1, 2, 3`,
      ...[members.map(({ id }) => id), takeMs],
    );
    return new View(members, counts);
  }

  /** Returns the number of rooms that a member has or is about to have. */
  loadOf(member: number): number {
    return this.#sum(({ owner, taker }) => (taker ?? owner) === member);
  }

  /** Returns the number of rooms that a member offers and nobody has taken up yet. */
  offeredBy(member: number): number {
    return this.#sum(({ owner, taker, offered }) => owner === member && offered && taker === null);
  }

  #sum(counts: (count: Count) => boolean): number {
    return this.#counts.filter(counts).reduce((sum, { n }) => sum + n, 0);
  }
}

/** Returns the rows that a member owns, or makes ready to take over. */
export function rowsOf(member: number): SqlWork<readonly MineRow[]> {
  return rows<MineRow>(
    `SELECT w.key, w.kind, w.value, w.room, w.watched, w.owner, w.twin_of IS NOT NULL AS twin, r.settings
     FROM wanted w LEFT JOIN rooms r ON r.room = w.room WHERE w.owner = $1 OR w.taker = $1 ORDER BY w.key`,
    member,
  );
}

/** Makes the lease that a process is told of, from a row that is its own from now on. */
export function leaseOf({ key, kind, value, room, watched, settings }: MineRow, how: Lease["how"]): Lease {
  return { key, name: { kind, value }, room, watched, settings: settings === null ? null : settingsOf(settings), how };
}
