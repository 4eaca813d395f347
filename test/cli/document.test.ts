// Guards: docs/cli.md and its Chinese say what the commands say.
import { expect, it } from "vitest";
import { documentOf } from "./document.js";
import { commands } from "./tree.js";

it("docs/cli.md says what the commands say, in both languages", async () => {
  const all = await commands();
  await expect(documentOf(all)).toMatchFileSnapshot("../../docs/cli.md");
  await expect(documentOf(all, "zh")).toMatchFileSnapshot("../../docs/cli.zh.md");
});
