import type { Draft, GiftEvent } from "../events/combo.js";
import type { NewEvent } from "../events/event.js";
import { GiftLedger } from "../events/ledger.js";
import { isSeenType, type Sighting } from "../health/sightings.js";
import { isHistory } from "../platform/access/read.js";
import { type Context, type Envelope, normalise } from "../platform/messages/normalise.js";
import { officialDraft } from "../platform/messages/official.js";
import type { Drift } from "../platform/wire/drift.js";
import type { RecordKind } from "../platform/wire/recording.js";
import { type Backoff, backoffMs, yieldToEventLoop } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import { isNotOwner, isStoreDown } from "../store/health.js";
import type { ComboMark, Log, RoomKey } from "../store/log.js";
import { GiftCatalogue } from "./fill-in.js";
import { type MemoryDeps, newestGifts, RoomMemory } from "./room-memory.js";

/** Takes people out of a draft of what was received long before it came to the log. @returns null for what is not to be stored */
export type Redactor = (draft: Draft) => Draft | null;

/** Dependencies of {@link Pipeline}. */
interface PipelineDeps extends MemoryDeps {
  readonly drift: Drift;
  /** Fills in what messages of gifts do not say and learns from them. Without one messages of the room alone describe gifts. */
  readonly gifts?: GiftCatalogue | undefined;
  /** Makes events of messages; our own by default. */
  readonly decode?: typeof normalise;
  /** Takes out people who were erased while something waited; null where there are none. */
  readonly erased?: () => Promise<Redactor | null>;
  /** Keeps an event that the store refuses, so that it is not lost; called once for each. */
  readonly setAside: (event: NewEvent, error: unknown) => void;
}

/** Something received, as the pipeline needs it: when, and the messages inside. */
export interface IncomingFrame {
  /** ms UTC */
  readonly receivedAt: number;
  readonly response: { readonly messages: readonly Envelope[] } | null;
  /** What it is; absent for pushes of the Open Platform. */
  readonly kind?: RecordKind;
  /** Whether it was received long ago, as what a file holds: people who are in it may have been erased meanwhile. */
  readonly waited?: boolean;
  /** Number of the session that received it, where the room has several. */
  readonly by?: number;
}

/** The broadcast that bytes belong to: what its source was connected to. */
export interface Broadcast {
  readonly sessionId: string | null;
  readonly webRid: string | null;
  readonly anchorId: string | null;
  readonly source: NewEvent["source"];
}

/** Result of storing what was received. */
export interface Stored {
  /** Events that got a seq, in order. */
  readonly events: readonly NewEvent[];
  /** Messages, whatever became of them. */
  readonly messages: number;
  /** Those that were not said before the connection, by method. */
  readonly methods: ReadonlyMap<string, number>;
  /** Messages that a session brought, where the room has several: also those that are known. */
  readonly sightings: readonly Sighting[];
  /** Messages that gave no event, by reason. */
  readonly drops: ReadonlyMap<string, number>;
  /** Whether the platform announced the end of the broadcast. */
  readonly ended: boolean;
}

/** Bytes of a message that are as much work as one without any: a plain one has some 1,300 and takes some 16 µs. */
const BYTES_A_MESSAGE = 1_000;
/** Messages, by their work, that are read in one turn of the event loop. */
const TURN_WORK = 250;
/** Messages, by their work, whose events are appended together: a commit costs little beside them. */
const APPEND_WORK = 2_000;

/** Combos that are settled together. */
const SETTLED_TOGETHER = 500;
/** Tries of a batch while another owner, such as an import, stores into the same room. */
const MOST_TRIES = 8;
/** Wait before each further try: long enough for the other owner to store what it claimed the room for. */
const WAIT: Backoff = { firstMs: 500, longestMs: 1_000 };
/**
 * Interval at which ids and combos that were not seen since the last time leave the memory, ms. By numbers alone, thousands of quiet rooms
 * would keep hours of them, a megabyte each; the log still knows them.
 */
const AGE_MS = 60_000;
const ENDS: ReadonlySet<string> = new Set(["end", "end_by_admin", "end_by_switch"]);

/** Thrown by an append that found the room claimed by another owner. */
class Fenced extends Error {}

