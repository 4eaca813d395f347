import { createReadStream } from "node:fs";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { inBatches } from "../platform/access/queue.js";
import type { Received, Source } from "../platform/access/read.js";
import { readFrame, readResponse } from "../platform/access/read.js";
import type { Drift } from "../platform/wire/drift.js";
import { WireError } from "../platform/wire/error.js";
import { type RecordingMeta, RecordingReader, type RecordingRecord } from "../platform/wire/recording.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { fileFailure } from "../runtime/file-failure.js";

const CHUNK_BYTES = 256 * 1024;

/** Findings about a recording while it is read. */
export interface RecordingReport {
  meta: RecordingMeta | null;
  /** Bytes read so far. */
  bytes: number;
  /** Bytes of a torn or damaged tail; 0 is a whole file. Known at the end. */
  lostBytes: number;
  /** Damaged records passed over. */
  skipped: number;
}

/** Options for reading a recording. */
interface RecordingOptions {
  readonly path: string;
  /** Factor by which it is faster than it was recorded; 0 is as fast as it can be read. */
  readonly speed: number;
  readonly clock: Clock;
  readonly drift: Drift;
  /** Filled in while reading. */
  readonly report?: RecordingReport;
}

/** Makes a source of a recording. A torn tail (a crash in mid-write) ends it quietly; the report says so. @throws DyliveError bad_file */
export function recordingSource(options: RecordingOptions): Source {
  return {
    name: "recording",
    open: (signal) => (options.speed > 0 ? paced(read(options, signal), options, signal) : read(options, signal)),
  };
}

/** Makes an empty report. */
export function newReport(): RecordingReport {
  return { meta: null, bytes: 0, lostBytes: 0, skipped: 0 };
}

async function* read({ path, drift, report = newReport() }: RecordingOptions, signal: AbortSignal): AsyncGenerator<readonly Received[]> {
  const reader = new RecordingReader();
  try {
    for await (const chunk of recordingBytes(path)) {
      if (signal.aborted) return;
      const records = reader.push(chunk as Buffer);
      report.meta = reader.meta;
      report.bytes += (chunk as Buffer).length;
      report.skipped = reader.skipped;
      yield* readRecords(records, drift);
    }
  } catch (error) {
    throw badFile(path, error);
  }
  if (reader.meta === null) throw new DyliveError("bad_file", `${path} ends before its header does`);
  report.lostBytes = reader.end();
}

/**
 * Reads the bytes of a recording, also of one that was compressed when it was full (`.dyrec.gz`). The stream fails with the system's errors,
 * and with zlib's where it is no gzip or ends too soon.
 */
export function recordingBytes(path: string): Readable {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  // A failure of the file becomes one of what is read.
  return path.endsWith(".gz") ? pipeline(file, createGunzip(), () => {}) : file;
}

/** Reads records as their source would have given them, in batches of bounded memory. Damage is counted in `drift`. */
export function readRecords(records: readonly RecordingRecord[], drift: Drift): Generator<readonly Received[], void> {
  return inBatches(
    (function* () {
      for (const record of records) yield readRecord(record, drift);
    })(),
  );
}

/** Reads a record as its source would have given it. Damage is counted in `drift`. */
function readRecord({ kind, receivedAt, bytes }: RecordingRecord, drift: Drift): Received {
  if (kind === "frame") return readFrame(bytes, receivedAt, drift).received;
  try {
    return readResponse(bytes, receivedAt, drift);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    drift.failed(error.code);
    return { receivedAt, raw: bytes, kind, response: null };
  }
}

function badFile(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof WireError || code?.startsWith("Z_"))
    return new DyliveError("bad_file", `${path}: ${(error as Error).message}`, error);
  return fileFailure(error, `${path} cannot be read`);
}

/** Longest pause in a recording that is waited for, in ms: an hour without a frame. */
const LONGEST_WAIT_MS = 3_600_000;

/** Replays what was received once with the gaps that it was received with, or `speed` times as fast. */
export async function* paced(
  batches: AsyncIterable<readonly Received[]>,
  { speed, clock }: { readonly speed: number; readonly clock: Clock },
  signal: AbortSignal,
): AsyncGenerator<readonly Received[]> {
  let recordedAt: number | null = null;
  let due = clock.now();
  let batch: Received[] = [];
  for await (const records of batches) {
    for (const record of records) {
      due += Math.min(Math.max(0, record.receivedAt - (recordedAt ?? record.receivedAt)), LONGEST_WAIT_MS) / speed;
      recordedAt = Math.max(recordedAt ?? 0, record.receivedAt);
      const wait = due - clock.now();
      if (wait > 1) {
        if (batch.length > 0) yield batch;
        batch = [];
        await clock.sleep(wait, signal).catch(() => {});
        if (signal.aborted) return;
      }
      batch.push(record);
    }
    if (batch.length > 0) yield batch;
    batch = [];
  }
}
