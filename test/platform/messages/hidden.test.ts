// Guards: A stranger's text is shown without signs that hide or turn anything, and emoji stay whole.
import { describe, expect, it } from "vitest";
import { shownText } from "../../../src/events/hidden.js";

describe("a stranger's text as it is shown", () => {
  it("holds none of Unicode's signs that show nothing or turn the direction", () => {
    const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
    let count = 0;
    for (let code = 0; code <= 0x10ffff; code++) {
      const sign = String.fromCodePoint(code);
      if (!hidden.test(sign)) continue;
      count++;
      if (shownText(`主${sign}播`, "?") !== "主?播") throw new Error(`U+${code.toString(16)} is shown as it is`);
    }
    expect(count).toBeGreaterThan(4000);
    for (const sign of ["\u061c", "\u200b", "\u200d", "\u202e", "\u2066", "\u2800"])
      expect(shownText(`a${sign}b`, "?")).toBe(sign === "\u2800" ? `a${sign}b` : "a?b");
  });

  it("keeps emoji whole, and no joiner that joins none", () => {
    const emoji = ["❤️", "👨‍👩‍👧‍👦", "👩🏽‍🚀", "🏳️‍🌈", "❤️‍🔥", "1️⃣", "#️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🇨🇳", "👍🏿", "🤷‍♀️"];
    expect(shownText(emoji.join("送你"), "?")).toBe(emoji.join("送你"));
    expect(shownText("👍\u200d！ a\ufe0f 1\ufe0f \u200d👍 🏴\u{e0041}", "?")).toBe("👍?！ a? 1? ?👍 🏴?");
  });
});
