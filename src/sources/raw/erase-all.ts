import { createReadStream, existsSync } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline, Readable } from "node:stream";
import { pipeline as piped } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { WireError } from "../../platform/wire/reader.js";
import { encodeHeader, encodeRecord, RecordingReader, type RecordingRecord } from "../../platform/wire/recording.js";
import { withoutMessages } from "../../platform/wire/strip.js";
import { NewFile, syncFolder } from "../../runtime/durable-file.js";
import { rawFiles } from "./files.js";

const CHUNK_BYTES = 256 * 1024;

/** Counts of what was taken out of a recording. */
interface RawErased {
  /** Messages out of frames that stay. */
  messages: number;
  /** Whole frames: named beside their messages, or so damaged that it is unknown whom they hold. */
  frames: number;
}

/** Options of going through a recording. */
interface RawErasing {
  /** Whether bytes hold what is to be taken out. */
  readonly named: (bytes: Uint8Array) => boolean;
  readonly signal: AbortSignal;
  /** Called after each part, some ms of work. */
  readonly onPart?: () => void | Promise<void>;
}

/**
 * Takes messages out of a compressed recording. The file is written again beside itself and then takes its own place, or goes when nothing is
 * left of it; a crash on the way leaves it as it was. One that holds nothing of the kind is not touched, and one that is removed meanwhile stays
 * so.
 * @throws Error when the file cannot be read as a recording, or the disk takes nothing
 */
export async function eraseRaw(path: string, erasing: RawErasing): Promise<RawErased> {
  const erased: RawErased = { messages: 0, frames: 0 };
  if (!(await holds(path, erasing))) return erased;
  const { atime, mtime } = await stat(path);
  let left = 0;
  const kept = (records: readonly RecordingRecord[]) =>
    records.flatMap((record) => {
      const { bytes, messages } = redact(record, erasing.named);
      erased.messages += messages;
      if (bytes === null) erased.frames++;
      else left++;
      return bytes === null ? [] : [encodeRecord({ ...record, bytes })];
    });
  async function* parts(): AsyncGenerator<Uint8Array> {
    const reader = new RecordingReader();
    let begun = false;
    for await (const records of recordsOf(path, reader, erasing)) {
      if (!begun && reader.meta !== null) yield encodeHeader(reader.meta);
      begun = reader.meta !== null;
      if (records.length > 0) yield Buffer.concat(kept(records));
    }
  }
  const file = await NewFile.create(path);
  try {
    const taking = (bytes: AsyncIterable<Uint8Array>) => file.take(bytes);
    await piped(Readable.from(parts(), { objectMode: false }), createGzip(), taking, { signal: erasing.signal });
  } catch (error) {
    await file.discard();
    throw error;
  }
  // One that its limits or a deletion removed meanwhile is not brought back.
  if (!existsSync(path)) {
    await file.discard();
    return { messages: 0, frames: 0 };
  }
  if (left > 0) {
    await file.finish({ times: { atime, mtime } }); // its age tells when it is beyond its limits
    return erased;
  }
  await file.discard();
  await rm(path, { force: true });
  await syncFolder(dirname(path));
  return erased;
}

/** Returns whether something is to be taken out: then the file is written again, without what is damaged in it. */
async function holds(path: string, erasing: RawErasing): Promise<boolean> {
  const reader = new RecordingReader();
  for await (const records of recordsOf(path, reader, erasing))
    for (const record of records) if (redact(record, erasing.named).bytes !== record.bytes) return true;
  return reader.skipped > 0 || reader.end() > 0;
}

function redact({ kind, bytes }: RecordingRecord, named: RawErasing["named"]): ReturnType<typeof withoutMessages> {
  try {
    return withoutMessages(kind, bytes, named);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { bytes: null, messages: 0 };
  }
}

async function* recordsOf(
  path: string,
  reader: RecordingReader,
  { signal, onPart }: RawErasing,
): AsyncGenerator<readonly RecordingRecord[]> {
  const bytes = pipeline(createReadStream(path, { highWaterMark: CHUNK_BYTES }), createGunzip({ chunkSize: CHUNK_BYTES }), () => {});
  for await (const chunk of bytes) {
    signal.throwIfAborted();
    yield reader.push(chunk as Buffer);
    await onPart?.();
  }
}

/** Outcome of erasing from all recordings. */
export interface AllRawErased {
  /** Files that were written again, or removed. */
  files: number;
  messages: number;
  frames: number;
  /** Paths of files that are being written to, so that they were left alone. */
  readonly open: string[];
  /** Paths of files that could not be read, or not be written again, with why. */
  readonly failed: string[];
}

/**
 * Takes messages out of all compressed recordings, file after file; see {@link eraseRaw}. It can be broken off and begun again.
 * @param folder of all raw recordings
 */
export async function eraseAllRaw(folder: string, erasing: RawErasing): Promise<AllRawErased> {
  const all: AllRawErased = { files: 0, messages: 0, frames: 0, open: [], failed: [] };
  for (const { path, open } of await rawFiles(folder)) {
    erasing.signal.throwIfAborted();
    if (open) {
      all.open.push(path);
      continue;
    }
    try {
      const { messages, frames } = await eraseRaw(path, erasing);
      if (messages + frames > 0) all.files++;
      all.messages += messages;
      all.frames += frames;
    } catch (error) {
      erasing.signal.throwIfAborted();
      // Removed meanwhile by its limits: there is nothing left to erase.
      if (existsSync(path)) all.failed.push(`${path} (${(error as Error).message})`);
    }
  }
  return all;
}
