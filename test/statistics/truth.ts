import { expect } from "vitest";
import type { Fact } from "../../simulator/fact.js";
import type { Vocabulary } from "../../src/statistics/words.js";
import type { Minute, WordCount } from "../../src/store/statistics.js";
import type { Store } from "../../src/store/store.js";
import { everything } from "../contracts/statistics.js";
import { type BusyTruth, SESSION } from "./busy-room.js";

const MINUTE_S = 60;

/** Compares every total of the busy room's statistics with what the simulator says it sent. */
export async function expectTruth(store: Store, room: number, truth: BusyTruth, vocabulary: Vocabulary): Promise<number> {
  const { sessions, parts } = await everything(store, room, [SESSION]);
  const [session] = sessions;
  const [part] = parts;
  if (session === undefined || part === undefined) throw new Error("nothing was counted");
  const { interactive: facts, combos } = truth;
  expect([truth.interactiveDropped, truth.combosDropped.count]).toEqual([0, 0]);
  const of = (kind: Fact["kind"]) => facts.filter((fact) => fact.kind === kind);

  const { types } = session.totals;
  const kinds = ["chat", "like", "join", "follow", "share", "fansclub"] as const;
  expect(kinds.map((kind) => [kind, types[kind]])).toEqual(kinds.map((kind) => [kind, of(kind).length]));
  const told = (method: string) => truth.byMethod[method] ?? 0;
  expect(types.stats).toBe(told("WebcastRoomStatsMessage") + told("WebcastRoomUserSeqMessage"));
  expect(types.rank).toBe(told("WebcastRoomRankMessage"));
  expect(session).toMatchObject({
    totals: {
      likes: truth.likes.count,
      likesTotal: truth.likes.total,
      onlineMax: truth.onlineMax,
      units: sum(combos, ({ total }) => total),
      diamonds: BigInt(sum(combos, ({ total, unitDiamonds }) => total * unitDiamonds)),
      unpricedUnits: 0,
      hidden: { events: 0 },
    },
    combos: combos.length,
    settled: combos.length,
    people: new Set([...facts.map(({ userId }) => userId)]).size,
    chatters: new Set(of("chat").map(({ userId }) => userId)).size,
    gifters: new Set(combos.map(({ senderId }) => senderId)).size,
    partial: false,
    behind: 0,
  });

  // People, gifts and receivers, each by its own key.
  const [byDiamonds = [], , byChats = [], byLikes = []] = part.people;
  const worth = (of: typeof combos) => [sum(of, ({ total }) => total), sum(of, (one) => one.total * one.unitDiamonds), of.length];
  const given = (row: { units: number; diamonds: bigint; combos: number }) => [row.units, Number(row.diamonds), row.combos];
  const likesOf = (all: readonly Fact[]) => sum(all, ({ count }) => count ?? 0);
  const userOf = ({ userId }: { readonly userId: string | null }) => userId ?? "";
  const count = (all: readonly unknown[]) => all.length;
  expect(keyed(byDiamonds, userOf, given)).toEqual(grouped(combos, ({ senderId }) => senderId, worth));
  expect(keyed(byChats, userOf, ({ chats }) => chats)).toEqual(grouped(of("chat"), userOf, count));
  expect(keyed(byLikes, userOf, ({ likes }) => likes)).toEqual(grouped(of("like"), userOf, likesOf));
  const [gifts = [], users = [], receivers = [], lines = []] = part.gifts;
  const lineOf = (line: (typeof lines)[number]) => `${line.userId} ${line.receiverId ?? ""} ${line.giftId}`;
  expect(keyed(gifts, ({ giftId }) => giftId ?? "", given)).toEqual(grouped(combos, ({ giftId }) => giftId, worth));
  expect(keyed(users, userOf, given)).toEqual(grouped(combos, ({ senderId }) => senderId, worth));
  expect(keyed(receivers, ({ receiverId }) => receiverId ?? "", given)).toEqual(grouped(combos, ({ receiverId }) => receiverId, worth));
  expect(receivers.length).toBeGreaterThan(1);
  expect(keyed(lines, lineOf, given)).toEqual(
    grouped(combos, ({ senderId, receiverId, giftId }) => `${senderId} ${receiverId} ${giftId}`, worth),
  );

  // Minutes of platform time.
  const minuteOf = (fact: Fact) => String(Math.floor(truth.secondOf(fact) / MINUTE_S));
  const minutes = (of: (totals: Minute["totals"]) => number) => {
    const rows = part.minutes.filter(({ totals }) => of(totals) !== 0);
    return keyed(
      rows,
      ({ minute }) => String(minute),
      ({ totals }) => of(totals),
    );
  };
  for (const kind of ["chat", "like", "follow"] as const)
    expect(minutes(({ types }) => types[kind] ?? 0)).toEqual(grouped(of(kind), minuteOf, count));
  expect(minutes(({ likes }) => likes)).toEqual(grouped(of("like"), minuteOf, likesOf));
  expect(sum(part.minutes, ({ totals }) => totals.units)).toBe(session.totals.units);
  expect(part.minutes.reduce((all, { totals }) => all + totals.diamonds, 0n)).toBe(session.totals.diamonds);

  // Words as the same dictionary cuts them; emoji as they stand in the texts.
  const texts = of("chat").map(({ text }) => text ?? "");
  const said = (rows: readonly WordCount[]) =>
    keyed(
      rows,
      ({ text }) => text,
      ({ count }) => count,
    );
  const words = texts.flatMap((text) => vocabulary.wordsOf(text));
  expect(said(part.words)).toEqual(grouped(words, String, count));
  const emoji = texts.flatMap((text) => text.match(/\[[^\]]+\]|😂/gu) ?? []);
  expect(said(part.emoji)).toEqual(grouped(emoji, String, count));
  return sum(Object.values(types), (count) => count);
}

function sum<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((all, one) => all + of(one), 0);
}

function grouped<T, R>(list: readonly T[], keyOf: (one: T) => string, of: (all: readonly T[]) => R): Map<string, R> {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return new Map([...groups].map(([key, all]) => [key, of(all)]));
}

function keyed<T, R>(rows: readonly T[], keyOf: (row: T) => string, of: (row: T) => R): Map<string, R> {
  return new Map(rows.map((row) => [keyOf(row), of(row)]));
}
