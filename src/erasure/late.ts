import type { Draft } from "../events/combo.js";
import type { LiveEvent } from "../events/event.js";
import { withoutSentences } from "../events/people.js";
import type { Redactor } from "../ingest/pipeline.js";
import type { NotedErasure } from "../store/sql/meta.js";
import type { WorkRow } from "../store/sql/works.js";
import type { ReadComment } from "../works/model/kept.js";
import type { Work } from "../works/model/work.js";
import { changeOf, type ErasurePlan } from "./change.js";
import { digestOf, type Identity, identityOf, type KnownPerson, musicNamesOf, namesInMusic, peopleIn } from "./identity.js";
import { commentLeft, type ErasureStore, workLeft } from "./works.js";

/** Most ms by which the clocks of those who receive and those who erase are taken to differ: rather an hour too much is taken out. */
const CLOCKS_MS = 3_600_000;
/** Form of a person's id, of any kind. */
const ID = /^[\w.-]{1,128}$/;

/** Notes that a person is erased at `at` (ms UTC), by digests of what they are known by, and were when they were erased before. */
export async function noteErasure(
  { erasures, secrets }: ErasureStore,
  { identity, pseudonym, keep }: ErasurePlan,
  at: number,
): Promise<void> {
  const { ids, secUids, webcastUids, nicknames, byName } = identity;
  const marks = [...ids, ...secUids, ...webcastUids, ...(byName ? nicknames.map(named) : []), ...[...musicNamesOf(identity)].map(ofMusic)];
  const key = await secrets.pseudonymKey();
  const before = (await erasures.list()).find((one) => one.pseudonym === pseudonym)?.marks ?? [];
  await erasures.note({ at, pseudonym, keep, marks: [...new Set([...before, ...marks.map((mark) => digestOf(mark, key))])] });
}

/** Makes the function that takes people out of messages that were received before they were erased, and are stored after. */
export function lateErasures(deps: ErasureStore): () => Promise<Redactor> {
  return async () => {
    const all = await lateIn(deps);
    return (draft) => all.reduce<Draft | null>((rest, one) => rest && without(rest, one), draft);
  };
}

/** Returns all erasures. */
async function lateIn({ erasures, secrets }: ErasureStore): Promise<readonly LateErasure[]> {
  const key = await secrets.pseudonymKey();
  const digests = new Map<string, string>();
  const digest = (text: string) => {
    const known = digests.get(text) ?? digestOf(text, key);
    digests.set(text, known);
    return known;
  };
  return (await erasures.list()).map((one) => {
    const marks = new Set(one.marks);
    return { ...one, means: (text: string) => marks.has(digest(text)) };
  });
}

/**
 * Makes the function that takes people out of comments that were written before they were erased: a page shows them for ever. Only those who
 * wrote a comment or are mentioned in it are known by it; in the texts of others their names stay.
 */
export function lateInComments(deps: ErasureStore): () => Promise<<T extends ReadComment>(comment: T) => T> {
  return async () => {
    const all = await lateIn(deps);
    return <T extends ReadComment>(comment: T) => all.reduce<T>(commentWithout, comment);
  };
}

/**
 * Makes the function that takes people out of an event that was on its way into the log while they were erased, at a time (ms UTC) or later.
 * It gives the event itself where no one in it was.
 */
export async function erasedSince(deps: ErasureStore, since: number): Promise<(event: LiveEvent) => LiveEvent> {
  const all = (await lateIn(deps)).filter(({ at }) => at >= since - CLOCKS_MS);
  const without = (event: LiveEvent, { pseudonym, keep, means }: LateErasure): LiveEvent => {
    const identity = foundIn(event, means);
    const change = identity === null ? null : changeOf(event, { identity, pseudonym, keep });
    return change !== null && "event" in change ? change.event : event;
  };
  return (event) => all.reduce(without, event);
}

/**
 * Makes the function that takes people out of works: it gives null for a work of theirs that was read before they were erased, and the same for
 * one that does not name them. Of others' works that were published before, they stay out whenever those are read.
 */
export function lateInWorks(deps: ErasureStore): () => Promise<(row: WorkRow) => WorkRow | null> {
  return async () => {
    const all = await lateIn(deps);
    return (row) => all.reduce<WorkRow | null>((rest, one) => rest && workWithout(rest, one), row);
  };
}

/**
 * Makes the function that gives until when (ms UTC, included) nothing is kept of a person that is read now, since they were erased; null where
 * they were not.
 */
