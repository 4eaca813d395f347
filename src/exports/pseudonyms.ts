import { digestOf, isPseudonym, pseudonymOf } from "../erasure/identity.js";
import type { LiveEvent, Segment, User } from "../events/event.js";
import { withoutSentences } from "../events/people.js";
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
    const left = withoutSentences(event);
    const hidden = "user" in left && left.user !== undefined ? { ...left, user: this.#user(left.user) } : left;
    return this.#others(hidden);
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

  /** Hides the people in an event beside the one who did it. */
  #others(event: LiveEvent): LiveEvent {
    switch (event.type) {
      case "chat":
        return { ...event, segments: event.segments.map((one) => this.#segment(one)) };
      case "gift":
        return this.#gift(event);
      case "moderation":
        return { ...event, operator: event.operator === null ? null : this.#user(event.operator) };
      case "rank":
        return {
          ...event,
          entries: event.entries.map((entry) => ({ ...entry, user: this.#user(entry.user) })),
          receiver: event.receiver === null ? null : this.#user(event.receiver),
        };
      case "pin":
        return { ...event, pins: event.pins.map((pin) => ({ ...pin, messageId: null, user: this.#user(pin.user) })) };
      case "stats":
        return event.ranks === undefined
          ? event
          : { ...event, ranks: event.ranks.map((entry) => ({ ...entry, user: this.#user(entry.user) })) };
      case "battle":
        return { ...event, scores: event.scores.map((score) => ({ ...score, userId: this.#name(score.userId) })) };
      case "linkmic": {
        const scores = event.scores?.map((score) => ({ ...score, userId: this.#name(score.userId) }));
        return { ...event, users: event.users.map((user) => this.#user(user)), ...(scores !== undefined && { scores }) };
      }
      case "lottery":
        return { ...event, ...(event.winners !== undefined && { winners: event.winners.map((id) => this.#name(id)) }) };
      case "work":
        // Its id is made of the work's, by which the author is found.
        return { ...event, id: `work:${digestOf(event.id, this.#key)}` };
      case "unknown":
        return { ...event, payload: null };
      default:
        // Of these nothing but `user` tells of people. A new type does not compile before it is decided here or above.
        event.type satisfies
          | "like"
          | "join"
          | "follow"
          | "share"
          | "leave"
          | "fansclub"
          | "control"
          | "notice"
          | "product"
          | "state"
          | "gap"
          | "system"
          | "erased";
        return event;
    }
  }

  /** Hides the people in a gift: the name of a combo has its sender in it; that of an action may. */
  #gift(event: Extract<LiveEvent, { type: "gift" }>): LiveEvent {
    const comboId = `c${digestOf(event.comboId, this.#key)}`;
    const id = event.id.startsWith("settle:") ? `settle:${comboId}` : event.id;
    return { ...event, id, comboId, traceId: null, receiver: event.receiver === null ? null : this.#user(event.receiver) };
  }

  #segment(segment: Segment): Segment {
    return "user" in segment && segment.user !== undefined ? { ...segment, user: this.#user(segment.user) } : segment;
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
