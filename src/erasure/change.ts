import { short } from "../events/combo.js";
import type { LiveEvent, LiveEventOf, User } from "../events/event.js";
import { tells, withoutSentences } from "../events/people.js";
import { type Identity, isPerson, isUser, marksOf, namedIn, peopleIn } from "./identity.js";

/** Outcome for an event. `kept`: another's text that names the person belongs to its writer, and stays; it is only counted. */
type Change = { readonly what: "nothing" | "kept" } | { readonly what: "erased" | "dropped" | "changed"; readonly event: LiveEvent };

/** Person to be taken out of events, and how. */
export interface ErasurePlan {
  readonly identity: Identity;
  /** Name that stands for them where something must. */
  readonly pseudonym: string;
  /** Whether their own events stay, under the pseudonym; else tombstones take their place. */
  readonly keep: boolean;
}

/** Takes a person out of one event. */
export function changeOf(event: LiveEvent, plan: ErasurePlan): Change {
  const { identity, keep } = plan;
  if (event.type === "erased") {
    // Their giver was erased before; who received is in the name of the combo, too.
    const left = tombstone(event, plan);
    return left.id === event.id ? { what: "nothing" } : { what: "changed", event: left };
  }
  if (event.type === "unknown")
    return event.payload !== null && namedIn(identity)(Buffer.from(event.payload, "base64"))
      ? { what: "dropped", event: tombstone(event, plan) }
      : { what: "nothing" };
  const named = peopleIn(event).some((user) => isPerson(user, identity));
  if (event.type === "rank") return named ? { what: "dropped", event: tombstone(event, plan) } : { what: "nothing" };
  const own = "user" in event && event.user !== undefined && isPerson(event.user, identity);
  if (own && !keep) return { what: "erased", event: tombstone(event, plan) };
  // What they had pinned is a copy of what they wrote.
  if (event.type === "pin" && named)
    return { what: "changed", event: { ...event, pins: event.pins.filter(({ user }) => !isPerson(user, identity)) } };
  if (event.type === "stats" && named) {
    const { ranks: _ranks, ...rest } = event;
    return { what: "changed", event: rest };
  }
  const marks = marksOf(identity);
  const names = (text: string | null) => text !== null && marks.some((mark) => text.includes(mark));
  // A notice is a sentence and nothing else.
  if (event.type === "notice" && !own && names(event.text)) return { what: "dropped", event: tombstone(event, plan) };
  // What an event says of their work leads to them.
  const goes = own && event.type === "work" ? () => true : names;
  const left = withoutSentences(rewritten(event, plan, own), goes);
  if (left !== event) return { what: "changed", event: left };
  return event.type === "chat" && names(event.text) ? { what: "kept" } : { what: "nothing" };
}

/** Makes the tombstone of an erased event, which says only that there was one. */
function tombstone(event: LiveEvent, plan: ErasurePlan): LiveEventOf<"erased"> {
  const id = renamedId(event, plan);
  const { seq, room, webRid, sessionId, method, time, receivedAt, source, revision } = event;
  return { seq, id, room, webRid, sessionId, method, time, receivedAt, source, revision, type: "erased" };
}

/**
 * Returns the event with a stand-in in the person's place, itself when they have none in it. From their own events their name leaves what
 * they wrote and the platform's sentences, too.
 */
function rewritten(event: LiveEvent, plan: ErasurePlan, own: boolean): LiveEvent {
  const { identity, pseudonym, keep } = plan;
  const plainIds = new Set([...identity.ids, ...identity.secUids, ...identity.displayIds, ...identity.webcastUids]);
  const inText = renamer(marksOf(identity), pseudonym);
  const inTrace = renamer([...identity.ids, ...identity.secUids, ...identity.webcastUids], pseudonym);
  const inPeople = (text: string) => (plainIds.has(text) ? pseudonym : text);
  const inGiving = (text: string, field: string) =>
    field === "traceId" ? inTrace(text) : field === "comboId" ? renamedCombo(text, plan) : renamedId(event, plan);
  let touched = false;
  const visit = (value: unknown, inString: (text: string) => string): unknown => {
    if (typeof value === "string") {
      const next = inString(value);
      touched ||= next !== value;
      return next;
    }
    if (Array.isArray(value)) return value.map((one) => visit(one, inString));
    if (isUser(value) && isPerson(value, identity)) {
      touched = true;
      if (!keep) return { ...standIn(""), id: null, nickname: null, masked: true };
      // People under a mask stay no one in particular: with an id of one they would be counted as one.
      return value.masked ? { ...standIn(pseudonym), id: null, masked: true } : standIn(pseudonym);
    }
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, visit(one, inString)]));
  };
  const byField = (field: string, value: unknown): unknown => {
    switch (tells(event.type, field)) {
      case "people":
        return visit(value, inPeople);
      case "giving":
        return visit(value, (text) => inGiving(text, field));
      case "words":
        return visit(value, own ? inText : (text) => text);
      case "sentence":
        return own ? visit(value, inText) : value;
      // Of an unknown message either all goes or nothing.
      case "bytes":
      case "none":
        return value;
    }
  };
  const changed = Object.entries(event).map(([field, value]) => [field, byField(field, value)]);
  // What the visit gives has the shape of what it was given: texts stay texts, people people.
  return touched ? (Object.fromEntries(changed) as LiveEvent) : event;
}

/** Makes the function that puts the pseudonym in the place of each mark; of marks that begin alike the longest counts. */
function renamer(marks: readonly string[], pseudonym: string): (text: string) => string {
  const longestFirst = [...marks].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((rest, mark) => rest.replaceAll(mark, pseudonym), text);
}

/**
 * Returns the id without the person. It names the event, and stays; that of one that settles a combo is made of the combo's. Who comes again
 * may have one of the same name settled again: the seq tells the two apart, at the end.
 */
function renamedId({ id, seq }: LiveEvent, plan: ErasurePlan): string {
  const left = id.startsWith("settle:") ? renamedCombo(id, plan) : id;
  return left === id || left.endsWith(`.${seq}`) ? left : `${left}.${seq}`;
}

/** Returns the name of a combo without the person: combos are named by who gave and who received. */
function renamedCombo(name: string, { identity, pseudonym }: ErasurePlan): string {
  // As `userKey` of the events writes them: whose number is hidden is named by a digest of what else is known.
  const hidden = [...identity.webcastUids, ...identity.secUids, ...identity.displayIds, ...identity.nicknames].map((text) =>
    short(`?${text}`),
  );
  // The Open Platform's openid, which stands for a sec_uid, is digested as it is.
  const theirs = new Set([...identity.ids.map(short), ...identity.secUids.map(short), ...hidden]);
  return name
    .split(".")
    .map((part) => (theirs.has(part) ? pseudonym : part))
    .join(".");
}

function standIn(pseudonym: string): User {
  const unknown = { secUid: null, displayId: null, shortId: null, avatar: null, gender: null, payLevel: null, fansClub: null };
  return { id: pseudonym, nickname: pseudonym, ...unknown, isAdmin: false, isAnchor: false, masked: false };
}