export function lateUntil(deps: ErasureStore): (person: KnownPerson) => Promise<number | null> {
  return async (person) => {
    const theirs = (await lateIn(deps)).filter(({ means }) => isMeant(person, means));
    return theirs.length === 0 ? null : Math.max(...theirs.map(({ at }) => at)) + CLOCKS_MS;
  };
}

/** Returns what is left of a comment. */
function commentWithout<T extends ReadComment>(comment: T, { at, pseudonym, keep, means }: LateErasure): T {
  if (Math.min(comment.time, comment.receivedAt) > at + CLOCKS_MS) return comment;
  const identity = namedBy(comment, means);
  if (identity === null) return comment;
  const left = commentLeft(comment, { identity, pseudonym, keep });
  return left === comment ? comment : { ...left, erased: true };
}

function workWithout(row: WorkRow, { at, means }: LateErasure): WorkRow | null {
  const { time, receivedAt, author } = row.work;
  const isLater = receivedAt > at + CLOCKS_MS;
  if (isLater && (time > at + CLOCKS_MS || isMeant(author, means))) return row;
  const identity = namedBy(row.work, means);
  return identity === null ? row : workLeft(row, identity);
}

/** Returns the ids and names by which a person wrote a work or a comment, is mentioned in it, or its music is theirs; null where none of it is so. */
function namedBy(one: Work | ReadComment, means: LateErasure["means"]): Identity | null {
  const people = (peopleIn(one) as readonly KnownPerson[]).filter((user) => isMeant(user, means));
  const named = one.mentions.flatMap(({ userId, secUid }) => [userId, secUid]).filter((id) => id !== null && means(id));
  const musician = "music" in one && one.music !== null ? namesInMusic(one.music, (text) => means(ofMusic(text))) : [];
  if (people.length + named.length + musician.length === 0) return null;
  return identityOf(
    [
      ...people,
      ...named.map((id) => ({ id, secUid: id, displayId: null, nickname: null })),
      ...musician.map((nickname) => ({ id: null, secUid: null, displayId: null, nickname })),
    ],
    people.length > 0 && people.every(isOnlyNamed),
  );
}

/** An erasure, with what tells whether a text means the person. */
interface LateErasure extends Omit<NotedErasure, "marks"> {
  readonly means: (text: string) => boolean;
}

/** Returns what is left of a draft; null when nothing is. */
function without(draft: Draft, { at, pseudonym, keep, means }: LateErasure): Draft | null {
  if (draft.event.receivedAt > at + CLOCKS_MS) return draft;
  // These name people in ways that no digest finds: what is others' is lost with it.
  if (draft.event.type === "notice" || draft.event.type === "unknown") return null;
  const event = withoutSentences(draft.event);
  const left = { ...draft, event } as Draft; // of the same type
  const identity = foundIn(event, means);
  if (identity === null) return left;
  const change = changeOf({ ...event, seq: 0 } as LiveEvent, { identity, pseudonym, keep });
  if (change.what === "erased" || change.what === "dropped") return null;
  if (change.what !== "changed") return left;
  const { seq: _seq, ...changed } = change.event;
  return { ...draft, event: changed } as Draft; // a change keeps the type
}

/** Returns the ids and names by which a person is known in an event; null where they are not in it. */
function foundIn(event: Draft["event"] | LiveEvent, means: LateErasure["means"]): Identity | null {
  const users = peopleIn(event).filter((user) => isMeant(user, means));
  const ids = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value === "string" && ID.test(value) && means(value)) ids.add(value);
    else if (typeof value === "object" && value !== null) for (const one of Object.values(value)) visit(one);
  };
  visit(event);
  if (users.length === 0 && ids.size === 0) return null;
  const known = identityOf(users, users.length > 0 && users.every(isOnlyNamed));
  return { ...known, ids: [...new Set([...known.ids, ...ids])] };
}

function isMeant(user: KnownPerson, means: LateErasure["means"]): boolean {
  const ids = [user.id, user.secUid, user.webcastUid];
  if (ids.some((one) => one !== null && one !== undefined && means(one))) return true;
  return isOnlyNamed(user) && user.nickname !== null && means(named(user.nickname));
}

function isOnlyNamed({ id, secUid }: KnownPerson): boolean {
  return id === null && secUid === null;
}

/** Writes a name as a mark: no id is written so. */
function named(nickname: string): string {
  return `name:${nickname}`;
}

/** Writes a name as the mark of music that is theirs: music has nothing but the name, also of people whose ids are known. */
function ofMusic(nickname: string): string {
  return `music:${nickname}`;
}
