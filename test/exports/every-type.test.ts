// Guards: Every type of event names no person under a pseudonym or after an erasure, but in texts that are kept on purpose.
import type { TSchema } from "typebox";
import { describe, expect, it } from "vitest";
import { changeOf } from "../../src/erasure/change.js";
import { identityOf, peopleIn } from "../../src/erasure/identity.js";
import { EVENT_TYPES, KINDS, type LiveEvent, type User } from "../../src/events/event.js";
import { Pseudonyms } from "../../src/exports/pseudonyms.js";
import { userOf } from "../contracts/events.js";

/** In every text of the events below, and in the bytes of messages; a nickname that stands for whatever a person may be known by. */
const NAME = "某某某同学";
const PAYLOAD = Buffer.from(NAME).toString("base64");
const somebody: User = {
  ...userOf("111265487875"),
  nickname: NAME,
  displayId: NAME,
  shortId: NAME,
  webcastUid: `MS4w${NAME}`,
  secUid: `MS4wLjAB${NAME}`,
};

interface Node extends TSchema {
  readonly $id?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
}

/** Makes a value of a schema with every field that it may have, a person wherever one may stand, and their name or id in every free text. */
function filled(schema: Node, field = ""): unknown {
  if (schema.$id === "User") return somebody;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.anyOf !== undefined) {
    const all = schema.anyOf.filter(({ type }) => type !== "null").map((one) => filled(one, field));
    return all.length > 1 && all.every((one) => typeof one === "object") ? Object.assign({}, ...all) : all[0];
  }
  if (schema.type === "array") return [filled(schema.items ?? {}, field)];
  if (schema.type === "object")
    return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, property]) => [name, filled(property, name)]));
  if (field === "payload") return PAYLOAD;
  if (schema.type === "string") return ["userId", "winners", "comboId", "traceId"].includes(field) ? somebody.id : NAME;
  return schema.type === "boolean" ? true : 7;
}

/** Makes an event of a type with everything that it may hold. */
function fullEvent(type: (typeof EVENT_TYPES)[number]): LiveEvent {
  const about = { id: `1:${type}`, webRid: "1", sessionId: "1", method: "m" };
  return { ...(filled(KINDS[type] as Node) as LiveEvent), ...about, seq: 1 };
}

/** Returns where in a value the name stands: `text`, `entries.0.user.nickname`. */
function placesOf(value: unknown, path: readonly string[] = []): string[] {
  if (typeof value === "string") return value.includes(NAME) || value === PAYLOAD ? [path.join(".")] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => placesOf(one, [...path, key]));
}

/**
 * Texts that an export under pseudonyms keeps, by type: what people wrote, and what tells of goods, codes and dylive itself. A field or a
 * type that is added fails here until it is decided.
 */
const KEPT: Readonly<Record<string, readonly string[]>> = {
  chat: ["text", "segments.0.text", "segments.0.emoji", "segments.0.url"],
  gift: ["gift.id", "gift.name", "gift.icon", "luckyCubeId"],
  share: ["target"],
  stats: ["onlineText", "totalText", "ranks.0.scoreText"],
  rank: ["entries.0.scoreText"],
  notice: ["deletes.0"],
  pin: ["pins.0.text", "version"],
  product: [
    "action",
    "explaining",
    "products.0.id",
    "products.0.title",
    "products.0.cover",
    "categories.0.name",
    "categories.0.products.0",
  ],
  battle: ["battleId", "phase"],
  linkmic: ["action", "channelId", "version"],
  lottery: ["action", "lotteryId", "conditions.0.text", "version"],
  state: ["from", "to"],
  gap: ["reason"],
  system: ["kind", "text", "session"],
};

/** Texts in which the name of somebody who was erased stays, in the events of others, by type: as above, but that whole events may go. */
const STAYS: Readonly<Record<string, readonly string[]>> = {
  ...KEPT,
  stats: ["onlineText", "totalText"],
  rank: [],
  notice: [],
  pin: ["version"],
};

describe.each(EVENT_TYPES)("an event of the type %s", (type) => {
  it("names nobody under a pseudonym but in texts that are kept on purpose", () => {
    const event = fullEvent(type);
    const clubs = (place: string) => !/(fans|worn)Club\.name$/.test(place);
    const hidden = new Pseudonyms("key").hide(event);
    expect(placesOf(hidden).filter(clubs)).toEqual(KEPT[type] ?? []);
    expect(JSON.stringify(hidden)).not.toContain(somebody.id);
  });

  it.each([true, false])("has nobody left in it who was erased, but in what others wrote and what names nobody (pseudonym: %s)", (keep) => {
    const event = { ...fullEvent(type), ...("user" in KINDS[type].properties && { user: userOf("222") }) } as LiveEvent;
    const after = erased(event, keep);
    expect(placesOf(after)).toEqual(STAYS[type] ?? []);
    expect(JSON.stringify(after)).not.toContain(somebody.id);
  });

  it("is theirs still under a pseudonym, and has their name in no text that may name anybody", () => {
    const event = fullEvent(type);
    const after = erased(event, true);
    const own = "user" in event;
    expect(placesOf(after)).toEqual((own && type !== "chat" ? KEPT[type] : type === "chat" ? [] : STAYS[type]) ?? []);
    expect(JSON.stringify(after)).not.toContain(somebody.id);
    if (own) expect(after).toMatchObject({ type, user: { id: "p0" } });
  });
});

function erased(event: LiveEvent, keep: boolean): LiveEvent {
  const change = changeOf(event, { identity: identityOf([somebody], false), pseudonym: "p0", keep });
  return "event" in change ? change.event : event;
}

it("a name that is also a word of dylive's changes nothing but texts", () => {
  const event = { ...fullEvent("chat"), source: "websocket", user: { ...somebody, nickname: "chat" }, text: "chat says text" } as LiveEvent;
  const who = [event].flatMap(peopleIn);
  const change = changeOf(event, { identity: identityOf(who, false), pseudonym: "p0", keep: true });
  expect(change).toMatchObject({ event: { type: "chat", source: "websocket", kind: "text", method: "m", text: "p0 says text" } });
});
