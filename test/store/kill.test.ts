// Guards: after kill -9 at any moment the SQLite store is sound and has every acknowledged event.
import { expect, it } from "vitest";
import { useDirectory } from "./directory.js";
import { killBusy } from "./kill.js";

const file = useDirectory();

it("kill -9 at random moments: the check finds nothing", { tags: ["full"], timeout: 60_000 }, async () => {
  expect((await killBusy(file("one.db"), 5)).events).toBeGreaterThanOrEqual(300);
});
