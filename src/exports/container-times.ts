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

/**
 * Reads what mp4, mov, flv, mkv and webm say of their times; nothing of what is damaged, not yet whole, or of another kind.
 * @param ending of its name; null is returned for a `.ts` that is no transport stream: programs are called so, too
 * @throws the system's errors
 */
export async function containerTimes(path: string, ending: string): Promise<ContainerTimes | null> {
  const file = await open(path, "r");
  try {
    const head = await bytesAt(file, 0, 12);
    // The first byte of each packet of a transport stream (ISO/IEC 13818-1, 2.4.3.2).
    if (ending.toLowerCase() === ".ts" && head[0] !== 0x47) return null;
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
  // In seconds since 1904 (ISO/IEC 14496-12, 8.2.2).
  return timesOf(created * 1000 + Date.UTC(1904, 0, 1), scale === 0 || isOpen ? null : (duration / scale) * 1000);
}

/**
 * Reads `onMetaData`, the first tag of an flv (Adobe Flash Video File Format 10.1, E.4.4 and E.5). Its fields are looked for by their names,
 * behind which stand one byte for the kind (0 a number, 2 a string, 11 a date) and the value.
 */
async function ofFlv(file: FileHandle): Promise<ContainerTimes> {
  const head = await bytesAt(file, 0, 9);
  const at = head.readUInt32BE(5) + 4;
  const tag = await bytesAt(file, at, 11);
  const about = await bytesAt(file, at + 11, Math.min(tag.readUIntBE(1, 3), HEAD_MAX));
  if (tag.readUInt8(0) !== 18 || about.indexOf("onMetaData") !== 3) return NOTHING;
  const find = (field: RegExp) => {
    const found = field.exec(about.toString("latin1"));
    return found === null ? null : { kind: found[0].charCodeAt(found[0].length - 1), from: found.index + found[0].length };
  };
  const length = find(/\0\u0008duration\0/);
  const made = find(/creation_?(?:date|time)[\u0002\u000b]/i);
  let createdAt: number | null = null;
  if (made?.kind === 11) createdAt = about.readDoubleBE(made.from);
  else if (made !== null) createdAt = momentOf(about.toString("utf8", made.from + 2, made.from + 2 + about.readUInt16BE(made.from)));
  return timesOf(createdAt, length === null ? null : about.readDoubleBE(length.from) * 1000);
}

/** Reads a date; one without a zone tells no moment. */
function momentOf(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/.test(text)) return null;
  return Date.parse(text.replace(" ", "T"));
}

/** Elements of Matroska (RFC 9559, section 5.1), by their ids. */
const [SEGMENT, INFO, CLUSTER, DATE_UTC, DURATION, SCALE] = [0x18538067, 0x1549a966, 0x1f43b675, 0x4461, 0x4489, 0x2ad7b1];

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
    if (id === DATE_UTC && size === 8) created = Date.UTC(2001, 0, 1) + Number(value.readBigInt64BE() / 1_000_000n);
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
