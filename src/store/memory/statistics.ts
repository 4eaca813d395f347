import type { RoomKey } from "../log.js";
import type {
  Counted,
  CountTask,
  GiftSum,
  Minute,
  PeopleOrder,
  Person,
  PersonSession,
  Progress,
  SessionKey,
  SessionStatistics,
  Statistics,
  WordCount,
  WordKind,
} from "../statistics.js";
import type { MemoryGate } from "./gate.js";
import { MemorySessionStatistics } from "./session-statistics.js";

/** Statistics of one room. */
class RoomStatistics {
  counted = 0;
  version = 0;
  readonly sessions = new Map<SessionKey, MemorySessionStatistics>();
}

/** Statistics in memory. */
export class MemoryStatistics implements Statistics {
  readonly #gate: MemoryGate;
  /** Returns the head of every room that exists. */
  readonly #heads: () => Iterable<readonly [RoomKey, number]>;
  readonly #rooms = new Map<RoomKey, RoomStatistics>();

  constructor(gate: MemoryGate, heads: () => Iterable<readonly [RoomKey, number]>) {
    this.#gate = gate;
    this.#heads = heads;
  }

  /** Notes that events of these broadcasts were replaced, the first and last of them given by seq. */
  replaced(room: RoomKey, sessionIds: Iterable<SessionKey>, from: number, to: number): void {
    for (const sessionId of sessionIds) this.#reset(room, sessionId, from, to);
  }

