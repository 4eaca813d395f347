// Guards: any values in any message give one valid event, the same each time.
import fc from "fast-check";
import protobuf from "protobufjs";
import { expect, test } from "vitest";
import { describe as describeEvent } from "../../../src/events/describe.js";
import type { EventType } from "../../../src/events/event.js";
import { GiftLedger } from "../../../src/events/ledger.js";
import { SocialEchoes } from "../../../src/ingest/dedupe.js";
import { normalise } from "../../../src/platform/messages/normalise.js";
import { Drift } from "../../../src/platform/wire/drift.js";
import { METHODS } from "../../../src/platform/wire/methods.js";
import { ANY_CHARACTER } from "../../any-character.js";
import { expectValid } from "../../events/check.js";
import { runsOf } from "../../whole.js";
import { context, encode, schema } from "./encode.js";

const NOTHING = { combos: new Map(), known: new Set<string>() };

/** Hostile values for every field of a message of proto/, present or not. */
function filled(type: protobuf.Type, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const fields = type.fieldsArray.map((field) => {
    const value = field.resolvedType instanceof protobuf.Type ? nested(field.resolvedType, depth) : scalar(field.type);
    return [field.name, field.repeated ? fc.array(value, { maxLength: 3 }) : value] as const;
  });
  return fc.record(Object.fromEntries(fields), { requiredKeys: [] });
}

function nested(type: protobuf.Type, depth: number): fc.Arbitrary<unknown> {
  return depth === 0 ? fc.constant({}) : filled(type, depth - 1);
}

function scalar(type: string): fc.Arbitrary<unknown> {
  if (type === "string") return TEXTS;
  if (type === "bool") return fc.boolean();
  if (type === "bytes") return fc.uint8Array({ maxLength: 8 });
  if (type === "float") return fc.float();
  return type.endsWith("64") ? BIG : fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer());
}

const TEXTS = fc.oneof(
  fc.constantFrom("", " ", "\0", "{0:user}{1:string}", "111111", "https://a/b", "javascript:x", "😀".repeat(3000), "__proto__"),
  fc.string({ unit: ANY_CHARACTER, maxLength: 8 }),
);
const BIG = fc.oneof(
  fc.constantFrom("0", "1", "3", "9", "20", "111111", "1185726406598938", "1775222770", "1775222770095", "-1", "9223372036854775807"),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
);

/** Whatever the payload is: one valid event, the same each time, and no throw. Gives its type. */
function expectOne(method: string, msgId: string, payload: Uint8Array): string {
  const drift = new Drift();
  const envelope = { method, msgId, payload };
  const draft = normalise(envelope, context({ drift }));
  if (draft === null) return expect.fail("no event");
  expectValid(draft.event);
  expect(drift.toJSON().failures["internal"]).toBeUndefined();
  expect(normalise(envelope, context())).toEqual(draft);
  expect(typeof describeEvent(draft.event)).toBe("string");
  new SocialEchoes().admits(draft.event);
  for (const event of new GiftLedger().stage([draft], NOTHING)) {
    expectValid(event);
    if (event.type === "gift") expect(event.delta).toBeGreaterThan(0);
  }
  return draft.event.type;
}

const MSG_ID = fc.oneof(fc.constant("0"), fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(String));

test("any values in any message", () => {
  const seen = new Set<string>();
  for (const [method, { name }] of METHODS) {
    fc.assert(
      fc.property(MSG_ID, filled(schema(name), 4), (id, values) => {
        seen.add(expectOne(method, id, encode(name, values)));
      }),
      { numRuns: runsOf(20) },
    );
  }
  // Those that every message of their family gives, so that chance cannot fail this.
  const certain: EventType[] = [
    "chat",
    "gift",
    "like",
    "fansclub",
    "stats",
    "rank",
    "control",
    "product",
    "battle",
    "linkmic",
    "lottery",
    "unknown",
  ];
  expect([...seen]).toEqual(expect.arrayContaining(certain));
});
