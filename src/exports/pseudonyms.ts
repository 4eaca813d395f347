import { digestOf, isPseudonym, isUser, pseudonymOf } from "../erasure/identity.js";
import type { LiveEvent, User } from "../events/event.js";
import { tells, withoutSentences } from "../events/people.js";
import type { Person } from "../works/model/author.js";
import type { KeptComment } from "../works/model/kept.js";

/**
 * Replaces people by pseudonyms: the same person has the same one wherever the same key is used, and without the key it cannot be known who it
 * is. A person who stands under a pseudonym in the log already keeps it.
 * What the platform's own sentences say of people is left out. Chats are kept as they were written: people may name themselves or others
 * there.
 */
export class Pseudonyms {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  /** Returns the event without names, ids and pictures of people. */
  hide(event: LiveEvent): LiveEvent {
    const fields = Object.entries(withoutSentences(event)).map(([field, value]) => [field, this.#field(event, field, value)]);
    return Object.fromEntries(fields) as LiveEvent; // texts stay texts, people people
  }

  /** Returns the comment without names, ids and pictures of people, but in its text. */
  hideComment(comment: KeptComment): KeptComment {
    const mentions = comment.mentions.map((mention) => ({
      ...mention,
      secUid: null,
      userId: this.#nameOf(mention.userId, mention.secUid),
    }));
    return { ...comment, user: this.#person(comment.user), mentions };
  }

  #field(event: LiveEvent, field: string, value: unknown): unknown {
    switch (tells(event.type, field)) {
      case "people":
      case "words":
        return this.#people(value, field);
      case "bytes":
        return null;
      case "giving":
        return this.#giving(event, field);
      default:
        return value;
    }
  }

  /** Hides people and their ids, wherever they stand in a value. */
  #people(value: unknown, field: string): unknown {
    if (Array.isArray(value)) return value.map((one) => this.#people(one, field));
    if (isUser(value)) return this.#user(value);
    if (typeof value === "string" && (field === "userId" || field === "winners")) return this.#name(value);
    if (field === "messageId") return null;
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, this.#people(one, name)]));
  }

  /** Returns an id of one giving, or of the event: the name of a combo has its sender in it, and the id of a work leads to its author. */
  #giving(event: LiveEvent, field: string): string | null {
    if (event.type === "work") return `work:${digestOf(event.id, this.#key)}`;
    if (event.type !== "gift") return event.id;
    const combo = `c${digestOf(event.comboId, this.#key)}`;
    if (field === "traceId") return null;
    if (field === "comboId") return combo;
    return event.id.startsWith("settle:") ? `settle:${combo}` : event.id;
  }

  /** Hides a person. Exact counts of who follows them would find them again. */
  #user({ webcastUid: _webcastUid, followers: _followers, following: _following, ...user }: User): User {
    return { ...user, ...this.#person(user) };
  }

  #person({ id, secUid }: Pick<User, "id" | "secUid">): Person {
    const name = this.#nameOf(id, secUid);
    return { id: id === null ? null : name, secUid: null, displayId: null, shortId: null, nickname: name, avatar: null };
  }

  #nameOf(id: string | null, secUid: string | null): string | null {
    const known = id ?? secUid;
    return known === null ? null : this.#name(known);
  }

  #name(id: string): string {
    return isPseudonym(id) ? id : pseudonymOf(id, this.#key);
  }
}
