import { expect, it } from "vitest";
import { useDirectory } from "./directory.js";
import { killBusy } from "./kill.js";

const file = useDirectory();

it("kill -9 at random moments, 10 times: the check finds nothing", async () => {
  // Side by side: most of the time a process starts.
  const runs = await Promise.all([killBusy(file("one.db"), 5), killBusy(file("two.db"), 5)]);
  for (const { events } of runs) expect(events).toBeGreaterThanOrEqual(300);
}, 60_000);
