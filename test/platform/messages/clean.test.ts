// Guards: Texts, addresses and counters of the platform are fit for every store, and null where they say nothing.
import { describe, expect, test } from "vitest";
import { clean, countOrNull, httpsOrNull, textOrNull } from "../../../src/platform/messages/text.js";

describe("clean", () => {
  test.each([
    ["a\0b\0", 10, "ab"],
    ["正常 text\n", 10, "正常 text\n"],
    ["ab😀", 3, "ab"],
    ["ab😀", 4, "ab😀"],
    ["😀😀", 2, "😀"],
  ])("takes NUL out, and cuts without splitting a pair: %j to %i", (text, most, cleaned) => {
    expect(clean(text, most)).toBe(cleaned);
  });

  test("nothing is null", () => {
    expect([textOrNull("", 5), textOrNull("\0", 5), textOrNull("a", 5)]).toEqual([null, null, "a"]);
  });
});

test("an avatar is https or nothing", () => {
  for (const scheme of ["https:", "http:", ""])
    expect(httpsOrNull(`${scheme}//p3.douyinpic.com/a.jpeg`)).toBe("https://p3.douyinpic.com/a.jpeg");
  for (const bad of ["", "javascript:alert(1)", "data:text/html,x", "/a", `https://${"a".repeat(3000)}`])
    expect(httpsOrNull(bad)).toBeNull();
});

test("a counter of 0 is unknown, and so is nonsense", () => {
  expect([0, -1, 2 ** 60, 3].map(countOrNull)).toEqual([null, null, null, 3]);
});
