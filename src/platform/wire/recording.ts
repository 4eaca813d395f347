import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { WireError } from "./reader.js";

/*
 * A recording: what arrived, as it came, so that it can be decoded again by a later version.
 *
 *   file   = magic, u32 length of meta, u32 crc of meta, meta (JSON), record*
 *   record = u32 length of body, u32 crc of body, body
 *   body   = u8 kind (1 frame, 2 response, 3 gap), f64 receivedAt (ms UTC), bytes
 *
 * Integers are little-endian. A file is only ever appended to, so what a crash leaves is a torn tail: the reader says where
 * the good part ends, for the appender to cut there. A record in the middle whose crc is wrong is passed over and counted, as
 * long as its length leads to a record that is whole; the reader does not search for the next one byte by byte, since a
 * sender's own bytes could be made to look like records.
 */

/** "DYLIVE" and the version of the format; the line end shows a transfer in text mode. */
const MAGIC = Buffer.from("DYLIVE1\n", "latin1");
const PREFIX_BYTES = 8;
const BODY_HEADER_BYTES = 9;
const MAX_META_BYTES = 64 * 1024;
/** The last ms that a date can have. */
const LAST_MS = 8.64e15;
/** More than the largest WebSocket message or HTTP reply that a source accepts (16 MiB). */
export const MAX_RECORD_BYTES = 17 * 1024 * 1024;

/** Metadata of a recording. */
export interface RecordingMeta {
  webRid: string;
  roomId: string;
  title: string;
  /** Time when it was started, ms UTC. */
  startedAt: number;
  /** Source that received it. */
  source: string;
}

/** Content of a record: a PushFrame, or the bare Response of the HTTP fetch. */
export type RecordKind = "frame" | "response";
/** In the order of their numbers, from 1. */
const KINDS: readonly RecordKind[] = ["frame", "response"];

/** One thing that was received. */
export interface RecordingRecord {
  kind: RecordKind;
  /** Time when it was received, whole ms UTC. */
  receivedAt: number;
  bytes: Uint8Array;
}

/** Encodes the beginning of a file. */
export function encodeHeader(meta: RecordingMeta): Uint8Array {
  const body = Buffer.from(JSON.stringify(meta), "utf8");
  if (body.length > MAX_META_BYTES) throw new WireError("too_large", "recording meta");
  return Buffer.concat([MAGIC, prefix(body), body]);
}

/**
 * Encodes one record, to be appended.
 * @throws WireError `bad_record` for a time that {@link RecordingReader} would pass over: else the record would be lost when it is read
 */
export function encodeRecord(record: RecordingRecord): Uint8Array {
  if (!isTime(record.receivedAt)) throw new WireError("bad_record", `time of a record: ${record.receivedAt}`);
  if (record.bytes.length > MAX_RECORD_BYTES - BODY_HEADER_BYTES) throw new WireError("too_large", "recording record");
  const body = Buffer.allocUnsafe(BODY_HEADER_BYTES + record.bytes.length);
  body.writeUInt8(KINDS.indexOf(record.kind) + 1, 0);
  body.writeDoubleLE(record.receivedAt, 1);
  body.set(record.bytes, BODY_HEADER_BYTES);
  return Buffer.concat([prefix(body), body]);
}

function prefix(body: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(PREFIX_BYTES);
  out.writeUInt32LE(body.length, 0);
  out.writeUInt32LE(crc32(body), 4);
  return out;
}

/**
 * Reads a recording from chunks of any size.
 *
 * Feed it with `push`, which gives the records that became whole; then ask `end` whether the file was whole.
 */
export class RecordingReader {
  /** Metadata of the recording; null until the header has arrived. */
  meta: RecordingMeta | null = null;
  /** Records passed over because their crc was wrong, their kind is not known or their time is none. */
  skipped = 0;
  /** Number of bytes from the start that are good: an appender truncates the file here. */
  goodBytes = 0;
  /** Reason why reading stopped before the end, or null: behind a length that cannot be one, nothing can be found. */
  damage: string | null = null;
  #rest: Buffer = Buffer.alloc(0);
  #chunks: Buffer[] = [];
  #waiting = 0;
  #lost = 0;
  #need = MAGIC.length + PREFIX_BYTES;
  /** Bytes of damaged records that count as good only once a whole one follows. */
  #doubtful = 0;
  #doubtfulRecords = 0;

