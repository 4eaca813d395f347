import { setImmediate } from "node:timers/promises";
import type { LiveEvent } from "../events/event.js";
import type { RoomKey } from "../store/log.js";
import type { Minute, Totals, WordCount } from "../store/statistics.js";
import type { Store } from "../store/store.js";

const MINUTE_MS = 60_000;

/** Kinds of events whose minutes are compared: chats and joins by their number, gifts by their diamonds. */
export const HIGHLIGHT_KINDS = ["chat", "gift", "join"] as const;
type HighlightKind = (typeof HIGHLIGHT_KINDS)[number];

/** Minutes before and after one that say what is usual then: a room that fills slowly has no peak. */
const AROUND_MINUTES = 30;

/** Measure of each kind: its value in a minute, the least that is worth a word, and the least spread, since chance alone spreads that much. */
const MEASURES: Readonly<
  Record<
    HighlightKind,
    { readonly least: number; of(totals: Totals): number; spread(usual: number, mean: number): number; worth(event: LiveEvent): number }
  >
> = {
  chat: { least: 10, of: ({ types }) => types.chat ?? 0, spread: byChance, worth: () => 1 },
  // One gift can be worth a thousand others, and a minute without any is nothing unusual.
  gift: {
    least: 100,
    of: ({ diamonds }) => Number(diamonds),
    spread: (_usual, mean) => Math.max(1, mean),
    worth: (event) => (event.type === "gift" && event.test !== true ? (event.diamonds ?? 0) : 0),
  },
  join: { least: 10, of: ({ types }) => types.join ?? 0, spread: byChance, worth: () => 1 },
};

/** Returns the standard deviation of a number of people who act independently of each other. */
function byChance(usual: number): number {
  return Math.sqrt(Math.max(1, usual));
}

/** Most of one kind in a minute of a highlight, and what was usual around it. */
export interface Peak {
  readonly kind: HighlightKind;
  /** Its beginning, ms UTC. */
  readonly minute: number;
  /** Chats, joins, or diamonds of gifts. */
  readonly value: number;
  /** Median of the minutes around it. */
  readonly usual: number;
  /** By how many spreads the value lies above that. */
  readonly score: number;
}

/** Time of a broadcast that stands out against the half hours around it; the schema of the API describes its fields. */
export type Highlight = Awaited<ReturnType<typeof highlightsOf>>[number];

/** Question for highlights. */
interface HighlightAsk {
  /** Greatest number of them: the most striking are taken. */
  readonly limit: number;
  readonly kinds?: readonly HighlightKind[];
  readonly signal?: AbortSignal;
}

/**
 * Finds the times of a broadcast that stand out, in their order: minutes from its statistics, which outlive its events, and where the burst begins
 * and what it was about from its events, as far as they are kept.
 */
export async function highlightsOf(
  { statistics, log }: Pick<Store, "statistics" | "log">,
  room: RoomKey,
  sessionId: string,
  { limit, kinds = HIGHLIGHT_KINDS, signal }: HighlightAsk,
) {
  const minutes = await statistics.minutes(room, sessionId, Number.MIN_SAFE_INTEGER, 100_000); // of ten weeks
  const striking = stretchesOf(minutes, kinds)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .sort((a, b) => a.from - b.from);
  const chats = minutes.reduce((sum, { totals }) => sum + (totals.types.chat ?? 0), 0);
  const usualWords = new Map<string, number>();
  // Rarer ones are in no highlight often enough.
  for (const kind of ["word", "emoji"] as const)
    for (const { text, count } of await statistics.words(room, sessionId, kind, 5_000)) usualWords.set(text, count);
  const found = [];
  for (const stretch of striking) {
    const { events, isWhole } = await eventsOf(log, room, sessionId, stretch, signal);
    const main = stretch.peaks[0]?.kind ?? "chat";
    const at = isWhole ? beginningOf(events, main, stretch.from) : null;
    const texts = events.flatMap((event) => (event.type === "chat" && !event.luckyBag ? [event.text] : []));
    found.push({
      ...stretch,
      at: at ?? stretch.peaks[0]?.minute ?? stretch.from,
      exact: at !== null,
      words: await strikingWords(texts, usualWords, chats),
      gifts: giftsOf(events),
    });
  }
  return found;
}

