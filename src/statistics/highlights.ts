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
/** Fewest minutes from which one can tell what is usual. */
const LEAST_MINUTES = 10;
/** A minute stands out that is so many spreads above what is usual, and so many times as much. */
const SPREADS = 5;
const TIMES = 2;
/** Half of a normal distribution lies within so many standard deviations: between its quartiles. */
const QUARTILES_OF_SPREAD = 1.349;

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

/** Time of a broadcast that stands out against the half hours around it. */
export interface Highlight {
  /** Time to jump to, ms UTC: of the first event of the burst; where they are no longer kept, or too many to look at, the beginning of the minute. */
  readonly at: number;
  /** Whether `at` is of an event. */
  readonly exact: boolean;
  /** Its minutes, ms UTC: the beginning of the first, and the end of the last. */
  readonly from: number;
  readonly to: number;
  /** Seq of its event that was stored first: read the room's events from there. */
  readonly firstSeq: number;
  /** The greatest of its peaks, by which highlights are ranked. */
  readonly score: number;
  /** Its peaks, the most striking first. */
  readonly peaks: readonly Peak[];
  /** Words of its chats that are rarer in the rest of the broadcast, the most striking first. */
  readonly words: readonly WordCount[];
  /** Gifts that its diamonds are of, those worth most first. */
  readonly gifts: readonly { readonly id: string; readonly name: string | null; readonly units: number; readonly diamonds: number }[];
}

/** A highlight of which only the minutes are known. */
type Stretch = Pick<Highlight, "from" | "to" | "firstSeq" | "score" | "peaks">;

