// Guards: Every decoder reads a message as another implementation of protobuf reads it.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runsOf } from "../../whole.js";
import { arbitrary, decodeOurs, encode, expected, opened, schema, types } from "./schema.js";

describe("every decoder reads what protobufjs reads", () => {
  for (const type of types) {
    test(type.name, () => {
      fc.assert(
        fc.property(arbitrary(type), (message) => {
          const bytes = encode(type, message);
          const theirs = type.decode(bytes) as unknown as Record<string, unknown>;
          expect(opened(type, decodeOurs(type, bytes))).toEqual(expected(type, theirs));
        }),
        { numRuns: runsOf(40) },
      );
    });
  }
});

describe("a field with a condition is read while it holds", () => {
  const type = schema.lookupType("dylive.wire.User");
  const fields = { desensitized_nickname: "x***", id_str: "42" };
  const read = (more: object) => decodeOurs(type, encode(type, { ...fields, ...more })) as Record<string, unknown>;

  test.each([
    ["0", "42"],
    ["1111112", ""],
  ])("uid %s", (id, idStr) => {
    expect(read({ id, nickname: "名" })).toMatchObject({ id, idStr, desensitizedNickname: "" });
    expect(read({ id })).toMatchObject({ desensitizedNickname: "x***" });
  });
});

test("there are as many as we think", () => {
  expect(types.length).toBeGreaterThan(90);
});