/**
 * Returns the times in which minutes stand out; those next to each other are one, whatever stands out in them. A minute without any event was not
 * received, as far as is known: a live room sends something every few seconds.
 */
export function stretchesOf(minutes: readonly Minute[], kinds: readonly HighlightKind[] = HIGHLIGHT_KINDS) {
  const seqs = new Map(minutes.map(({ minute, firstSeq }) => [minute, firstSeq]));
  const peaks = kinds.flatMap((kind) => peaksOf(minutes, kind)).sort((a, b) => a.minute - b.minute);
  const groups: Peak[][] = [];
  for (const peak of peaks) {
    const last = groups.at(-1);
    if (last !== undefined && peak.minute - (last.at(-1)?.minute ?? 0) <= MINUTE_MS) last.push(peak);
    else groups.push([peak]);
  }
  return groups.map((group) => {
    const best = kinds
      .flatMap((kind) => {
        const [first, ...rest] = group.filter((peak) => peak.kind === kind);
        return first === undefined ? [] : [rest.reduce((most, one) => (one.score > most.score ? one : most), first)];
      })
      .sort((a, b) => b.score - a.score);
    const times = group.map(({ minute }) => minute);
    return {
      from: Math.min(...times),
      to: Math.max(...times) + MINUTE_MS,
      firstSeq: Math.min(...times.map((time) => seqs.get(time / MINUTE_MS) ?? Number.MAX_SAFE_INTEGER)),
      score: best[0]?.score ?? 0,
      peaks: best,
    };
  });
}

/** Returns the minutes in which there was much more of a kind than in those around them. */
function peaksOf(minutes: readonly Minute[], kind: HighlightKind): readonly Peak[] {
  const { of, least, spread: leastSpread } = MEASURES[kind];
  const values = minutes.map(({ totals }) => of(totals));
  const found: Peak[] = [];
  let [from, to] = [0, 0];
  for (const [i, { minute }] of minutes.entries()) {
    while (to < minutes.length && (minutes[to]?.minute ?? 0) <= minute + AROUND_MINUTES) to++;
    while ((minutes[from]?.minute ?? 0) < minute - AROUND_MINUTES) from++;
    const value = values[i] ?? 0;
    if (value < least || to - from < 10) continue; // of fewer minutes nothing is usual
    const around = Float64Array.from(values.slice(from, to)).sort();
    const valueAt = (share: number) => around[Math.floor((around.length - 1) * share)] ?? 0;
    const usual = valueAt(0.5);
    const mean = around.reduce((sum, one) => sum + one, 0) / around.length;
    // Between its quartiles a normal distribution has 1.349 standard deviations.
    const spread = Math.max((valueAt(0.75) - valueAt(0.25)) / 1.349, leastSpread(usual, mean));
    const score = (value - usual) / spread;
    // A minute stands out that is five spreads above what is usual, and twice as much.
    if (score < 5 || value < usual * 2) continue;
    found.push({ kind, minute: minute * MINUTE_MS, value, usual, score: Math.round(score * 10) / 10 });
  }
  return found;
}

/** Reads the events of a stretch, as far as they are kept, in order of time. `isWhole`: none of them were removed, and there are not more than are looked at. */
async function eventsOf(
  log: Pick<Store["log"], "readRoom">,
  room: RoomKey,
  sessionId: string,
  { from, to, firstSeq }: ReturnType<typeof stretchesOf>[number],
  signal: AbortSignal | undefined,
): Promise<{ readonly events: readonly LiveEvent[]; readonly isWhole: boolean }> {
  const found: LiveEvent[] = [];
  let [isRead, isRemoved] = [false, false];
  for (let after = firstSeq - 1; !isRead && found.length < 20_000; ) {
    signal?.throwIfAborted();
    const page = await log.readRoom(room, after, 500, { types: HIGHLIGHT_KINDS, sessionId });
    found.push(...page.events.filter(({ time }) => time >= from && time < to));
    isRemoved ||= page.removed !== undefined;
    // The log is in order of arrival, which may be half a minute late.
    isRead = page.scanned >= page.head || page.scanned <= after || (page.events.at(-1)?.time ?? 0) >= to + 30_000;
    after = page.scanned;
  }
  return { events: found.sort((a, b) => a.time - b.time), isWhole: isRead && !isRemoved };
}

