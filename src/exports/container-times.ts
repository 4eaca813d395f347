import { type FileHandle, open } from "node:fs/promises";

/** Times that a film says inside of itself. */
export interface ContainerTimes {
  /** When it was made, ms UTC. */
  readonly createdAt: number | null;
  /** Its length, ms. */
  readonly durationMs: number | null;
}

const NOTHING: ContainerTimes = { createdAt: null, durationMs: null };
/** Most boxes or elements that are passed over in search of the one that tells. */
const STEPS_MAX = 10_000;
/** Most bytes of what tells: a movie's header, a list of data. */
const HEAD_MAX = 65_536;

/** First byte of each packet of a transport stream (ISO/IEC 13818-1, 2.4.3.2). */
const SYNC_BYTE = 0x47;

/**
 * Reads what mp4, mov, flv, mkv and webm say of their times; nothing of what is damaged, not yet whole, or of another kind.
 * @param ending of its name; null is returned for a `.ts` that is no transport stream: programs are called so, too
 * @throws the system's errors
 */
export async function containerTimes(path: string, ending: string): Promise<ContainerTimes | null> {
  const file = await open(path, "r");
  try {
    const head = await bytesAt(file, 0, 12);
    if (ending.toLowerCase() === ".ts" && head[0] !== SYNC_BYTE) return null;
    if (head.length < 12) return NOTHING;
    if (head.toString("latin1", 0, 3) === "FLV") return await ofFlv(file);
    if (head.readUInt32BE(0) === 0x1a45dfa3) return await ofMatroska(file);
    return /^(ftyp|moov|mdat|free|wide|skip)$/.test(head.toString("latin1", 4, 8)) ? await ofMp4(file) : NOTHING;
  } catch (error) {
    // What is cut short is read beyond its end.
    if (error instanceof RangeError) return NOTHING;
    throw error;
  } finally {
    await file.close();
  }
}

async function bytesAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}

function timesOf(createdAt: number | null, durationMs: number | null): ContainerTimes {
  const isKnown = (value: number | null): value is number => value !== null && Number.isFinite(value) && value > 0;
  return { createdAt: isKnown(createdAt) ? Math.round(createdAt) : null, durationMs: isKnown(durationMs) ? Math.round(durationMs) : null };
}

/** Seconds from 1904, which times of mp4 are counted from, to 1970 (ISO/IEC 14496-12, 8.2.2). */
const SINCE_1904_S = 2_082_844_800;

async function ofMp4(file: FileHandle): Promise<ContainerTimes> {
  for (let [at, step] = [0, 0]; step < STEPS_MAX; step++) {
    const head = await bytesAt(file, at, 16);
    if (head.length < 8) return NOTHING;
    const kind = head.toString("latin1", 4, 8);
    const short = head.readUInt32BE(0);
    const [size, own] = short === 1 ? [Number(head.readBigUInt64BE(8)), 16] : [short, 8];
    if (kind === "mvhd") return movieHeader(await bytesAt(file, at + own, 32));
    if (size < own) return NOTHING; // 0: to the end of the file
    at += kind === "moov" ? own : size;
  }
  return NOTHING;
}

function movieHeader(box: Buffer): ContainerTimes {
  const isLong = box.readUInt8(0) === 1;
  const created = isLong ? Number(box.readBigUInt64BE(4)) : box.readUInt32BE(4);
  const scale = box.readUInt32BE(isLong ? 20 : 12);
  const duration = isLong ? Number(box.readBigUInt64BE(24)) : box.readUInt32BE(16);
  // All ones: the length is not known.
  const isOpen = duration === (isLong ? 2 ** 64 : 0xffff_ffff);
  return timesOf((created - SINCE_1904_S) * 1000, scale === 0 || isOpen ? null : (duration / scale) * 1000);
}

const SCRIPT_TAG = 18;

/** Reads `onMetaData`, the first tag of an flv (Adobe Flash Video File Format 10.1, E.4.4 and E.5). */
async function ofFlv(file: FileHandle): Promise<ContainerTimes> {
  const head = await bytesAt(file, 0, 9);
  const at = head.readUInt32BE(5) + 4;
  const tag = await bytesAt(file, at, 11);
  if (tag.readUInt8(0) !== SCRIPT_TAG) return NOTHING;
  const amf = new Amf(await bytesAt(file, at + 11, Math.min(tag.readUIntBE(1, 3), HEAD_MAX)));
  const [name, about] = [amf.value(), amf.value()];
  if (name !== "onMetaData" || !(about instanceof Map)) return NOTHING;
  const created = [...about].find(([key]) => /^creation_?(date|time)$/i.test(key))?.[1];
  const duration = about.get("duration");
  return timesOf(momentOf(created), typeof duration === "number" ? duration * 1000 : null);
}

