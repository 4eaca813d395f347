// Guards: `dylive retention` says what is kept of a room and what is beyond its limits.
import { expect, it } from "vitest";
import { show } from "../../src/cli/commands/retention.js";
import type { ShownRetention } from "../../src/http/v1/retention-routes.js";
import { printedBy } from "./ran-here.js";

const DAY = 86_400_000;
const NOW = new Date("2026-11-25T10:00:00").getTime();
const NONE = { maxAgeMs: null, maxBytes: null };
const EMPTY: ShownRetention = {
  ...{ events: null, statistics: null, raw: null, server: { events: NONE, statistics: NONE, raw: NONE } },
  ...{ eventBytes: 0, eventsSince: null, removedUntil: null, byDay: false },
  recordings: { now: { files: 0, bytes: 0 }, beyond: { files: 0, bytes: 0 }, since: null },
};
const FULL: ShownRetention = {
  ...EMPTY,
  ...{ eventBytes: 1_800_000, eventsSince: NOW - 3 * DAY, removedUntil: NOW - 4 * DAY },
  recordings: { now: { files: 3, bytes: 900_000 }, beyond: { files: 1, bytes: 300_000 }, since: NOW - 3 * DAY },
};

async function linesOf(kept: ShownRetention): Promise<readonly string[]> {
  const { stdout } = await printedBy(() => show(kept, NOW));
  return stdout.trimEnd().split("\n");
}

it("what is kept, and what of it is beyond the room's limits or the server's", async () => {
  const [, events = "", , raw = "", ...rest] = await linesOf(EMPTY);
  expect(events).toMatch(/^events +ever +any size +the server \(DYLIVE_KEEP_EVENTS_DAYS\) +nothing +nothing$/);
  expect([raw.endsWith("nothing"), rest]).toEqual([true, []]);
  const limited = { ...FULL, events: { maxAgeMs: 2.5 * DAY, maxBytes: 500_000 } };
  const [, own = "", , recordings = "", removed = "", when = ""] = await linesOf(limited);
  expect(own).toMatch(/60\.0 hours +0 MB|60\.0 hours +1 MB/);
  expect(own).toMatch(/this room +1\.8 MB since 2026-11-22 10:00:00 .* {2}1\.3 MB and what came before 2026-11-22 22:00:00/);
  expect(recordings).toMatch(/3 files, 0\.9 MB since 2026-11-22 10:00:00 .* {2}1 files, 0\.3 MB$/);
  expect(removed).toMatch(/^events up to 2026-11-21 10:00:00 .* were removed$/);
  expect(when).toBe("what is beyond is removed within ten minutes, while a server runs");
});
