import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitrary, decodeOurs, encode, expected, opened, types } from "./schema.js";

describe("every decoder reads what protobufjs reads", () => {
  for (const type of types) {
    test(type.name, () => {
      fc.assert(
        fc.property(arbitrary(type), (message) => {
          const bytes = encode(type, message);
          const theirs = type.decode(bytes) as unknown as Record<string, unknown>;
          expect(opened(type, decodeOurs(type, bytes))).toEqual(expected(type, theirs));
        }),
        { numRuns: 40 },
      );
    });
  }
});

test("there are as many as we think", () => {
  expect(types.length).toBeGreaterThan(90);
});
