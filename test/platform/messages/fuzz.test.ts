// Guards: Whatever bytes come in whatever message, one valid event comes of it, the same each time.
import fc from "fast-check";
import protobuf from "protobufjs";
import { expect, test } from "vitest";
import { describe as describeEvent } from "../../../src/events/describe.js";
import { GiftLedger } from "../../../src/events/ledger.js";
import { SocialEchoes } from "../../../src/ingest/room-memory.js";
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
    const inner = field.resolvedType;
    const nested = inner instanceof protobuf.Type && (depth === 0 ? fc.constant({}) : filled(inner, depth - 1));
    const value = nested || scalar(field.type);
    return [field.name, field.repeated ? fc.array(value, { maxLength: 3 }) : value] as const;
  });
  return fc.record(Object.fromEntries(fields), { requiredKeys: [] });
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

const FIELD = fc.integer({ min: 1, max: 45 });
/** Bytes that are often protobuf: fields of small numbers, nested, with texts, big integers and damage. */
const { message } = fc.letrec<{ message: Uint8Array; field: number[] }>((tie) => ({
  field: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.tuple(FIELD, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map(([n, v]) => [...varint(n << 3), ...varint(v)]),
    fc.tuple(FIELD, fc.integer({ min: 0, max: 3 })).map(([n, v]) => [...varint(n << 3), v]),
    fc.tuple(FIELD, fc.uint8Array({ maxLength: 20 })).map(([n, b]) => bytes(n, b)),
    fc.tuple(FIELD, fc.string({ unit: ANY_CHARACTER })).map(([n, s]) => bytes(n, Buffer.from(s))),
    fc.tuple(FIELD, tie("message")).map(([n, b]) => bytes(n, b)),
  ),
  message: fc.array(tie("field"), { maxLength: 12 }).map((fields) => Uint8Array.from(fields.flat())),
}));

function varint(value: number | bigint): number[] {
  const rest = BigInt(value);
  return rest > 127n ? [Number(rest & 127n) | 128, ...varint(rest >> 7n)] : [Number(rest)];
}

function bytes(field: number, value: Uint8Array): number[] {
  return [...varint((field << 3) | 2), ...varint(value.length), ...value];
}

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

test("any bytes for any method", () => {
  const payload = fc.oneof({ weight: 4, arbitrary: message }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) });
  const method = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...METHODS.keys()) },
    { weight: 1, arbitrary: fc.string({ minLength: 1, unit: ANY_CHARACTER }) },
  );
  const seen = new Set<string>();
  fc.assert(
    fc.property(method, MSG_ID, payload, (m, id, p) => {
      seen.add(expectOne(m, id, p));
    }),
    { numRuns: runsOf(3000) },
  );
  expect([...seen]).toEqual(expect.arrayContaining(["unknown", "gift"]));
});

test("any values in any message", () => {
  const seen = new Set<string>();
  for (const [method, { name }] of METHODS) {
    fc.assert(
      fc.property(MSG_ID, filled(schema(name), 4), (id, values) => {
        seen.add(expectOne(method, id, encode(name, values)));
      }),
      { numRuns: runsOf(40) },
    );
  }
  // Those that every message of their family gives, so that chance cannot fail this.
  const certain = "chat gift like fansclub stats rank control product battle linkmic lottery unknown".split(" ");
  expect([...seen]).toEqual(expect.arrayContaining(certain));
});