/** Bounds on what is read for one highlight. */
const READ_PAGE = 500;
const READ_MAX = 20_000;
/** Lateness in ms up to which an event is still looked for behind its minute, though the log is in order of arrival. */
const LATE_MS = 30_000;

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
): Promise<readonly Highlight[]> {
  const minutes = await statistics.minutes(room, sessionId, Number.MIN_SAFE_INTEGER, MINUTES_MAX);
  const striking = stretchesOf(minutes, kinds)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .sort((a, b) => a.from - b.from);
  if (striking.length === 0) return [];
  const chats = minutes.reduce((sum, { totals }) => sum + (totals.types.chat ?? 0), 0);
  const usualWords = new Map<string, number>();
  for (const kind of ["word", "emoji"] as const)
    for (const { text, count } of await statistics.words(room, sessionId, kind, WORDS_MAX)) usualWords.set(text, count);
  const found: Highlight[] = [];
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

/** Minutes of a broadcast that are looked at: ten weeks. */
const MINUTES_MAX = 100_000;
/** Words of a broadcast that may be found in a highlight: rarer ones are in no highlight often enough. */
const WORDS_MAX = 5_000;

/**
 * Returns the times in which minutes stand out; those next to each other are one, whatever stands out in them. A minute without any event was not
 * received, as far as anybody knows: a live room has something to tell every few seconds.
 */
export function stretchesOf(minutes: readonly Minute[], kinds: readonly HighlightKind[] = HIGHLIGHT_KINDS): Stretch[] {
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
  if (minutes.length < LEAST_MINUTES) return [];
  const { of, least, spread: leastSpread } = MEASURES[kind];
  const values = minutes.map(({ totals }) => of(totals));
  const around = new Around();
  const found: Peak[] = [];
  let [from, to] = [0, 0];
  for (const [i, { minute }] of minutes.entries()) {
    for (; to < minutes.length && (minutes[to]?.minute ?? 0) <= minute + AROUND_MINUTES; to++) around.add(values[to] ?? 0);
    for (; (minutes[from]?.minute ?? 0) < minute - AROUND_MINUTES; from++) around.remove(values[from] ?? 0);
    const value = values[i] ?? 0;
    if (value < least || around.size < LEAST_MINUTES) continue;
    const usual = around.at(0.5);
    const spread = Math.max((around.at(0.75) - around.at(0.25)) / QUARTILES_OF_SPREAD, leastSpread(usual, around.mean));
    const score = (value - usual) / spread;
    if (score < SPREADS || value < usual * TIMES) continue;
    found.push({ kind, minute: minute * MINUTE_MS, value, usual, score: Math.round(score * 10) / 10 });
  }
  return found;
}

/** Values of the minutes around one, in their order. */
class Around {
  readonly #values: number[] = [];
  #sum = 0;

  get size(): number {
    return this.#values.length;
  }

  get mean(): number {
    return this.#sum / this.#values.length;
  }

  add(value: number): void {
    this.#values.splice(this.#placeOf(value), 0, value);
    this.#sum += value;
  }

  remove(value: number): void {
    this.#values.splice(this.#placeOf(value), 1);
    this.#sum -= value;
  }

  /** Returns the value below which a share of them lies. */
  at(share: number): number {
    return this.#values[Math.floor((this.#values.length - 1) * share)] ?? 0;
  }

  /** Returns the first place whose value is not less. */
  #placeOf(value: number): number {
    let [low, high] = [0, this.#values.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#values[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Reads the events of a stretch, as far as they are kept, in order of time. `isWhole`: none of them were removed, and there are not more than are looked at. */
async function eventsOf(
  log: Pick<Store["log"], "readRoom">,
  room: RoomKey,
  sessionId: string,
  { from, to, firstSeq }: Stretch,
  signal: AbortSignal | undefined,
): Promise<{ readonly events: readonly LiveEvent[]; readonly isWhole: boolean }> {
  const found: LiveEvent[] = [];
  let [isRead, isRemoved] = [false, false];
  for (let after = firstSeq - 1; !isRead && found.length < READ_MAX; ) {
    signal?.throwIfAborted();
    const page = await log.readRoom(room, after, READ_PAGE, { types: HIGHLIGHT_KINDS, sessionId });
    found.push(...page.events.filter(({ time }) => time >= from && time < to));
    isRemoved ||= page.removed !== undefined;
    isRead = page.scanned >= page.head || page.scanned <= after || (page.events.at(-1)?.time ?? 0) >= to + LATE_MS;
    after = page.scanned;
  }
  return { events: found.sort((a, b) => a.time - b.time), isWhole: isRead && !isRemoved };
}

/** Length in ms of the pieces of time that are compared to find the beginning of a burst. */
const PIECE_MS = 5_000;

/** Returns the time of the first event of a burst: back from its densest piece as long as there is half as much; null where none is known. */
function beginningOf(events: readonly LiveEvent[], kind: HighlightKind, from: number): number | null {
  const pieces = new Map<number, { worth: number; first: number }>();
  for (const event of events) {
    const worth = event.type === kind ? MEASURES[kind].worth(event) : 0;
    if (worth === 0) continue;
    const place = Math.floor((event.time - from) / PIECE_MS);
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

/** Fewest times that a word is in the chats of a highlight that it says something about, and most such words. */
const WORD_TIMES = 3;
const WORDS_SHOWN = 5;
/** Longest word that is looked for in a chat, in UTF-16 units, and most of a chat that is looked at. */
const WORD_MAX_CHARS = 12;
const TEXT_MAX_CHARS = 60;
const TURN_CHATS = 100;

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
    if (i % TURN_CHATS === 0) await setImmediate();
    const said = text.slice(0, TEXT_MAX_CHARS).normalize("NFKC").toLowerCase();
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
    .filter(({ count, excess }) => count >= WORD_TIMES && excess > 1)
    .sort((a, b) => b.excess - a.excess || b.text.length - a.text.length || (a.text < b.text ? -1 : 1));
  const shown: WordCount[] = [];
  for (const { text, count } of striking) {
    if (shown.length === WORDS_SHOWN) break;
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

/** Most gifts that a highlight tells of. */
const GIFTS_SHOWN = 3;

function giftsOf(events: readonly LiveEvent[]): Highlight["gifts"] {
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
    .slice(0, GIFTS_SHOWN);
}
