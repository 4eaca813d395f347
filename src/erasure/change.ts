import { short } from "../events/combo.js";
import type { LiveEvent, LiveEventOf, User } from "../events/event.js";
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
  if (event.type === "stats" && named) {
    const { ranks: _ranks, ...rest } = event;
    return { what: "changed", event: rest };
  }
  // A notice is the platform's text: it names people without saying which.
  if (event.type === "notice" && !own && marksOf(identity).some((mark) => event.text?.includes(mark)))
    return { what: "dropped", event: tombstone(event, plan) };
  const changed = rewritten(event, plan, own);
  if (changed !== null) return { what: "changed", event: changed };
  return event.type === "chat" && marksOf(identity).some((mark) => event.text.includes(mark)) ? { what: "kept" } : { what: "nothing" };
}

/** Makes the tombstone of an erased event, which says only that there was one. */
function tombstone(event: LiveEvent, plan: ErasurePlan): LiveEventOf<"erased"> {
  const id = event.id.startsWith("settle:") ? renamedCombo(event.id, plan) : event.id;
  const { seq, room, webRid, sessionId, method, time, receivedAt, source, revision } = event;
  return { seq, id, room, webRid, sessionId, method, time, receivedAt, source, revision, type: "erased" };
}

/**
 * Returns the event with somebody else in the person's place; null when it did not name them. In their own events their name leaves every
 * text.
 */
function rewritten(event: LiveEvent, plan: ErasurePlan, own: boolean): LiveEvent | null {
  const { identity, pseudonym, keep } = plan;
  const plainIds = new Set([...identity.ids, ...identity.secUids, ...identity.displayIds, ...identity.webcastUids]);
  const marks = [...marksOf(identity)].sort((a, b) => b.length - a.length);
  let touched = false;
  const visit = (value: unknown, key: string): unknown => {
    if (typeof value === "string") {
      const next = textOf(value, key);
      touched ||= next !== value;
      return next;
    }
    if (Array.isArray(value)) return value.map((one) => visit(one, key));
    if (isUser(value) && isPerson(value, identity)) {
      touched = true;
      if (!keep) return nobody();
      // People under a mask stay nobody in particular: with an id of one they would be counted as one.
      return value.masked ? { ...standIn(pseudonym), id: null, masked: true } : standIn(pseudonym);
    }
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, visit(one, name)]));
  };
  const textOf = (text: string, key: string): string => {
    // Ids name the event, which stays; one that settles a combo is named by the combo.
    if (key === "comboId" || (key === "id" && text.startsWith("settle:"))) return renamedCombo(text, plan);
    if (key === "id" && text === event.id) return text;
    if (plainIds.has(text)) return pseudonym;
    return own ? marks.reduce((rest, mark) => rest.replaceAll(mark, pseudonym), text) : text;
  };
  // What the visit gives has the shape of what it was given: texts stay texts, people people.
  const changed = visit(event, "") as LiveEvent;
  return touched ? changed : null;
}

/** Returns the name of a combo without the person: combos are named by who gave and who received. */
function renamedCombo(name: string, { identity, pseudonym }: ErasurePlan): string {
  // As `userKey` of the events writes them: whose number is hidden is named by a digest of what else is known.
  const hidden = [...identity.webcastUids, ...identity.secUids, ...identity.displayIds, ...identity.nicknames].map((text) =>
    short(`?${text}`),
  );
  const theirs = new Set([...identity.ids.map(short), ...hidden]);
  return name
    .split(".")
    .map((part) => (theirs.has(part) ? pseudonym : part))
    .join(".");
}

function nobody(): User {
  return { ...standIn(""), id: null, nickname: null, masked: true };
}

function standIn(pseudonym: string): User {
  return {
    id: pseudonym,
    secUid: null,
    displayId: null,
    shortId: null,
    nickname: pseudonym,
    avatar: null,
    gender: null,
    payLevel: null,
    fansClub: null,
    isAdmin: false,
    isAnchor: false,
    masked: false,
  };
}