/**
 * The one way into a room's log: messages → events → dedupe → gift ledger → append, serially, by the room's owner. Its memory is a cache of
 * the log: whatever fails drops it, and the next call claims the room and reads it again. Frames can be given again after a failure, as the
 * log stores an id of a room once.
 */
export class Pipeline {
  readonly #deps: PipelineDeps;
  readonly #catalogue: GiftCatalogue;
  /** Null after a failure, until it is read again. */
  #memory: RoomMemory | null = null;
  /** Gifts that each session of a room with several was sent, by its number: others may have had part of a combo before it. */
  readonly #sent = new Map<number, GiftLedger>();
  #agedAt = 0;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(deps: PipelineDeps) {
    this.#deps = deps;
    this.#catalogue = deps.gifts ?? new GiftCatalogue();
  }

  /** Claims the room and reads its memory from the log. @throws DyliveError not_owner, and what the store throws */
  static async open(deps: PipelineDeps): Promise<Pipeline> {
    const pipeline = new Pipeline(deps);
    pipeline.#memory = await RoomMemory.open(deps);
    return pipeline;
  }

  /** Room whose log it stores into. */
  get room(): RoomKey {
    return this.#deps.room;
  }

  /** Epoch of the current claim; 0 while there is none. */
  get epoch(): number {
    return this.#memory?.epoch ?? 0;
  }

  /** Tells whether an event of this id was stored lately. */
  knows(id: string): boolean {
    return this.#memory?.recent.has(id) ?? false;
  }

  /** Stores what was received. @throws DyliveError not_owner, in_use; what the store throws when it is down: then the call can be repeated */
  store(received: readonly IncomingFrame[], broadcast: Broadcast): Promise<Stored> {
    return this.#owned((memory) => this.#store(memory, received, broadcast));
  }

  /** Stores an event of our own (state, gap). @throws as {@link store} */
  own(event: NewEvent): Promise<void> {
    return this.#owned(async (memory) => {
      await this.#append(memory, [{ event, claim: null } as Draft], new Map(), new Set());
    });
  }

  /**
   * Settles combos that have been silent for 30 s.
   * @param heardUntil settles only combos that received nothing after this, ms UTC
   * @returns how many
   */
  settle(heardUntil?: number): Promise<number> {
    const isIdle = this.#memory !== null && !this.#memory.ledger.waiting && this.#sent.size === 0;
    if (isIdle && !this.#isAged) return Promise.resolve(0); // what is being stored now is settled the next time
    return this.#owned(async (memory) => {
      const { log, room, clock } = this.#deps;
      if (this.#isAged) this.#age(memory);
      const now = clock.now();
      for (const ledger of this.#sent.values()) ledger.due(now);
      for (let settled = 0; ; ) {
        const events = memory.ledger.due(now, heardUntil, SETTLED_TOGETHER);
        if (events.length === 0) return settled;
        memory.ledger.confirm(events, (await appended(log, room, memory.epoch, events)).stored);
        settled += events.length;
        if (events.length < SETTLED_TOGETHER) return settled;
        await yieldToEventLoop();
      }
    });
  }

  get #isAged(): boolean {
    return Math.abs(this.#deps.clock.now() - this.#agedAt) >= AGE_MS;
  }

  #age({ recent, ledger }: RoomMemory): void {
    this.#agedAt = this.#deps.clock.now();
    recent.age();
    ledger.age(); // not those of the sessions: the log does not know what each was sent
  }

  /** Does one piece of work after the other; one that meets another owner claims the room back and begins again. */
  #owned<T>(work: (memory: RoomMemory) => Promise<T>): Promise<T> {
    const turn = this.#queue.then(async () => {
      for (let tries = 1; ; tries++) {
        try {
          this.#memory ??= await RoomMemory.open(this.#deps);
          return await work(this.#memory);
        } catch (error) {
          this.#memory = null;
          if (!(error instanceof Fenced)) throw error;
          if (tries === MOST_TRIES)
            throw new DyliveError(
              "in_use",
              msg`an import, a task or another process stores events of room ${this.#deps.room} and took it over ${tries} times in a row`,
            );
          // The wait is random: in step, two owners would take the room from each other forever.
          await this.#deps.clock.sleep(backoffMs(WAIT, tries));
        }
      }
    });
    // Without the result, which would be kept until the next turn.
    this.#queue = turn.then(
      () => {},
      () => {},
    );
    return turn;
  }

  async #store(memory: RoomMemory, received: readonly IncomingFrame[], broadcast: Broadcast): Promise<Stored> {
    const { room, drift, decode = normalise } = this.#deps;
    const erased = received.some(({ waited }) => waited) ? ((await this.#deps.erased?.()) ?? null) : null;
    const { webRid, sessionId, anchorId, source } = broadcast;
    const methods = new Map<string, number>();
    const drops = new Map<string, number>();
    const drafts: Draft[] = [];
    /** Work of the message of each draft. */
    const work: number[] = [];
    const turn = new MessageTurn();
    const seen: { readonly draft: Draft; readonly type: Sighting["type"]; readonly by: number; readonly at: number }[] = [];
    // What comes twice in one call is judged as what comes in two: how frames are batched changes nothing.
    const ids = new Set<string>();
    const old = new Set<string>();
    let ended = false;
    let messages = 0;
    for (const one of received) {
      const { response, receivedAt, waited, by } = one;
      if (response === null) continue;
      // Written out: events made from a spread object's fields take 15 % longer to make.
      const context: Context = { room, webRid, sessionId, anchorId, receivedAt, source, history: isHistory(one), drift };
      messages += response.messages.length;
      for (const message of response.messages) {
        if (turn.isOver(message)) await yieldToEventLoop();
        if (!context.history) count(methods, message.method);
        // Decoded before it is looked for: what names a message stands in it, and the envelope's id is new when it is sent again.
        const made = source === "official" ? officialDraft(message, context) : decode(message, context);
        const draft = made === null || !waited || erased === null ? made : erased(made);
        if (by !== undefined && draft !== null && !context.history && isSeenType(draft.event.type))
          seen.push({ draft, type: draft.event.type, by, at: receivedAt });
        if (draft === null) count(drops, made === null ? "no_event" : "erased");
        else if (ids.has(draft.event.id)) count(drops, "duplicate");
        else {
          const refusal = memory.refusal(draft.event);
          if (refusal === null) {
            memory.goods.see(draft.event);
            drafts.push(draft);
            work.push(workOf(message));
            ids.add(draft.event.id);
            if (announcesEnd(draft.event)) ended = true;
          } else {
            count(drops, refusal);
            old.add(draft.event.id);
          }
        }
      }
    }
    const events: NewEvent[] = [];
    await this.#catalogue.fill(seen.map(({ draft }) => draft.event));
    for (const some of together(drafts, work)) {
      if (some[0] !== drafts[0]) await yieldToEventLoop();
      await this.#catalogue.fill(some.map(({ event }) => event));
      events.push(...(await this.#append(memory, some, drops, old)));
    }
    void this.#catalogue.learn(); // beside what is stored, which never waits for it
    // Once it is stored: a call that fails is repeated, and what is new to a session is so once.
    const sightings = seen.map(({ draft, type, by, at }): Sighting => {
      const { id } = draft.event;
      return { id, type, by, at, ...this.#newTo(by, draft), isOld: old.has(id) };
    });
    return { events, messages, methods, sightings, drops, ended };
  }

  /** Returns what is new to one session of a gift that it was sent. */
  #newTo(by: number, draft: Draft): Pick<Sighting, "gift"> {
    if (draft.claim === null) return {};
    const ledger = this.#sent.get(by) ?? new GiftLedger();
    this.#sent.set(by, ledger);
    const [given] = ledger.stage([draft], { combos: new Map(), known: new Set() });
    return given?.type === "gift" ? { gift: given } : {};
  }

  /**
   * Judges and appends. A batch that the store refuses is halved until the bad event is found, which is set aside.
   * @param old receives the ids that the log had before
   * @returns the events that are new
   */
  async #append(memory: RoomMemory, drafts: readonly Draft[], drops: Map<string, number>, old: Set<string>): Promise<readonly NewEvent[]> {
    if (drafts.length === 0) return [];
    const { ledger, recent } = memory;
    const { log, room, setAside } = this.#deps;
    const events = await this.#judge(ledger, drafts, old);
    let written: Awaited<ReturnType<typeof appended>>;
    try {
      written = events.length === 0 ? { stored: [] } : await appended(log, room, memory.epoch, events);
    } catch (error) {
      if (error instanceof Fenced || isStoreDown(error) || isNotOwner(error)) throw error;
      ledger.restore(await newestGifts(log, room));
      if (drafts.length === 1) {
        for (const event of events) setAside(event, error);
        count(drops, "refused_by_store");
        return [];
      }
      const half = drafts.length >> 1;
      const first = await this.#append(memory, drafts.slice(0, half), drops, old);
      return [...first, ...(await this.#append(memory, drafts.slice(half), drops, old))];
    }
    const { stored, tooOld = 0 } = written;
    ledger.confirm(events, stored);
    for (const event of events) recent.add(event.id);
    const fresh = events.filter((_event, i) => stored[i] !== null);
    for (const [i, { id }] of events.entries()) if (stored[i] === null) old.add(id);
    count(drops, "too_old", tooOld);
    count(drops, "duplicate", events.length - fresh.length - tooOld);
    return fresh;
  }

  async #judge(ledger: GiftLedger, drafts: readonly Draft[], old: Set<string>): Promise<readonly NewEvent[]> {
    const { log, room } = this.#deps;
    const lookups = ledger.missing(drafts);
    const marks = async (wanted: readonly string[]) => (wanted.length > 0 ? log.combos(room, wanted) : new Map<string, ComboMark>());
    const [known, combos] = await Promise.all([
      lookups.ids.length > 0 ? log.known(room, lookups.ids) : new Set<string>(),
      marks(lookups.combos),
    ]);
    for (const id of known) old.add(id);
    const gifts = known.size > 0 ? await this.#gifts([...known]) : new Map<string, GiftEvent>();
    const others = await marks([...gifts.values()].map(({ comboId }) => comboId));
    return ledger.stage(drafts, { combos: new Map([...combos, ...others]), known, gifts });
  }

  /** Returns gifts that were stored before. */
  async #gifts(ids: readonly string[]): Promise<ReadonlyMap<string, GiftEvent>> {
    const { log, room } = this.#deps;
    const events = await log.byId(room, ids);
    return new Map([...events].flatMap(([id, event]) => (event.type === "gift" ? [[id, event] as const] : [])));
  }
}

/** Appends to one room. @returns the seq of each event, null for one that the log had @throws Fenced, and what the store throws */
async function appended(
  log: Log,
  room: RoomKey,
  epoch: number,
  events: readonly NewEvent[],
): Promise<{ readonly stored: readonly (number | null)[]; readonly tooOld?: number }> {
  const [answer] = await log.append([{ room, epoch, events }]);
  if (answer?.stored === undefined) throw new Fenced();
  return answer;
}

/** Tells whether the platform says by an event that the broadcast is over. */
function announcesEnd(event: NewEvent): boolean {
  return event.type === "control" && ENDS.has(event.action);
}

function count(counts: Map<string, number>, key: string, by = 1): void {
  if (by > 0) counts.set(key, (counts.get(key) ?? 0) + by);
}

/** Counts messages, by their work, and says when the others on the thread are to have their turn: one Response may hold 20,000. */
class MessageTurn {
  #work = 0;

  /** Counts one more message. @returns whether the turn is over before it */
  isOver(message: Envelope): boolean {
    const isOver = this.#work >= TURN_WORK;
    this.#work = (isOver ? 0 : this.#work) + workOf(message);
    return isOver;
  }
}

/** Returns the work of a message: 1, and more by its bytes. */
function workOf({ payload }: Envelope): number {
  return 1 + payload.length / BYTES_A_MESSAGE;
}

/** Yields drafts in order, as many at a time as are to be appended together. @param work of each */
function* together(drafts: readonly Draft[], work: readonly number[]): Generator<readonly Draft[]> {
  let [from, sum] = [0, 0];
  for (let at = 0; at < drafts.length; at++) {
    const more = work[at] ?? 0;
    if (sum > 0 && sum + more > APPEND_WORK) {
      yield drafts.slice(from, at);
      [from, sum] = [at, 0];
    }
    sum += more;
  }
  if (from < drafts.length) yield from === 0 ? drafts : drafts.slice(from);
}
