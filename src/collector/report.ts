import type { RoomState, RoomStatus } from "../health/state.js";
import type { ErrorCode } from "../runtime/errors.js";
import { REPORT_MAX_CHARS } from "../store/cluster.js";
import type { Collector } from "./collector.js";

/** Report of a collector about its room, for the other processes. */
export interface Report {
  /** Null until the platform has named the room. */
  readonly status: RoomStatus | null;
  readonly state: RoomState;
  /** The error that a first caller is to be given; null where the state is an answer. */
  readonly problem: ErrorCode | null;
  readonly reason: string;
}

/** Number of counts by method that are reported when all of them are too long: a stranger may invent methods. */
const FEW_COUNTS = 100;
const REASON_MAX_CHARS = 2_000;

/** Returns the report of a collector, as it is whenever it is read. */
export function reportOf(collector: Pick<Collector, "status" | "health">): Report {
  return {
    get status() {
      return collector.status();
    },
    get state() {
      return collector.health.state;
    },
    get problem() {
      return collector.health.problem;
    },
    get reason() {
      return collector.health.reason;
    },
  };
}

/** Returns the report as text of at most `REPORT_MAX_CHARS`: counts of rare methods are left out before anything else. */
export function writeReport(report: Report): string {
  const text = JSON.stringify(report);
  if (text.length <= REPORT_MAX_CHARS) return text;
  const { status, reason } = report;
  const short = { ...report, reason: reason.slice(0, REASON_MAX_CHARS) };
  if (status === null) return JSON.stringify(short);
  const counts = Object.entries(status.evidence.counts)
    .filter(([method]) => method.length <= 100)
    .sort(([, a], [, b]) => b - a)
    .slice(0, FEW_COUNTS);
  const evidence = { ...status.evidence, reason: status.evidence.reason.slice(0, REASON_MAX_CHARS), counts: Object.fromEntries(counts) };
  return JSON.stringify({ ...short, status: { ...status, evidence } });
}

/** Reads what {@link writeReport} wrote; null for what another version wrote that this one cannot read. */
export function readReport(text: string | null): Report | null {
  if (text === null) return null;
  try {
    const report = JSON.parse(text) as Partial<Report>;
    if (typeof report.state !== "string" || typeof report.reason !== "string") return null;
    const { status = null, state, problem = null, reason } = report;
    return { status, state, problem, reason };
  } catch {
    return null;
  }
}
