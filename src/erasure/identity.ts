import { createHmac } from "node:crypto";
import type { LiveEvent, NewEvent, User } from "../events/event.js";
import { confirmationOf, shownText } from "../events/hidden.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import type { Comment } from "../works/model/comment.js";
import type { Music } from "../works/model/media.js";
import type { Work } from "../works/model/work.js";

/** Ids and names by which a person is known. Plain data: it goes to where the work is done. */
export interface Identity {
  readonly ids: readonly string[];
  readonly secUids: readonly string[];
  /** Their visible numbers (抖音号), those of the older kind too. */
  readonly displayIds: readonly string[];
  /** Their ids in live rooms, which messages have also where a room masks them. */
  readonly webcastUids: readonly string[];
  readonly nicknames: readonly string[];
  /** Whether people of whom only the name is known are taken for this one: when nothing else is known of whom is asked for. */
  readonly byName: boolean;
}

/** A person as events, works or comments tell of them. */
export type KnownPerson = Pick<User, "id" | "secUid" | "displayId" | "nickname"> & Partial<Pick<User, "shortId" | "webcastUid" | "masked">>;

/** Returns the ids and names by which people are known together. @param byName whether nothing but a name is known of them */
export function identityOf(users: readonly KnownPerson[], byName: boolean): Identity {
  const all = (of: (user: KnownPerson) => string | null | undefined) => [...new Set(users.flatMap((user) => of(user) ?? []))].sort();
  return {
    ids: all(({ id }) => id),
    secUids: all(({ secUid }) => secUid),
    displayIds: [...new Set([...all(({ displayId }) => displayId), ...all(({ shortId }) => shortId)])],
    webcastUids: all(({ webcastUid }) => webcastUid),
    // What a room shows of a person it masks (x***) is many people's: it is theirs only when nothing else is known of them.
    nicknames: all(({ nickname, masked }) => (masked && !byName ? null : nickname)),
    byName,
  };
}

/** Returns the identity of a person of whom nothing is known but an id, or a sec_uid. */
export function unknownPerson(text: string): Identity {
  const [ids, secUids] = /^\d{1,19}$/.test(text) ? [[text], []] : [[], [text]];
  return { ids, secUids, displayIds: [], webcastUids: [], nicknames: [], byName: false };
}

/**
 * Refuses what names no one, before all that is kept is looked through for it.
 * @throws DyliveError bad_request
 */
export function assertPerson(text: string): void {
  const why =
    shownText(text, "").trim() === ""
      ? msg`an empty name, or one of blanks, names no one`
      : text.length > 200
        ? msg`a name has ${200} characters at most`
        : /^https?:\/\//i.test(text)
          ? msg`an address names no one: of a profile's address give the part after /user/`
          : null;
  if (why !== null)
    throw new DyliveError(
      "bad_request",
      msg`user: ${why}; give the person's id (uid), sec_uid, visible number (抖音号) or nickname, as events show it`,
    );
}

/**
 * Fewest characters of a name that means the person wherever it stands in a text; a text that holds a shorter one need not mean the person.
 */
const NAME_MIN_CHARS = 2;

/** Whether a person is the one. */
export function isPerson(user: KnownPerson, { ids, secUids, webcastUids, nicknames, byName }: Identity): boolean {
  if (user.id !== null && ids.includes(user.id)) return true;
  if (user.webcastUid !== undefined && webcastUids.includes(user.webcastUid)) return true;
  if (user.secUid !== null && secUids.includes(user.secUid)) return true;
  return byName && user.id === null && user.secUid === null && user.nickname !== null && nicknames.includes(user.nickname);
}

/** Returns the ids and names that mean the person wherever they stand in a text. */
export function marksOf({ ids, secUids, displayIds, webcastUids, nicknames }: Identity): readonly string[] {
  return [...ids, ...secUids, ...displayIds, ...webcastUids, ...nicknames].filter((text) => [...text].length >= NAME_MIN_CHARS);
}

/** Places in an author or title where a name may begin, and where one may end: names of people that stand together, "@NAME创作的原声", "NAME的原声". */
const NAME_BEGINS = /^|(?<=[@、,，&＆/／;；|\s])/gu;
const NAME_ENDS = /$|(?=[^\p{L}\p{N}\p{M}_]|创作|的)/gu;

