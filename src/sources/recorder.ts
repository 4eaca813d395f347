import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Received } from "../platform/access/read.js";
import { WireError } from "../platform/wire/error.js";
import { encodeHeader, encodeRecord, type RecordingMeta, RecordingReader } from "../platform/wire/recording.js";
import { syncFolderSync } from "../runtime/durable-file.js";
import { DyliveError } from "../runtime/errors.js";

const SYNC_EVERY_MS = 1000;
const CHUNK_BYTES = 1024 * 1024;

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
    if (reader.meta === null) throw new DyliveError("file_failed", `${this.path} exists and is not a recording; ${choose}`);
    if (reader.meta.roomId !== roomId)
      throw new DyliveError("file_failed", `${this.path} is of broadcast ${reader.meta.roomId}, not ${roomId}; ${choose}`);
    if (reader.damage !== null) throw new DyliveError("file_failed", `${this.path} is damaged in the middle (${reader.damage}); ${choose}`);
    ftruncateSync(this.#file, reader.goodBytes);
    return reader.goodBytes;
  }
}