  progress(): Promise<readonly Progress[]> {
    return this.#gate.run(() => {
      const all = [...this.#heads()].map(([room, head]) => ({ room, behind: this.#behind(room, head) }));
      return all.filter(({ behind }) => behind > 0);
    });
  }

  task(room: RoomKey): Promise<CountTask | null> {
    return this.#gate.run(() => {
      const { counted, version, sessions } = this.#of(room);
      const head = this.#head(room);
      if (counted < head) return { room, sessionId: null, after: counted, until: head, version };
      for (const { sessionId, back, until } of sessions.values()) if (back < until) return { room, sessionId, after: back, until, version };
      return null;
    });
  }

  sweep(): Promise<boolean> {
    return this.#gate.run(() => false);
  }

  commit({ task, scanned, removed, delta }: Counted): Promise<boolean> {
    return this.#gate.run(() => {
      const { room, sessionId, after, until, version } = task;
      const kept = this.#of(room);
      const session = sessionId === null ? undefined : kept.sessions.get(sessionId);
      if (kept.version !== version || (sessionId === null ? kept.counted : session?.back) !== after) return false;
      if (session === undefined) {
        const newest = [...kept.sessions.values()].sort((a, b) => b.lastSeq - a.lastSeq)[0];
        if (removed !== undefined && newest !== undefined) newest.partial = true;
        kept.counted = scanned;
      } else {
        if (removed !== undefined && removed[0] <= until) session.partial = true;
        session.back = Math.min(scanned, until);
      }
      for (const [key, part] of delta) {
        const into = kept.sessions.get(key) ?? new MemorySessionStatistics(key, part.firstSeq, part.lastSeq);
        kept.sessions.set(key, into);
        into.add(part);
        if (session === undefined && removed !== undefined) into.partial = true;
      }
      return true;
    });
  }

  reset(room: RoomKey, sessionId: SessionKey): Promise<void> {
    return this.#gate.run(() => this.#reset(room, sessionId));
  }

  forget(userId: string, as: string | null): Promise<void> {
    return this.#gate.run(() => {
      for (const { sessions } of this.#rooms.values()) for (const session of sessions.values()) session.forget(userId, as);
    });
  }

  expire(room: RoomKey, before: number): Promise<boolean> {
    return this.#gate.run(() => {
      const { sessions } = this.#of(room);
      for (const [key, session] of sessions)
        if (session.back >= session.until && (session.statistics(0).totals.lastAt ?? before) < before) return sessions.delete(key);
      return false;
    });
  }

  sessions(room: RoomKey, sessionIds: readonly SessionKey[]): Promise<ReadonlyMap<SessionKey, SessionStatistics>> {
    return this.#gate.run(() => {
      const behind = this.#head(room) - this.#of(room).counted;
      const found = sessionIds.flatMap((id) => this.#of(room).sessions.get(id) ?? []);
      return new Map(found.map((session) => [session.sessionId, session.statistics(behind)]));
    });
  }

  minutes(room: RoomKey, sessionId: SessionKey, after: number, limit: number): Promise<readonly Minute[]> {
    return this.#gate.run(() => {
      const all = [...(this.#of(room).sessions.get(sessionId)?.minutes ?? [])].filter(([minute]) => minute > after);
      const page = all.sort(([a], [b]) => a - b).slice(0, limit);
      return page.map(([minute, totals]) => ({ minute, totals: structuredClone(totals) }));
    });
  }

  people(
    room: RoomKey,
    sessionId: SessionKey,
    by: PeopleOrder,
    limit: number,
    after?: readonly [bigint, string],
  ): Promise<readonly Person[]> {
    return this.#gate.run(() => {
      const all = [...(this.#of(room).sessions.get(sessionId)?.people.values() ?? [])].filter((one) => one[by] > 0);
      return page(all, (one) => [one[by], one.userId], limit, after);
    });
  }

  gifts(
    room: RoomKey,
    sessionId: SessionKey,
    { by, userId, limit, after }: Parameters<Statistics["gifts"]>[2],
  ): Promise<readonly GiftSum[]> {
    return this.#gate.run(() => page(this.#of(room).sessions.get(sessionId)?.gifts(by, userId) ?? [], ({ place }) => place, limit, after));
  }

  words(room: RoomKey, sessionId: SessionKey, kind: WordKind, limit: number, after?: WordCount): Promise<readonly WordCount[]> {
    return this.#gate.run(() => {
      const all = [...(this.#of(room).sessions.get(sessionId)?.words[kind] ?? [])].map(([text, count]) => ({ text, count }));
      return page(all, ({ text, count }) => [count, text], limit, after && [after.count, after.text]);
    });
  }

  person(room: RoomKey, userId: string, limit: number, before = Number.MAX_SAFE_INTEGER): Promise<readonly PersonSession[]> {
    return this.#gate.run(() => {
      const all = [...this.#of(room).sessions.values()].flatMap(({ sessionId, firstSeq, people }) => {
        const person = people.get(userId);
        return person === undefined || firstSeq >= before ? [] : [{ ...person, sessionId, place: firstSeq }];
      });
      return all.sort((a, b) => b.place - a.place).slice(0, limit);
    });
  }

  #reset(room: RoomKey, sessionId: SessionKey, from = Number.MAX_SAFE_INTEGER, to = 0): void {
    const kept = this.#of(room);
    const known = kept.sessions.get(sessionId);
    const first = Math.min(known?.firstSeq ?? Number.MAX_SAFE_INTEGER, from);
    const until = Math.min(Math.max(known?.lastSeq ?? 0, to), kept.counted);
    kept.version++;
    kept.sessions.delete(sessionId);
    if (first > until) return;
    const fresh = new MemorySessionStatistics(sessionId, first, until);
    Object.assign(fresh, { back: first - 1, until });
    kept.sessions.set(sessionId, fresh);
  }

  #behind(room: RoomKey, head: number): number {
    const { counted, sessions } = this.#of(room);
    return [...sessions.values()].reduce((sum, { back, until }) => sum + until - back, head - counted);
  }

  #head(room: RoomKey): number {
    for (const [key, head] of this.#heads()) if (key === room) return head;
    return 0;
  }

  #of(room: RoomKey): RoomStatistics {
    const known = this.#rooms.get(room) ?? new RoomStatistics();
    this.#rooms.set(room, known);
    return known;
  }
}

type Key = number | bigint | string;

/** Returns the first rows after a place: the greatest numbers first, then texts in the order of their UTF-8. */
function page<T>(rows: readonly T[], keyOf: (row: T) => readonly Key[], limit: number, after?: readonly Key[]): readonly T[] {
  const rest = after === undefined ? rows : rows.filter((row) => compare(keyOf(row), after) > 0);
  const sorted = [...rest].sort((a, b) => compare(keyOf(a), keyOf(b)));
  return structuredClone(sorted.slice(0, limit)) as readonly T[];
}

function compare(a: readonly Key[], b: readonly Key[]): number {
  for (const [index, one] of a.entries()) {
    const other = b[index] ?? "";
    if (typeof one === "string") {
      const order = Buffer.compare(Buffer.from(one), Buffer.from(String(other)));
      if (order !== 0) return order;
    } else if (typeof other !== "string" && (one > other || one < other)) {
      return one > other ? -1 : 1;
    }
  }
  return 0;
}
