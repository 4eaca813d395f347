// Guards: The JSON scanner reads in any chunks what JSON.parse reads, and refuses the rest.
import { describe, expect, it } from "vitest";
import { JsonError, JsonScanner, type ScanTarget } from "../../src/sources/json-scan.js";

/** Every scalar by its path, read in chunks of a size. */
function scanned(
  text: string | Uint8Array,
  chunk: number,
  maxBytes = 1000,
): { values: [string, unknown][]; long: string[]; done: boolean } {
  const values: [string, unknown][] = [];
  const long: string[] = [];
  const target: ScanTarget = {
    wants: (path) => !path.includes("skip"),
    value: (path, value) => values.push([path.join("/"), value]),
    left: () => {},
    tooLong: (path) => long.push(path.join("/")),
  };
  const scanner = new JsonScanner(target, maxBytes);
  const bytes = Buffer.from(text as string);
  for (let i = 0; i < bytes.length; i += chunk) scanner.push(bytes.subarray(i, i + chunk));
  return { values, long, done: scanner.done };
}

function walked(value: unknown, path: string[] = []): [string, unknown][] {
  if (path.includes("skip")) return [];
  if (Array.isArray(value)) return value.flatMap((one) => walked(one, [...path, "*"]));
  if (typeof value === "object" && value !== null) return Object.entries(value).flatMap(([key, one]) => walked(one, [...path, key]));
  return [[path.join("/"), value]];
}

const SAMPLE = {
  text: 'a "quoted" \\ text\nwith 中文 and 🎉 \u0000',
  'key "with" 中': [1, -2.5e10, true, false, null, "", [], {}, [[["deep"]]]],
  skip: { much: '\\"x'.repeat(50), more: [1, "2"] },
  after: { a: "\\", b: '\\"', c: "end" },
};

describe("the JSON scanner", () => {
  it.each([1, 2, 3, 7, 64, 100_000])("reads what JSON.parse reads, in chunks of %i bytes", (chunk) => {
    for (const text of [JSON.stringify(SAMPLE), JSON.stringify(SAMPLE, null, 3), `\ufeff${JSON.stringify(SAMPLE)} \n`]) {
      const { values, done } = scanned(
        text,
        chunk === 1 && text.startsWith("\ufeff") ? 3 : Math.max(chunk, text.startsWith("\ufeff") ? 3 : 1),
      );
      expect(values).toEqual(walked(SAMPLE));
      expect(done).toBe(true);
    }
  });

  it.each(["}", "[1 2]", '{"a" 1}', "{1:2}", '{"a":}', "[1,,2]", "[nope]", "[tru]", '{"a":1]', "[1}", "1 2", "[1]]", '{"a":1,}', "[\\]"])(
    "refuses %s",
    (text) => {
      expect(() => scanned(text, 100)).toThrow(JsonError);
    },
  );
});
