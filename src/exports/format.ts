import type { LiveEvent, NewEventOf } from "../events/event.js";
import type { Headers } from "./columns.js";

/** Facts of an export beside its events. */
export interface ExportAbout {
  readonly room: number;
  readonly webRid: string | null;
  readonly sessionId: string | null;
  readonly title: string | null;
  readonly anchor: string | null;
  /** First moment of the recording that the export goes with, ms UTC; null: the time of the first event. */
  readonly startMs: number | null;
  /** Offset added to every place in the recording, ms. */
  readonly offsetMs: number;
  /** Intervals of the recording in which nothing was received: a file that goes with it says so. */
  readonly gaps: readonly NewEventOf<"gap">[];
  /** Minutes east of UTC of the times in tables. */
  readonly zoneMinutes: number;
  /** Titles of the columns in csv and xlsx. */
  readonly headers: Headers;
  /** Whether the file begins here; false where it is continued: then it does not start over. */
  readonly begins: boolean;
}

/** Facts that a table needs. */
export type TableAbout = Pick<ExportAbout, "zoneMinutes" | "headers" | "begins">;

/**
 * Makes a file of batches of events, or of comments, a function of them and nothing else. Gives one piece for each batch, be it an empty one,
 * in formats that can be continued; whenever it has some in the others.
 */
export type Encode<T = LiveEvent, About = ExportAbout> = (
  batches: AsyncIterable<readonly T[]>,
  about: About,
) => AsyncIterable<string | Uint8Array>;

/** The formats by name: what their files are, and what can be done with them; `titled` have a line of titles for people. */
export const EXPORT_FORMATS = {
  jsonl: { mediaType: "application/x-ndjson", continued: true, titled: false, timed: false },
  csv: { mediaType: "text/csv; charset=utf-8", continued: true, titled: true, timed: false },
  xlsx: { mediaType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", continued: false, titled: true, timed: false },
  xml: { mediaType: "application/xml; charset=utf-8", continued: false, titled: false, timed: true },
  ass: { mediaType: "text/x-ssa; charset=utf-8", continued: false, titled: false, timed: true },
  srt: { mediaType: "application/x-subrip; charset=utf-8", continued: false, titled: false, timed: true },
  parquet: { mediaType: "application/vnd.apache.parquet", continued: false, titled: false, timed: false },
} as const satisfies Record<string, { mediaType: string; continued: boolean; titled: boolean; timed: boolean }>;

/** The name of a format that is a table: one that goes with no recording. */
export type TableFormat = { [F in ExportFormat]: (typeof EXPORT_FORMATS)[F]["timed"] extends false ? F : never }[ExportFormat];

/** The name of a format; it is also the ending of its files. */
export type ExportFormat = keyof typeof EXPORT_FORMATS;
export const EXPORT_FORMAT_NAMES = Object.keys(EXPORT_FORMATS) as [ExportFormat, ...ExportFormat[]];
