import type { Fact } from "./fact.js";
import { factOf } from "./fact.js";
import type { Schema, SchemaFields } from "./schema.js";

/** A message as a feed plans it. */
export interface Planned {
  /** ms UTC of the platform */
  readonly at: number;
  readonly method: string;
  /** `Common.msg_id`: with the method the name of the message. */
  readonly msgId: string;
  /** The envelope's id: of this sending, another whenever the message is sent again. */
  readonly sendingId: string;
  readonly fields: SchemaFields;
}

/** A message ready to be put into frames. */
export interface Outgoing {
  readonly at: number;
  readonly method: string;
  /** `Common.msg_id`: with the method the name of the message. The envelope's id where it has none. */
  readonly msgId: string;
  /** The envelope's id: of this sending, another whenever the message is sent again. */
  readonly sendingId: string;
  /** Encoded only when somebody is sent it: most rooms have no viewer. */
  readonly payload: Uint8Array;
  /** Fact by which tests may judge; made only when somebody keeps it. */
  readonly fact: () => Fact | null;
}

/** Maker of a broadcast's messages. */
export interface MessageFeed {
  /** Returns all messages up to a time that were not given before, in order. */
  until(ms: number): Outgoing[];
}

/** Encodes a planned message. */
export function encodePlanned(schema: Schema, planned: Planned): Outgoing {
  const { at, method, msgId, sendingId, fields } = planned;
  const type = schema.typeOf(method);
  if (type === null) throw new TypeError(`${method} is not in proto/`);
  let payload: Uint8Array | undefined;
  return {
    ...{ at, method, msgId, sendingId },
    get payload() {
      payload ??= schema.encode(type, fields);
      return payload;
    },
    fact: () => factOf(method, msgId, fields),
  };
}

/** Returns whether a method is one that only people cause. The others keep flowing when a feed has stalled. */
export function isInteractive(method: string): boolean {
  return INTERACTIVE.has(method);
}

/** Returns whether a method is a gift, which the platform may keep from guests. */
export function isGift(method: string): boolean {
  return GIFT_METHODS.has(method);
}

const GIFT_METHODS = new Set(["WebcastGiftMessage", "WebcastLightGiftMessage", "WebcastBindingGiftMessage", "WebcastDoodleGiftMessage"]);

const INTERACTIVE = new Set([
  ...GIFT_METHODS,
  "WebcastChatMessage",
  "WebcastEmojiChatMessage",
  "WebcastScreenChatMessage",
  "WebcastPrivilegeScreenChatMessage",
  "WebcastAudioChatMessage",
  "WebcastExhibitionChatMessage",
  "WebcastMemberMessage",
  "WebcastLikeMessage",
  "WebcastSocialMessage",
  "WebcastFansclubMessage",
]);