/** Reads a date; one without a zone tells no moment. */
function momentOf(value: unknown): number | null {
  if (value instanceof Date) return value.getTime();
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/.test(value)) return null;
  return Date.parse(value.replace(" ", "T"));
}

/** Most lists within lists. */
const DEPTH_MAX = 8;

/** Reads values of AMF 0, as flv has them. Throws a RangeError beyond the end. */
class Amf {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** @returns a number, string, Date, Map of an object, or null for what is of another kind @throws RangeError */
  value(depth = 0): unknown {
    const kind = this.#take(1).readUInt8();
    if (kind === 0) return this.#take(8).readDoubleBE();
    if (kind === 1) return this.#take(1).readUInt8() !== 0;
    if (kind === 2) return this.#text(this.#take(2).readUInt16BE());
    if (kind === 5 || kind === 6) return null;
    if (kind === 11) return new Date(this.#take(10).readDoubleBE());
    if (kind === 12) return this.#text(this.#take(4).readUInt32BE());
    if (depth === DEPTH_MAX) throw new RangeError("too deep");
    if (kind === 10) {
      const count = this.#take(4).readUInt32BE();
      for (let n = 0; n < count; n++) this.value(depth + 1);
      return null;
    }
    if (kind === 8) this.#take(4);
    else if (kind !== 3) throw new RangeError(`a value of kind ${kind}`);
    return this.#members(depth);
  }

  #members(depth: number): ReadonlyMap<string, unknown> {
    const members = new Map<string, unknown>();
    // A writer that was killed leaves a list without its end: what was read of it stands.
    while (this.#at + 2 < this.#bytes.length) {
      const key = this.#text(this.#take(2).readUInt16BE());
      if (key === "" && this.#bytes[this.#at] === 9) {
        this.#at++;
        break;
      }
      members.set(key, this.value(depth + 1));
    }
    return members;
  }

  #text(length: number): string {
    return this.#take(length).toString("utf8");
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    if (taken.length < length) throw new RangeError("beyond the end");
    this.#at += length;
    return taken;
  }
}

/** Elements of Matroska (RFC 9559, section 5.1), by their ids. */
const [SEGMENT, INFO, CLUSTER, DATE_UTC, DURATION, SCALE] = [0x18538067, 0x1549a966, 0x1f43b675, 0x4461, 0x4489, 0x2ad7b1];
/** Moment that its dates are counted from, in nanoseconds. */
const SINCE_2001_MS = Date.UTC(2001, 0, 1);

async function ofMatroska(file: FileHandle): Promise<ContainerTimes> {
  for (let [at, step] = [0, 0]; step < STEPS_MAX; step++) {
    const { id, size, own } = elementIn(await bytesAt(file, at, 12));
    if (id === CLUSTER) return NOTHING;
    if (id === INFO) return infoIn(await bytesAt(file, at + own, Math.min(size, HEAD_MAX)));
    at += id === SEGMENT ? own : own + size;
  }
  return NOTHING;
}

function infoIn(bytes: Buffer): ContainerTimes {
  let [created, duration, scale]: [number | null, number | null, number] = [null, null, 1_000_000];
  for (let at = 0; at < bytes.length; ) {
    const { id, size, own } = elementIn(bytes.subarray(at, at + 12));
    const value = bytes.subarray(at + own, at + own + size);
    if (id === DATE_UTC && size === 8) created = SINCE_2001_MS + Number(value.readBigInt64BE() / 1_000_000n);
    if (id === DURATION) duration = size === 4 ? value.readFloatBE() : value.readDoubleBE();
    if (id === SCALE && size > 0 && size <= 6) scale = value.readUIntBE(0, size);
    at += own + size;
  }
  return timesOf(created, duration === null ? null : (duration * scale) / 1_000_000);
}

/** Reads the id and the size of an element, and how many bytes these take. @throws RangeError */
function elementIn(bytes: Buffer): { readonly id: number; readonly size: number; readonly own: number } {
  const idBytes = Math.clz32(bytes.readUInt8(0)) - 23;
  if (idBytes > 4) throw new RangeError("no id");
  const sizeBytes = Math.clz32(bytes.readUInt8(idBytes)) - 23;
  if (sizeBytes > 8) throw new RangeError("no size");
  let size = bytes.readUInt8(idBytes) & (0xff >> sizeBytes);
  for (let n = 1; n < sizeBytes; n++) size = size * 256 + bytes.readUInt8(idBytes + n);
  return { id: bytes.readUIntBE(0, idBytes), size, own: idBytes + sizeBytes };
}
