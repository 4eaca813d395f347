import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { reconnect } from "../faults/reconnects.js";
import { measured } from "./measured.js";

/** What the second half may add to the heap; in the first the bounded caches fill, such as the 8,192 ids that a pipeline remembers. */
const GROWTH_BYTES = 3 * 1024 * 1024;

it("1,000 forced reconnects of a busy room: nothing lost outside the recorded gaps, nothing twice, memory flat", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const heap = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const seen = await reconnect(1000, heap);
  expect(seen).toMatchObject({ connections: 1001, gaps: 1000 });
  const megabytes = seen.heaps.map((bytes) => (bytes / 1024 / 1024).toFixed(1));
  measured(
    "1,000 forced reconnects of a busy room",
    `${seen.sent} messages sent in ${Math.round(seen.clockMs / 60_000)} min of the clock, 0 twice, 0 lost outside the 1,000 gaps ` +
      `(${Math.round(seen.gapMs / 1000)} s in all, ${seen.inGaps} sent in them and lost); heap after collections ${megabytes.join(", ")} MB`,
  );
  const [half = 0, ...later] = seen.heaps.slice(4);
  expect(later).toHaveLength(5);
  expect(Math.max(...later) - half, `heap: ${megabytes.join(", ")} MB`).toBeLessThan(GROWTH_BYTES);
});
