import type { Draft, GiftEvent } from "../events/combo.js";
import type { EventType, LiveEvent, NewEvent } from "../events/event.js";
import { GiftLedger } from "../events/ledger.js";
import { isSeenType, type Sighting } from "../health/sightings.js";
import { isHistory } from "../platform/access/read.js";
import { type Context, type Envelope, normalise } from "../platform/messages/normalise.js";
import { officialDraft } from "../platform/messages/official.js";
import type { Drift } from "../platform/wire/drift.js";
import { isInteractive } from "../platform/wire/methods.js";
import type { RecordKind } from "../platform/wire/recording.js";
import type { Clock } from "../runtime/clock.js";
import { type Backoff, backoffMs, breathe } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { told } from "../runtime/told.js";
import { isNotOwner, isStoreDown } from "../store/health.js";
import { type ComboMark, type Log, newestReal, type RoomKey } from "../store/log.js";
import { RecentIds, SocialEchoes, StateVersions } from "./dedupe.js";
import { GiftCatalogue, KnownGoods } from "./fill-in.js";
import { MessageTurn, together, workOf } from "./message-turn.js";
import { type FrameOrGap, gapEvent } from "./own-events.js";

/** Takes people out of a draft of what was received long before it came to the log. @returns null for what is not to be stored */
export type Without = (draft: Draft) => Draft | null;

/** Dependencies of {@link Pipeline}. */
interface PipelineDeps {
  readonly log: Log;
  /** Claims the room's log: the new epoch, or null when the room is another process's. */
  readonly rooms: { claim(room: RoomKey): Promise<number | null> };
  readonly room: RoomKey;
  readonly clock: Clock;
  readonly drift: Drift;
  /** Fills in what messages of gifts do not say and learns from them. Without one messages of the room alone describe gifts. */
  readonly gifts?: GiftCatalogue | undefined;
  /** Makes events of messages; our own by default. */
  readonly decode?: typeof normalise;
  /** Platform time up to which events of the room were removed, ms UTC: what is older was here before, or would be removed at once. */
  readonly horizon?: (room: RoomKey) => Promise<number | null>;
  /** Knows who was erased while something waited; null where nobody was. */
  readonly erased?: () => Promise<Without | null>;
  /** Keeps an event that the store refuses, so that it is not lost; called once for each. */
  readonly setAside: (event: NewEvent, error: unknown) => void;
}

/** Something received, as the pipeline needs it: when, and the messages inside. */
export interface Arrived {
  /** ms UTC */
  readonly receivedAt: number;
  readonly response: { readonly messages: readonly Envelope[] } | null;
  /** What it is; absent for pushes of the Open Platform. */
  readonly kind?: RecordKind;
  /** Whether it was received long ago, as what a file holds: people who are in it may have been erased meanwhile. */
  readonly waited?: boolean;
  /** Number of the session that received it, where the room has several. */
  readonly by?: number;
  /** Gap that stands between frames; `untilPeople`: it is stored only before something new that people caused. */
  readonly gap?: FrameOrGap["gap"];
  readonly untilPeople?: boolean;
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
  /** Whether a gap that stood in it until people are heard is over, and stored. */
  readonly isGapTold: boolean;
}

/** A gap that is over only if people are heard, and whether it is stored. */
interface GapUntilPeople {
  readonly event: NewEvent;
  isTold: boolean;
}

/** Answer of the log to events that were appended; as in `Appended`. */
interface Written {
  readonly stored: readonly (number | null)[];
  readonly tooOld?: number;
}

/** Combos that are settled together. */
const SETTLED_TOGETHER = 500;
/** Appends that are tried while somebody else stores into the same room: an import, or a task, between whose batches there is time enough. */
const MOST_TRIES = 8;
/** Wait before the second of further tries, and each one after. */
const WAIT: Backoff = { firstMs: 10, longestMs: 1_000 };
/**
 * Time after which what was heard before the last time is forgotten, in ms: it is not told again as late as that, and if it is, the log knows it.
 * By numbers alone, thousands of rooms in which little comes would keep hours of it, a megabyte each.
 */
const AGE_MS = 60_000;
/**
 * Newest gifts of which memory is rebuilt: those of a minute, as the ledger asks for, in pages, the first of which is read whole: it has hours of
 * most rooms. At most so many are held, some 10 MB: more than a minute of the busiest room has, even at its peak.
 */