/** Returns the time of the first event of a burst: back from its densest five seconds as long as there is half as much; null where none is known. */
function beginningOf(events: readonly LiveEvent[], kind: HighlightKind, from: number): number | null {
  const pieces = new Map<number, { worth: number; first: number }>();
  for (const event of events) {
    const worth = event.type === kind ? MEASURES[kind].worth(event) : 0;
    if (worth === 0) continue;
    const place = Math.floor((event.time - from) / 5_000);
    const piece = pieces.get(place);
    if (piece === undefined) pieces.set(place, { worth, first: event.time });
    else piece.worth += worth;
  }
  let densest: number | null = null;
  for (const [place, { worth }] of pieces) if (densest === null || worth > (pieces.get(densest)?.worth ?? 0)) densest = place;
  if (densest === null) return null;
  const half = (pieces.get(densest)?.worth ?? 0) / 2;
  while ((pieces.get(densest - 1)?.worth ?? 0) >= half) densest--;
  return pieces.get(densest)?.first ?? null;
}

/** Longest word that is looked for in a chat, in UTF-16 units. */
const WORD_MAX_CHARS = 12;

/**
 * Returns the broadcast's words that are in more of these chats than in as many others of it. The statistics have cut them with a dictionary: here
 * they need only be found again.
 * @param usual how often each word is in the whole broadcast
 * @param chats number of chats of the whole broadcast
 */
async function strikingWords(texts: readonly string[], usual: ReadonlyMap<string, number>, chats: number): Promise<readonly WordCount[]> {
  const counts = new Map<string, number>();
  for (const [i, text] of texts.entries()) {
    // Others have their turn: walls of text take a millisecond each hundred.
    if (i % 100 === 0) await setImmediate();
    const said = text.slice(0, 60).normalize("NFKC").toLowerCase();
    const found = new Set<string>();
    for (let from = 0; from < said.length; from++)
      for (let to = from + 1; to <= Math.min(said.length, from + WORD_MAX_CHARS); to++) {
        const word = said.slice(from, to);
        if (usual.has(word) && !cutsWord(said, from, to)) found.add(word);
      }
    for (const word of found) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const share = texts.length / Math.max(texts.length, chats);
  const striking = [...counts]
    .map(([text, count]) => {
      const expected = (usual.get(text) ?? 0) * share;
      return { text, count, excess: (count - expected) / Math.sqrt(expected + 1) };
    })
    .filter(({ count, excess }) => count >= 3 && excess > 1)
    .sort((a, b) => b.excess - a.excess || b.text.length - a.text.length || (a.text < b.text ? -1 : 1));
  const shown: WordCount[] = [];
  for (const { text, count } of striking) {
    if (shown.length === 5) break;
    // 加油 says nothing beside 主播加油, nor the other way round.
    if (!shown.some((one) => one.text.includes(text) || text.includes(one.text))) shown.push({ text, count });
  }
  return shown;
}

/** Whether a piece of a text begins or ends within a word of Latin letters or a number. */
function cutsWord(text: string, from: number, to: number): boolean {
  const latin = (at: number) => /[a-z0-9]/.test(text[at] ?? "");
  return (latin(from) && latin(from - 1)) || (latin(to - 1) && latin(to));
}

function giftsOf(events: readonly LiveEvent[]) {
  const gifts = new Map<string, { id: string; name: string | null; units: number; diamonds: number }>();
  for (const event of events) {
    if (event.type !== "gift" || event.test === true || event.diamonds === null) continue;
    const { id, name } = event.gift;
    const sum = gifts.get(id) ?? { id, name, units: 0, diamonds: 0 };
    gifts.set(id, { id, name: sum.name ?? name, units: sum.units + event.delta, diamonds: sum.diamonds + event.diamonds });
  }
  return [...gifts.values()]
    .filter(({ diamonds }) => diamonds > 0)
    .sort((a, b) => b.diamonds - a.diamonds)
    .slice(0, 3);
}
