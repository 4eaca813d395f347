import { expect, it } from "vitest";
import { documentOf } from "./document.js";
import { commands } from "./tree.js";

it("docs/cli.md says what the commands say", async () => {
  await expect(documentOf(await commands())).toMatchFileSnapshot("../../docs/cli.md");
});