const RESTORE_GIFTS = { ms: 60_000, page: 500, most: 10_000 };
const RESTORE_SOCIAL = 100;
const RESTORE_STATES = 200;
const ENDS: ReadonlySet<string> = new Set(["end", "end_by_admin", "end_by_switch"]);

/**
 * The one way into a room's log: messages → events → dedupe → gift ledger → append, serially, by the room's owner. A second owner
 * (an import or a task of the worker thread) is noticed by the fence: then memory is dropped, the room claimed again and the batch judged again.
 */
export class Pipeline {
  readonly #deps: PipelineDeps;
  readonly #ledger = new GiftLedger();
  /** Gifts that each session of a room with several was sent, by its number: others may have had part of a combo before it. */
  readonly #sent = new Map<number, GiftLedger>();
  #recent = new RecentIds();
  #echoes = new SocialEchoes();
  #versions = new StateVersions();
  readonly #catalogue: GiftCatalogue;
  #goods = new KnownGoods();
  /** 0 until the room is claimed. */
  #epoch = 0;
  /**
   * Whether the room is claimed anew before anything else, and memory read again: an append failed, and may be stored all the same, later: the claim
   * fences it, or comes after it. Or another has the room, or a call failed before it appended: memory may have what the log has not.
   */
  #isStale = false;
  /** Events that a call had stored when it failed, by what it was given: when it is repeated, they are its own and no repeats. */
  readonly #begun = new WeakMap<readonly Arrived[], readonly NewEvent[]>();
  #horizon = Number.NEGATIVE_INFINITY;
  #agedAt = 0;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(deps: PipelineDeps) {
    this.#deps = deps;
    this.#catalogue = deps.gifts ?? new GiftCatalogue();
  }

  /** Claims the room and rebuilds the ledger's memory from its log. @throws DyliveError not_owner, and what the store throws */
  static async open(deps: PipelineDeps): Promise<Pipeline> {
    const pipeline = new Pipeline(deps);
    await pipeline.claim();
    return pipeline;
  }

  /** Claims the room when there is something to store: until then another process may go on with it. */
  static lazy(deps: PipelineDeps): Pipeline {
    return new Pipeline(deps);
  }

  /** Claims the room, unless this pipeline has done so. @throws DyliveError not_owner, and what the store throws */
  claim(): Promise<void> {
    return this.#serially(() => this.#claimed());
  }

  /** Room whose log it stores into. */
  get room(): RoomKey {
    return this.#deps.room;
  }

  /** Epoch of its claim; 0 before that. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Tells whether an event of this id was stored lately. */
  knows(id: string): boolean {
    return this.#recent.has(id);
  }

  /**
   * Stores what was received.
   * @throws DyliveError not_owner; what the store throws when it is down, and then nothing of this call is remembered and it can be repeated
   */
  store(received: readonly Arrived[], broadcast: Broadcast): Promise<Stored> {
    return this.#serially(async () => {
      try {
        return await this.#store(received, broadcast);
      } catch (error) {
        this.#isStale = true;
        throw error;
      }
    });
  }

  /** Stores events of our own (state, gap). */
  own(event: NewEvent): Promise<void> {
    return this.#serially(async () => {
      await this.#claimed();
      await this.#append([{ event, claim: null } as Draft], new Map(), new Set());
    });
  }

  /** Settles combos that have been silent for 30 s. @param heardUntil or those of which nothing came after this, ms UTC @returns how many */
  settle(heardUntil?: number): Promise<number> {
    const isIdle = !this.#ledger.waiting && this.#sent.size === 0 && !this.#isStale;
    if (isIdle && !this.#isAged) return Promise.resolve(0); // what is being stored now is settled the next time
    return this.#serially(async () => {
      if (this.#isAged) this.#age();
      for (const ledger of this.#sent.values()) if (ledger.due(this.#deps.clock.now()).length > 0) ledger.commit();
      if (this.#epoch === 0) return 0; // whoever has the room settles
      await this.#claimed();
      const now = this.#deps.clock.now();
      for (let settled = 0; ; ) {
        const events = this.#ledger.due(now, heardUntil, SETTLED_TOGETHER);
        if (events.length === 0) return settled;
        if ((await this.#write(events)) === null) {
          await this.#claim(); // what is still open is settled by the next round
          return settled;
        }
        settled += events.length;
        if (events.length < SETTLED_TOGETHER) return settled;
        await breathe();
      }
    });
  }

  get #isAged(): boolean {
    return Math.abs(this.#deps.clock.now() - this.#agedAt) >= AGE_MS;
  }

  #age(): void {
    this.#agedAt = this.#deps.clock.now();
    this.#recent.age();
    this.#ledger.age(); // what each session was sent, nothing but its ledger knows
  }

  async #store(received: readonly Arrived[], broadcast: Broadcast): Promise<Stored> {
    const { room, drift, decode = normalise } = this.#deps;
    if (received.some(({ response, gap }) => response !== null || gap !== undefined)) await this.#claimed();
    const erased = received.some(({ waited }) => waited) ? ((await this.#deps.erased?.()) ?? null) : null;
    const { webRid, sessionId, anchorId, source } = broadcast;
    const methods = new Map<string, number>();
    const drops = new Map<string, number>();
    const drafts: Draft[] = [];
    /** Work of the message of each draft. */
    const work: number[] = [];
    const isRepeated = this.#begun.has(received); // what was not answered may be stored
    const begun = this.#begun.get(received) ?? [];
    const own = new Set(begun.map(({ id }) => id));
    const turn = new MessageTurn();
    const seen: { readonly draft: Draft; readonly type: Sighting["type"]; readonly by: number; readonly at: number }[] = [];
    // What comes twice in one call is judged as what comes in two: how frames are batched changes nothing.
    const ids = new Set<string>();
    const old = new Set<string>();
    let ended = false;
    let untilPeople: GapUntilPeople | null = null;
    let messages = 0;
    for (const one of received) {
      const { response, receivedAt, waited, by, gap, untilPeople: waitsForPeople } = one;
      if (gap !== undefined) {
        const event = gapEvent(room, gap, gap.from, gap.to, gap.reason);
        if (waitsForPeople) untilPeople = { event, isTold: isRepeated && (await this.#has([event])) };
        else if (!ids.has(event.id) && !own.has(event.id)) {
          drafts.push({ event, claim: null });
          work.push(1);
        }
        ids.add(event.id);
      }
      if (response === null) continue;
      // Written out: events made from a spread object's fields take 15 % longer to make.
      const context: Context = { room, webRid, sessionId, anchorId, receivedAt, source, history: isHistory(one), drift };
      messages += response.messages.length;
      for (const message of response.messages) {
        if (turn.isOver(message)) await breathe();
        if (!context.history) count(methods, message.method);
        // Decoded before it is looked for: what names a message stands in it, and the envelope's id is new when it is sent again.
        const made = source === "official" ? officialDraft(message, context) : decode(message, context);
        const draft = made === null || !waited || erased === null ? made : erased(made);
        if (by !== undefined && draft !== null && !context.history && isSeenType(draft.event.type))
          seen.push({ draft, type: draft.event.type, by, at: receivedAt });
        if (draft === null) count(drops, made === null ? "no_event" : "erased");
        else if (ids.has(draft.event.id)) count(drops, "duplicate");
        else if (own.has(draft.event.id)) {
          ids.add(draft.event.id);
          if (announcesEnd(draft.event)) ended = true;
        } else {
          const refusal = this.#refusal(draft.event);
          if (refusal === null) {
            this.#goods.see(draft.event);
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
    const events = [...begun];
    try {
      await this.#catalogue.fill(seen.map(({ draft }) => draft.event));
      for (const some of together(drafts, work)) {
        if (some[0] !== drafts[0]) await breathe();
        await this.#catalogue.fill(some.map(({ event }) => event));
        events.push(...(await this.#append(some, drops, old, untilPeople)));
      }
    } catch (error) {
      this.#begun.set(received, events);
      throw error;
    }
    void this.#catalogue.learn(); // beside what is stored, which never waits for it
    const isGapTold = untilPeople?.isTold ?? false;
    // Once it is stored: a call that fails is repeated, and what is new to a session is so once.
    const sightings = seen.map(({ draft, type, by, at }): Sighting => {
      const { id } = draft.event;
      return { id, type, by, at, ...this.#newTo(by, draft), isOld: old.has(id) };
    });
    return { events, messages, methods, sightings, drops, ended, isGapTold };
  }

  /** Returns why nothing is stored of an event; null where it is for the log to say. */
  #refusal(event: NewEvent): "duplicate" | "too_old" | "echo" | "stale" | null {
    if (this.knows(event.id)) return "duplicate";
    if (event.time <= this.#horizon) return "too_old";
    if (!this.#echoes.admits(event)) return "echo";
    return this.#versions.admits(event) ? null : "stale";
  }

  /** Returns what is new to one session of a gift that it was sent. */
  #newTo(by: number, draft: Draft): Pick<Sighting, "gift"> {
    if (draft.claim === null) return {};
    const ledger = this.#sent.get(by) ?? new GiftLedger();
    this.#sent.set(by, ledger);
    const [given] = ledger.stage([draft], { combos: new Map(), known: new Set() });
    ledger.commit();
    return given?.type === "gift" ? { gift: given } : {};
  }

  /**
   * Judges and appends; a batch that the store refuses is halved until the bad event is found. A room that somebody else stores into at the same
   * time is claimed back and the batch judged again, so many times: two that did so forever would store nothing. Who only repeats what is there
   * takes the room from nobody.
   * @param old is given the ids that the log had before
   * @param gap is appended in front, once, where something new of people is among them
   * @throws DyliveError in_use when the room is taken away each time
   */
  async #append(
    drafts: readonly Draft[],
    drops: Map<string, number>,
    old: Set<string>,
    gap: GapUntilPeople | null = null,
  ): Promise<readonly NewEvent[]> {
    if (drafts.length === 0) return [];
    for (let tries = 1; ; tries++) {
      const events = await this.#judge(drafts, old);
      const wasTold = gap?.isTold ?? true;
      let written: Written | null;
      try {
        written = events.length === 0 ? { stored: [] } : await this.#write(events, gap);
      } catch (error) {
        if (isStoreDown(error) || isNotOwner(error)) throw error;
        const half = drafts.length >> 1;
        if (half === 0 && gap?.isTold === false) {
          const alone = await this.#append(drafts, drops, old);
          if (alone.length > 0) this.#deps.setAside(gap.event, error);
          gap.isTold ||= alone.length > 0;
          return alone;
        }
        if (half === 0) {
          for (const event of events) this.#deps.setAside(event, error);
          count(drops, "refused_by_store");
          return [];
        }
        const first = await this.#append(drafts.slice(0, half), drops, old, gap);
        return [...first, ...(await this.#append(drafts.slice(half), drops, old, gap))];
      }
      if (written === null && (await this.#has(events))) {
        written = { stored: events.map(() => null) };
        this.#ledger.commit(written.stored);
        this.#isStale = false;
      }
      if (written === null) {
        if (tries >= MOST_TRIES)
          throw new DyliveError(
            "in_use",
            told`an import, a task or another process stores events of room ${this.#deps.room} and took it over ${tries} times in a row`,
          );
        // Chance decides who waits longer: in step, both would take it from each other again.
        if (tries > 1) await this.#deps.clock.sleep(backoffMs(WAIT, tries - 1));
        await this.#claim();
        continue;
      }
      const { stored, tooOld = 0 } = written;
      if (events.length === 0) this.#ledger.commit([]);
      for (const event of events) this.#recent.add(event.id);
      const fresh = events.filter((_event, i) => stored[i] !== null);
      for (const [i, { id }] of events.entries()) if (stored[i] === null) old.add(id);
      count(drops, "too_old", tooOld);
      count(drops, "duplicate", events.length - fresh.length - tooOld);
      if (!gap?.isTold || wasTold) return fresh;
      this.#recent.add(gap.event.id);
      return [gap.event, ...fresh];
    }
  }

  /** Tells whether the log has all of these events, whoever stored them. */
  async #has(events: readonly NewEvent[]): Promise<boolean> {
    const ids = events.map(({ id }) => id);
    const known = await this.#deps.log.known(this.#deps.room, ids);
    return ids.every((id) => known.has(id));
  }

  async #judge(drafts: readonly Draft[], old: Set<string>): Promise<readonly NewEvent[]> {
    const { log, room } = this.#deps;
    const lookups = this.#ledger.missing(drafts);
    const marks = async (wanted: readonly string[]) => (wanted.length > 0 ? log.combos(room, wanted) : new Map<string, ComboMark>());
    const [known, combos] = await Promise.all([
      lookups.ids.length > 0 ? log.known(room, lookups.ids) : new Set<string>(),
      marks(lookups.combos),
    ]);
    for (const id of known) old.add(id);
    const gifts = known.size > 0 ? await this.#gifts([...known]) : new Map<string, GiftEvent>();
    const others = await marks([...gifts.values()].map(({ comboId }) => comboId));
    return this.#ledger.stage(drafts, { combos: new Map([...combos, ...others]), known, gifts });
  }

  /** Returns gifts that were stored before. */
  async #gifts(ids: readonly string[]): Promise<ReadonlyMap<string, GiftEvent>> {
    const { log, room } = this.#deps;
    const events = await log.byId(room, ids);
    return new Map([...events].flatMap(([id, event]) => (event.type === "gift" ? [[id, event] as const] : [])));
  }

  /**
   * Appends what the ledger has staged, and a gap before it that it ends.
   * @returns null when the room had another owner in between: to be claimed again and judged again
   */
  async #write(events: readonly NewEvent[], gap: GapUntilPeople | null = null): Promise<Written | null> {
    const { log, room } = this.#deps;
    try {
      const before = gap === null || gap.isTold ? [] : await this.#over(gap, events);
      const [appended] = await log.append([{ room, epoch: this.#epoch, events: [...before, ...events] }]);
      if (appended === undefined) throw new DyliveError("internal", "the log answered nothing to an append");
      if (appended.stored !== undefined) {
        const stored = appended.stored.slice(before.length);
        this.#ledger.commit(stored);
        if (gap !== null && before.length > 0) gap.isTold = true;
        return { ...appended, stored };
      }
    } catch (error) {
      this.#ledger.drop();
      this.#isStale = true;
      if (!isStoreDown(error) && !isNotOwner(error)) {
        // The store has refused it: nothing of it is stored.
        await this.#reload();
        this.#isStale = false;
      }
      throw error;
    }
    this.#isStale = true;
    return null;
  }

  /** Returns the gap where something new of people is among these events. */
  async #over({ event }: GapUntilPeople, events: readonly NewEvent[]): Promise<readonly NewEvent[]> {
    const people = events.filter(({ method }) => isInteractive(method));
    return people.length === 0 || (await this.#has(people)) ? [] : [event];
  }

  async #claimed(): Promise<void> {
    if (this.#epoch === 0 || this.#isStale) await this.#claim();
  }

  /** Claims the room, but only when all is loaded: what fails half-way is done again. */
  async #claim(): Promise<void> {
    const { rooms, room, horizon } = this.#deps;
    const epoch = await rooms.claim(room);
    if (epoch === null) throw new DyliveError("not_owner", told`room ${room} is collected by another process now`);
    // One that is yet to come, of an earlier version, would refuse every message.
    this.#horizon = Math.min((await horizon?.(room)) ?? Number.NEGATIVE_INFINITY, this.#deps.clock.now());
    await this.#reload();
    this.#epoch = epoch;
    this.#isStale = false;
  }

  async #reload(): Promise<void> {
    const { log, room } = this.#deps;
    this.#ledger.drop();
    const newest = async (limit: number, ...types: readonly EventType[]) => (await newestReal(log, room, limit, { types })).events;
    const gifts = await newestGifts(log, room);
    const social = await newest(RESTORE_SOCIAL, "follow", "share");
    this.#ledger.restore(gifts);
    this.#recent = new RecentIds();
    this.#echoes = new SocialEchoes();
    for (const event of social) this.#echoes.admits(event);
    const states = await newest(RESTORE_STATES, "pin", "lottery", "linkmic", "product");
    this.#versions = new StateVersions();
    this.#goods = new KnownGoods();
    for (const event of states) {
      this.#versions.admits(event);
      // A copy: events of a store may be frozen.
      this.#goods.see({ ...event });
    }
  }

  #serially<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work, work);
    // Not what it gives: that would be kept until the next.
    this.#queue = turn.then(
      () => {},
      () => {},
    );
    return turn;
  }
}

/** Reads the gifts of a room that were received last, as {@link RESTORE_GIFTS} says, oldest first. */
async function newestGifts(log: Log, room: RoomKey): Promise<readonly LiveEvent[]> {
  const { ms, page: limit, most } = RESTORE_GIFTS;
  const where = { types: ["gift"], tests: false } as const;
  let page = await newestReal(log, room, limit, where);
  let gifts = page.events;
  const since = (gifts.at(-1)?.receivedAt ?? 0) - ms;
  while (page.events.length === limit && gifts.length < most && (gifts[0]?.receivedAt ?? 0) > since) {
    page = await log.readRoomBefore(room, page.scanned, limit, where);
    gifts = [...page.events, ...gifts];
  }
  return gifts;
}

/** Tells whether the platform says by an event that the broadcast is over. */
function announcesEnd(event: NewEvent): boolean {
  return event.type === "control" && ENDS.has(event.action);
}

function count(counts: Map<string, number>, key: string, by = 1): void {
  if (by > 0) counts.set(key, (counts.get(key) ?? 0) + by);
}
