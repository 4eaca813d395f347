import { type Clock, systemClock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import type { RoomKey } from "../store/log.js";
import { changeOf, type ErasurePlan } from "./change.js";
import { type Identity, identityOf, isPerson, type KnownPerson, marksOf, peopleIn, pseudonymOf, unknownPerson } from "./identity.js";
import { noteErasure } from "./late.js";
import { countWorks, type ErasureStore, eraseWorks, lookInWorks, type WorksErased, type WorksFound } from "./works.js";

/** Reads the next events of a room: some 10 ms of reading, and at most as many to replace. */
function nextEvents({ log }: ErasureStore, room: RoomKey, after: number) {
  // What is being deleted is there until it is removed, and a deletion that was broken off may be for long.
  return log.readRoom(room, after, 1000, { deleted: true });
}

/** Progress of a step in a room, and the room's head. */
interface EraseProgress {
  readonly scanned: number;
  readonly head: number;
}

/** Counts of what is done with events. */
interface EventCounts {
  /** Their own events, now tombstones. */
  readonly erased: number;
  /** Unknown messages, ranks and notices that named them, now tombstones. */
  readonly dropped: number;
  /** Events that named them, with another in their place, or without the sentence that did. */
  readonly changed: number;
  /** Chats of others that name them, kept. */
  readonly kept: number;
}

type Erased = EraseProgress & EventCounts;

function addCounts(sums: { -readonly [What in keyof EventCounts]: number }, step: EventCounts): void {
  for (const what of ["erased", "dropped", "changed", "kept"] as const) sums[what] += step[what];
}

/** People who were found, each once: those of an identity, or those known by a text. */
class Meant {
  readonly #who: string | Identity;
  readonly #found = new Map<string, KnownPerson>();

  constructor(who: string | Identity) {
    this.#who = who;
  }

  get people(): KnownPerson[] {
    return [...this.#found.values()];
  }

  look(user: KnownPerson): void {
    const known = [user.id, user.secUid, user.displayId, user.shortId, user.webcastUid, user.nickname];
    const isMeant = typeof this.#who === "string" ? known.includes(this.#who) : isPerson(user, this.#who);
    if (isMeant) this.#found.set(JSON.stringify(known), user);
  }
}

/**
 * Takes a person out of the next events of a room. Seqs and ids stay; what is made from the events is changed in the same transaction.
 * @param isTrial whether it only counts what would be done
 */
async function eraseStep(store: ErasureStore, room: RoomKey, after: number, plan: ErasurePlan, isTrial = false): Promise<Erased> {
  const sums = { nothing: 0, erased: 0, dropped: 0, changed: 0, kept: 0 };
  let reached = Number.POSITIVE_INFINITY;
  for (let again: ReadonlySet<number> | null = null; ; ) {
    const { events, scanned, head } = await nextEvents(store, room, after);
    // Where some were removed meanwhile, the same page holds later ones, which the next step takes.
    reached = Math.min(reached, scanned);
    const changes = events.filter(({ seq }) => again?.has(seq) ?? true).map((event) => ({ seq: event.seq, ...changeOf(event, plan) }));
    const next = changes.flatMap((change) => ("event" in change ? [change.event] : []));
    const moved = new Set<number>(isTrial || next.length === 0 ? [] : await store.log.replace(room, next));
    for (const { seq, what } of changes) if (!moved.has(seq)) sums[what]++;
    const { nothing: _, ...counts } = sums;
    if (moved.size === 0) return { scanned: reached, head, ...counts };
    // The same events are decoded again at this time, or lose another person: what is left of them is looked at once more.
    again = moved;
  }
}

/** Request to erase a person. */
interface EraseAsk {
  /** Their id (uid), sec_uid, visible number or nickname, as it is. */
  readonly user: string;
  /** Whether their own events stay under a pseudonym. */
  readonly keep: boolean;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  /** Called with what is done now, and in how many events; the work goes on when it resolves. */
  readonly onProgress?: (what: string, events: number) => void | Promise<void>;
}

/** Person who is about to be erased, and how much is kept of them. */
export interface ErasureFound extends EventCounts {
  readonly identity: Identity;
  readonly works: WorksFound;
}

/** Report of an erasure. */
export interface EraseReport extends EventCounts {
  readonly identity: Identity;
  readonly pseudonym: string;
  /** Rooms whose anchor the person is: what is known of an anchor stays. */
  readonly anchorOf: readonly RoomKey[];
  /** Rooms in which events were changed. */
  readonly rooms: readonly RoomKey[];
  /** Counts of what was done with works and comments. */
  readonly works: WorksErased;
}

type OnEvents = (count: number) => void | Promise<void>;
/**
 * Takes a person out of everything that is kept, as of now; a person who comes again is kept again. The events stay erased whatever is
 * imported or decoded again: their ids are known. What it leaves in statistics goes when these are counted again.
 * @throws DyliveError not_found when no one is known by this, bad_request when more than one person is
 */
export async function eraseUser(
  store: ErasureStore,
  { user, keep, clock = systemClock, signal, onProgress = () => {} }: EraseAsk,
): Promise<EraseReport> {
  const key = await store.secrets.pseudonymKey();
  const planOf = (identity: Identity): ErasurePlan => ({ identity, pseudonym: pseudonymOf(nameOf(identity), key), keep });
  const identity = await identify(store, user, signal, (events) => onProgress("looking for who that is", events)).catch(async (error) => {
    // Raw recordings and files to be imported may hold them all the same.
    if (error instanceof DyliveError && error.code === "not_found") {
      await noteErasure(store, planOf(unknownPerson(user)), clock.now());
    }
    throw error;
  });
  const plan = planOf(identity);
  const { pseudonym } = plan;
  // Before the first change: what is imported from now on is judged by it.
  await noteErasure(store, plan, clock.now());
  const sums = { erased: 0, dropped: 0, changed: 0, kept: 0 };
  const rooms = new Set<RoomKey>();
  const reached = new Map<RoomKey, number>();
  const take = () =>
    walk(
      store,
      signal,
      (room, after) => eraseStep(store, room, after, plan),
      (room, step) => {
        addCounts(sums, step);
        if (step.erased + step.dropped + step.changed > 0) rooms.add(room);
      },
      (events) => onProgress("erasing", events),
      reached,
    );
  await take();
  const works = await eraseWorks(store, plan, signal, (count) => onProgress("erasing in works and comments", count));
  for (const id of identity.ids) await store.statistics.forget(id, keep ? pseudonym : null);
  // What was on its way into the log is there by now.
  await take();
  let steps = 0;
  for (let more = await store.search.purge(true); more; more = await store.search.purge(false)) {
    signal?.throwIfAborted();
    await onProgress("rewriting the search index", ++steps);
  }
  // As a text stands in JSON.
  await store.hooks.withdraw(marksOf(identity).map((mark) => JSON.stringify(mark).slice(1, -1)));
  await store.hooks.forgetAnswers();
  const anchorOf = (await store.rooms.list()).filter(
    ({ anchor }) => anchor !== null && (identity.ids.includes(anchor.id ?? "") || identity.secUids.includes(anchor.secUid ?? "")),
  );
  return { identity, pseudonym, ...sums, anchorOf: anchorOf.map(({ room }) => room), rooms: [...rooms], works };
}

/**
 * Finds out who would be erased and how much is kept of them, and erases nothing.
 * @returns null when no one is known by this, who may stand in raw recordings all the same
 */
export async function findPerson(
  store: ErasureStore,
  { user, signal, onProgress = () => {} }: Pick<EraseAsk, "user" | "signal" | "onProgress">,
): Promise<ErasureFound | null> {
  try {
    const identity = await identify(store, user, signal, (events) => onProgress("looking for who that is", events));
    const plan = { identity, pseudonym: "", keep: false };
    const onEvents = (events: number) => onProgress("counting what is kept of them", events);
    const sums = { erased: 0, dropped: 0, changed: 0, kept: 0 };
    const step = (room: RoomKey, after: number) => eraseStep(store, room, after, plan, true);
    await walk(store, signal, step, (_room, done) => addCounts(sums, done), onEvents);
    return { identity, ...sums, works: await countWorks(store, identity, signal, onEvents) };
  } catch (error) {
    if (error instanceof DyliveError && error.code === "not_found") return null;
    throw error;
  }
}

/** Finds out who is meant, and by what else they are known. */
async function identify(store: ErasureStore, text: string, signal: AbortSignal | undefined, onEvents: OnEvents): Promise<Identity> {
  const meant = await look(store, text, signal, onEvents);
  if (meant.length === 0)
    throw new DyliveError("not_found", msg`no one in the log, in works and in comments is known as ${JSON.stringify(text.slice(0, 80))}`);
  // An id outranks a name: a nickname may be another person's number.
  const first = (
    [(one) => one.id, (one) => one.secUid, (one) => one.displayId, (one) => one.shortId ?? null] satisfies ((
      one: KnownPerson,
    ) => string | null)[]
  )
    .map((by) => meant.filter((one) => by(one) === text))
    .find((found) => found.length > 0);
  const found = first ?? meant;
  // Who has the same sec_uid is one person, though no id is known of them somewhere, or another.
  const idOf = new Map(
    found.flatMap(({ id, secUid, webcastUid }) =>
      id === null ? [] : [secUid, webcastUid].flatMap((other) => (other == null ? [] : [[other, id] as const])),
    ),
  );
  const people = new Set(
    found.flatMap(({ id, secUid, webcastUid }) => {
      if (secUid !== null) return idOf.get(secUid) ?? secUid;
      // Of those under a mask nothing else may be known.
      return id ?? (webcastUid == null ? [] : (idOf.get(webcastUid) ?? webcastUid));
    }),
  );
  if (people.size > 1)
    throw new DyliveError(
      "bad_request",
      msg`${people.size} people are known as ${JSON.stringify(text.slice(0, 80))}: name one by id: ${[...people].slice(0, 20).join(", ")}`,
    );
  const known = identityOf(found, people.size === 0);
  return people.size === 0 ? known : identityOf(await look(store, known, signal, onEvents), false);
}

async function look(
  store: ErasureStore,
  who: string | Identity,
  signal: AbortSignal | undefined,
  onEvents: OnEvents,
): Promise<KnownPerson[]> {
  const meant = new Meant(who);
  const step = async (room: RoomKey, after: number) => {
    const page = await nextEvents(store, room, after);
    for (const event of page.events) for (const user of peopleIn(event)) meant.look(user);
    return page;
  };
  await walk(store, signal, step, () => {}, onEvents);
  await lookInWorks(store, typeof who === "string" ? who : null, signal, (person) => meant.look(person), onEvents);
  return meant.people;
}

/** Goes through all rooms from where they were `reached` to where their heads are. */
async function walk<S extends EraseProgress>(
  { log }: ErasureStore,
  signal: AbortSignal | undefined,
  step: (room: RoomKey, after: number) => Promise<S>,
  add: (room: RoomKey, step: S) => void,
  onEvents: OnEvents,
  reached = new Map<RoomKey, number>(),
): Promise<void> {
  let events = 0;
  for (const [room] of await log.heads())
    for (let after = reached.get(room) ?? 0; ; ) {
      signal?.throwIfAborted();
      const done = await step(room, after);
      add(room, done);
      events += done.scanned - after;
      await onEvents(events);
      after = done.scanned;
      reached.set(room, after);
      if (after >= done.head) break;
    }
}

/** Returns the id or name from which a pseudonym of the person is made. */
function nameOf({ ids, secUids, nicknames }: Identity): string {
  return ids[0] ?? secUids[0] ?? nicknames[0] ?? "";
}
