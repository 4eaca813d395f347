// Guards: A misspelt name is answered with the name that was meant, if one is near.
import { expect, it } from "vitest";
import { meantName, noSuch } from "../../src/events/misspelt.js";

const KNOWN = ["chat", "gift", "like", "id", "comboDiamonds"];

it.each([
  ["gfit", "gift"],
  ["chta", "chat"],
  ["lkie", "like"],
  ["di", "id"],
  ["likes", "like"],
  [" Chat ", "chat"],
  ["combodiamond", "comboDiamonds"],
  ["x", null],
  ["xy", null],
  ["danmaku", null],
  ["", null],
])("%j was probably %j", (given, meant) => {
  expect(meantName(given, KNOWN)).toBe(meant);
});

it("says which there are, and repeats no long text", () => {
  expect(String(noSuch("type", "gfit", [...KNOWN, "*"]))).toBe(
    'there is no type "gfit" (did you mean gift?); there are chat, gift, like, id, comboDiamonds, *',
  );
  expect(String(noSuch("type", "x".repeat(900), ["a"]))).toBe(`there is no type "${"x".repeat(40)}"; there are a`);
});
