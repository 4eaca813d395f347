// Guards: a collector's report is read as it was written, and stays within its bound.
import { expect, it } from "vitest";
import { unclaimedStatus } from "../../src/cluster/rooms-view.js";
import { type Report, readReport, writeReport } from "../../src/collector/report.js";
import { REPORT_MAX_CHARS } from "../../src/store/cluster.js";

const report: Report = { status: unclaimedStatus(3, 5), state: "blocked", problem: "blocked", reason: "refused" };

it("is read as it was written", () => {
  expect(readReport(writeReport(report))).toEqual(report);
  expect(readReport(writeReport({ ...report, status: null }))).toEqual({ ...report, status: null });
  expect(readReport(null)).toBeNull();
  for (const text of ["", "null", "[]", "{}", '{"state":1,"reason":""}']) expect(readReport(text)).toBeNull();
});

it("keeps within its bound: counts of rare methods go first", () => {
  const { status } = report;
  if (status === null) throw new Error("no status");
  const counts = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`${"字".repeat(90)}${n}`, n]));
  const long = {
    ...report,
    reason: "x".repeat(40_000),
    status: { ...status, evidence: { ...status.evidence, counts, reason: "y".repeat(40_000) } },
  };
  const text = writeReport(long);
  expect(text.length).toBeLessThanOrEqual(REPORT_MAX_CHARS);
  const read = readReport(text);
  expect(Object.values(read?.status?.evidence.counts ?? {})).toEqual(Array.from({ length: 100 }, (_, n) => 499 - n));
  expect(read?.state).toBe("blocked");
  expect(writeReport({ ...long, status: null }).length).toBeLessThanOrEqual(REPORT_MAX_CHARS);
});