/**
 * Returns the names of those whose a piece of music is: the page says of whom it is by its author or, as in "@NAME创作的原声", by its title alone.
 * A name that is a word within others is not meant.
 * @param isTheirs whether a text is an id or a name of theirs; asked of the author and the title, and of each part of them that may be a name
 */
export function namesInMusic({ author, title }: Music, isTheirs: (text: string) => boolean): readonly string[] {
  const found = new Set<string>();
  for (const whole of [author, title]) {
    if (whole === null) continue;
    if (isTheirs(whole)) found.add(whole);
    const text = whole.slice(0, 300);
    const ends = [...text.matchAll(NAME_ENDS)].map(({ index }) => index);
    for (const { index: from } of text.matchAll(NAME_BEGINS))
      for (const to of ends) {
        const part = text.slice(from, to).trim();
        if (to > from && [...part].length >= NAME_MIN_CHARS && isTheirs(part)) found.add(part);
      }
  }
  return [...found];
}

/** Returns the ids and names of a person by which a piece of music may be theirs. */
export function musicNamesOf(identity: Identity): ReadonlySet<string> {
  return new Set([...identity.nicknames, ...marksOf(identity)]);
}

/**
 * Tells whether bytes of the platform hold an id or a name of the person: as text, or as a number of protobuf. An id of few digits stands in
 * many messages by chance: then more than theirs is taken for theirs, never less.
 */
export function namedIn(identity: Identity): (bytes: Uint8Array) => boolean {
  const texts = marksOf(identity).map((mark) => Buffer.from(mark, "utf8"));
  const numbers = identity.ids.filter((id) => /^[0-9]{1,19}$/.test(id)).map(varint);
  return (bytes) => {
    const within = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return texts.some((text) => within.includes(text)) || numbers.some((number) => holdsNumber(within, number));
  };
}

/** Whether the bytes hold a number from its first byte on: what comes before it ends there. */
function holdsNumber(bytes: Buffer, number: Buffer): boolean {
  for (let at = bytes.indexOf(number); at >= 0; at = bytes.indexOf(number, at + 1)) if (at === 0 || (bytes[at - 1] ?? 0) < 128) return true;
  return false;
}

function varint(digits: string): Buffer {
  const bytes: number[] = [];
  for (let rest = BigInt(digits); ; rest >>= 7n) {
    const low = Number(rest & 127n);
    if (rest < 128n) return Buffer.from([...bytes, low]);
    bytes.push(low | 128);
  }
}

/** Returns all people in an event, a work or a comment, wherever they stand in it. */
export function peopleIn(work: Work | Comment): readonly KnownPerson[];
export function peopleIn(event: LiveEvent | NewEvent): readonly User[];
export function peopleIn(event: LiveEvent | NewEvent | Work | Comment): readonly KnownPerson[] {
  const found: KnownPerson[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) visit(one);
    else if (isUser(value)) found.push(value);
    else if (typeof value === "object" && value !== null) for (const one of Object.values(value)) visit(one);
  };
  visit(event);
  return found;
}

/** Whether a value of an event, a work or a comment is a person: nothing else has both. */
export function isUser(value: unknown): value is User {
  return typeof value === "object" && value !== null && "secUid" in value && "nickname" in value;
}

const PSEUDONYM = /^p[0-9a-f]{16}$/;

/**
 * Returns the pseudonym of a person: the same for the same person wherever the key is the same, and of no use without it.
 * @param who their id, or what else they are known by
 */
export function pseudonymOf(who: string, key: string): string {
  return `p${digestOf(who, key)}`;
}

/** Returns the digits of a pseudonym (64 bits): two of a million people share one with a chance of 1 in 37 million. */
export function digestOf(who: string, key: string): string {
  return createHmac("sha256", key).update(who).digest("hex").slice(0, 16);
}

/** Whether an id is a pseudonym already: the platform's own are numbers. */
export function isPseudonym(id: string): boolean {
  return PSEUDONYM.test(id);
}

/**
 * Asserts that what is deleted was typed as it is called.
 * @param names as `confirmationOf` takes them
 * @throws DyliveError not_confirmed that says what it is called
 */
export function assertTyped(typed: string | null, names: readonly (string | null)[]): void {
  const { ask, names: all, accepts } = confirmationOf(names);
  if (accepts(typed)) return;
  const last = all.at(-1) ?? ask;
  const called = last === ask ? `"${ask}"` : msg`${`"${ask}"`}, or ${`"${last}"`}`;
  throw new DyliveError("not_confirmed", msg`nothing was deleted. It is called ${called}`);
}
