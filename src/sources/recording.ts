import { closeSync, createReadStream, existsSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { inBatches, type Received, readFrame, readResponse, type Source } from "../platform/access/read.js";
import type { Drift } from "../platform/wire/drift.js";
import { WireError } from "../platform/wire/reader.js";
import { encodeHeader, encodeRecord, type RecordingMeta, RecordingReader, type RecordingRecord } from "../platform/wire/recording.js";
import type { Clock } from "../runtime/clock.js";
import { syncFolderSync } from "../runtime/durable-file.js";
import { DyliveError } from "../runtime/errors.js";
import { fileFailure } from "../runtime/file-failure.js";
import { msg } from "../runtime/msg.js";

/** Bytes of a file that are read at a time. */
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
  if (reader.meta === null) throw new DyliveError("bad_file", msg`${path} ends before its header does`);
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
function readRecords(records: readonly RecordingRecord[], drift: Drift): Generator<readonly Received[], void> {
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
    return new DyliveError("bad_file", msg`${path}: ${(error as Error).message}`, error);
  return fileFailure(error, msg`${path} cannot be read`);
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

const SYNC_EVERY_MS = 1000;

/** Appends what is received to a recording. What was written survives a crash; a torn tail is cut off when the file is continued. */
export class Recorder {
  readonly path: string;
  readonly #file: number;
  #position = 0;
  #syncedAt = 0;
  /** Records written by this recorder. */
  records = 0;
  /** Bytes written by this recorder. */
  bytes = 0;

  /**
   * Starts a file, or continues one of the same broadcast.
   * @throws DyliveError bad_file when the file is something else or of another broadcast
   */
  constructor(path: string, meta: RecordingMeta) {
    this.path = path;
    const known = existsSync(path);
    this.#file = openSync(path, known ? "r+" : "wx", 0o600);
    try {
      if (known) this.#position = this.#continue(meta.roomId);
      else {
        this.#append(encodeHeader(meta));
        syncFolderSync(dirname(path));
      }
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  /** Writes a batch as it came. */
  write(batch: readonly Received[], now: number): void {
    this.#append(Buffer.concat(batch.map(({ kind, receivedAt, raw }) => encodeRecord({ kind, receivedAt, bytes: raw }))));
    this.records += batch.length;
    if (now - this.#syncedAt >= SYNC_EVERY_MS) {
      fsyncSync(this.#file);
      this.#syncedAt = now;
    }
  }

  close(): void {
    fsyncSync(this.#file);
    closeSync(this.#file);
  }

  #append(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done, bytes.length - done, this.#position + done);
    this.#position += bytes.length;
    this.bytes += bytes.length;
  }

  /** Cuts a torn tail off. @returns where to go on */
  #continue(roomId: string): number {
    const reader = new RecordingReader();
    const chunk = Buffer.alloc(CHUNK_BYTES);
    try {
      for (let at = 0, read = 1; read > 0; at += read) {
        read = readSync(this.#file, chunk, 0, chunk.length, at);
        reader.push(chunk.subarray(0, read));
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
    const choose = "choose another file";
    if (reader.meta === null) throw new DyliveError("file_failed", msg`${this.path} exists and is not a recording; ${choose}`);
    if (reader.meta.roomId !== roomId)
      throw new DyliveError("file_failed", msg`${this.path} is of broadcast ${reader.meta.roomId}, not ${roomId}; ${choose}`);
    if (reader.damage !== null)
      throw new DyliveError("file_failed", msg`${this.path} is damaged in the middle (${reader.damage}); ${choose}`);
    ftruncateSync(this.#file, reader.goodBytes);
    return reader.goodBytes;
  }
}