  /**
   * Takes the next bytes of the file and gives the records that they complete.
   * @throws WireError `bad_record` when the bytes are no recording
   */
  push(chunk: Uint8Array): RecordingRecord[] {
    if (this.damage !== null) {
      this.#lost += chunk.length;
      return [];
    }
    // Joined only when there is enough for the next item: a large record in small chunks would else be copied again and again.
    this.#chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.#waiting += chunk.length;
    if (this.#rest.length + this.#waiting < this.#need) return [];
    this.#rest = Buffer.concat([this.#rest, ...this.#chunks]);
    this.#chunks = [];
    this.#waiting = 0;
    const records: RecordingRecord[] = [];
    if (this.meta === null && !this.#header()) return records;
    while (this.#record(records));
    return records;
  }

  /** Returns how many bytes of a torn or damaged tail follow the good part; 0 is a whole file. Call it after the last chunk. */
  end(): number {
    return this.#doubtful + this.#rest.length + this.#waiting + this.#lost;
  }

  #header(): boolean {
    const head = this.#rest;
    if (!head.subarray(0, MAGIC.length).equals(MAGIC)) throw new WireError("bad_record", "not a recording");
    const length = head.readUInt32LE(MAGIC.length);
    if (length > MAX_META_BYTES) throw new WireError("bad_record", "length of the header");
    const start = MAGIC.length + PREFIX_BYTES;
    if (!this.#enough(start + length)) return false;
    const body = head.subarray(start, start + length);
    if (crc32(body) !== head.readUInt32LE(MAGIC.length + 4)) throw new WireError("bad_record", "crc of the header");
    this.meta = readMeta(body);
    this.#consume(start + length);
    this.goodBytes = start + length;
    return true;
  }

  #record(records: RecordingRecord[]): boolean {
    if (!this.#enough(PREFIX_BYTES)) return false;
    const length = this.#rest.readUInt32LE(0);
    if (length < BODY_HEADER_BYTES || length > MAX_RECORD_BYTES) {
      this.damage = `impossible length ${length} at byte ${this.goodBytes + this.#doubtful}`;
      return false;
    }
    if (!this.#enough(PREFIX_BYTES + length)) return false;
    const body = this.#rest.subarray(PREFIX_BYTES, PREFIX_BYTES + length);
    const whole = crc32(body) === this.#rest.readUInt32LE(4);
    const kind = KINDS[(body[0] ?? 0) - 1];
    this.#consume(PREFIX_BYTES + length);
    if (!whole) {
      this.#doubtful += PREFIX_BYTES + length;
      this.#doubtfulRecords++;
      return true;
    }
    this.goodBytes += this.#doubtful + PREFIX_BYTES + length;
    const receivedAt = body.readDoubleLE(1);
    const isGood = kind !== undefined && isTime(receivedAt);
    this.skipped += this.#doubtfulRecords + (isGood ? 0 : 1);
    this.#doubtful = 0;
    this.#doubtfulRecords = 0;
    // Copied, so that one record does not keep the whole chunk alive.
    if (isGood) records.push({ kind, receivedAt, bytes: new Uint8Array(body.subarray(BODY_HEADER_BYTES)) });
    return true;
  }

  #enough(bytes: number): boolean {
    this.#need = bytes;
    return this.#rest.length >= bytes;
  }

  #consume(bytes: number): void {
    this.#rest = this.#rest.subarray(bytes);
    this.#need = PREFIX_BYTES;
  }
}

/** Returns whether a time can be one of receipt: whole ms since 1970 that a date can have. */
function isTime(at: number): boolean {
  return Number.isSafeInteger(at) && at >= 0 && at <= LAST_MS;
}

/** Reads the header. Its crc says that the bytes are as written, not that we wrote them: a file may come from anywhere. */
function readMeta(body: Buffer): RecordingMeta {
  try {
    const meta: unknown = JSON.parse(body.toString("utf8"));
    if (typeof meta !== "object" || meta === null) throw new WireError("bad_record", "meta of the recording");
    const { webRid, roomId, title, startedAt, source } = meta as Record<string, unknown>;
    return {
      webRid: text(webRid),
      roomId: text(roomId),
      title: text(title),
      startedAt: typeof startedAt === "number" ? startedAt : 0,
      source: text(source),
    };
  } catch {
    throw new WireError("bad_record", "meta of the recording");
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
