import { Buffer } from "node:buffer";
import { createReadStream } from "node:fs";
import { capturedRequest } from "../platform/access/push.js";
import { inBatches, type Received, readFrame, readResponse } from "../platform/access/read.js";
import type { Drift } from "../platform/wire/drift.js";
import { WireError } from "../platform/wire/reader.js";
import { DyliveError } from "../runtime/errors.js";
import { fileFailure } from "../runtime/file-failure.js";
import { told } from "../runtime/told.js";
import { JsonError, JsonScanner, type ScanTarget } from "./json-scan.js";
import type { RecordingReport } from "./recording.js";

/** Part of a HAR that belongs to one broadcast. */
interface HarRoom {
  readonly roomId: string;
  /** The room's number, where a request names it. */
  webRid: string | null;
  /** Places of its entries in the file. */
  readonly entries: Map<number, "push" | "fetch">;
  /** Messages of its sockets. */
  messages: number;
}

/** Longest URL or header value that is read; the site's push URLs have about 2 kB. */
const MAX_TEXT_BYTES = 64 * 1024;
const MAX_ROOMS = 100;
/** Depth of the path of an entry of the file. */
const ENTRY_DEPTH = 3;

interface HarEntry {
  url: string;
  referer: string | null;
  headerName: string;
  messages: number;
}

/** Finds the broadcasts in a HAR: Chrome writes a socket's messages before its address, so a first reading only looks for addresses. */
class HarSurvey implements ScanTarget {
  readonly rooms = new Map<string, HarRoom>();
  /** Room numbers of the pages in the file. */
  readonly #webRids = new Set<string>();
  /** Entries seen; 0 is no HAR. */
  entries = 0;
  #entry: HarEntry = emptyEntry();

  /** Makes a scanner that fills this. */
  scanner(): JsonScanner {
    return new JsonScanner(this, MAX_TEXT_BYTES);
  }

  wants(path: readonly string[]): boolean {
    if (path[0] !== "log" || path[1] !== "entries" || path[3] !== "request") return false;
    return (path.length === 5 && path[4] === "url") || (path.length === 7 && path[4] === "headers");
  }

  value(path: readonly string[], value: string | number | boolean | null): void {
    if (typeof value !== "string") return;
    if (path.length === 5) this.#entry.url = value;
    else if (path[6] === "name") this.#entry.headerName = value.toLowerCase();
    else if (path[6] === "value" && this.#entry.headerName === "referer") this.#entry.referer = value;
  }

  tooLong(): void {}

  left(path: readonly string[]): void {
    if (path[0] !== "log" || path[1] !== "entries") return;
    if (path.length === 5 && path[3] === "_webSocketMessages") this.#entry.messages++;
    if (path.length === ENTRY_DEPTH) this.#endEntry();
  }

  /** Returns what was found, once all is read: a room without a number takes that of the only page. */
  found(): readonly HarRoom[] {
    const rooms = [...this.rooms.values()];
    const [only] = this.#webRids;
    if (rooms.length === 1 && rooms[0] && this.#webRids.size === 1 && only !== undefined) rooms[0].webRid ??= only;
    return rooms;
  }

  #endEntry(): void {
    const index = this.entries++;
    const { url, referer, messages } = this.#entry;
    this.#entry = emptyEntry();
    const asked = capturedRequest(url);
    if (asked === null) return;
    const page = asked.page ?? capturedRequest(referer ?? "")?.page ?? null;
    if (page !== null && this.#webRids.size < MAX_ROOMS) this.#webRids.add(page);
    const { kind, roomId } = asked;
    if (kind === null || roomId === null || (this.rooms.size >= MAX_ROOMS && !this.rooms.has(roomId))) return;
    const room: HarRoom = this.rooms.get(roomId) ?? { roomId, webRid: null, entries: new Map(), messages: 0 };
    this.rooms.set(roomId, room);
    room.webRid ??= kind === "enter" ? asked.webRid : page;
    if (kind !== "enter") room.entries.set(index, kind);
    room.messages += messages;
  }
}

function emptyEntry(): HarEntry {
  return { url: "", referer: null, headerName: "", messages: 0 };
}

/** Largest HAR, in bytes: several hours of a busy room; Chrome itself exports hardly more than this. */
const MAX_HAR_BYTES = 512 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
/** Longest data of a message, in bytes: a push frame has at most 16 MiB (facts/protocol.md section 3), which are 22 MiB of base64. */
const MAX_DATA_BYTES = 24 * 1024 * 1024;
const BINARY = 2; // the WebSocket opcode
const MESSAGE_FIELDS: ReadonlySet<string> = new Set(["type", "time", "opcode", "data"]);
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/**
 * Finds the broadcasts in a HAR exported from a browser's developer tools (with content). Reads the file once, holding none of it.
 * @param size of the file in bytes
 * @throws DyliveError bad_file when it is no HAR, damaged, too large, or holds nothing of a live room
 */
export async function surveyHar(path: string, size: number): Promise<readonly HarRoom[]> {
  if (size > MAX_HAR_BYTES)
    throw new DyliveError(
      "bad_file",
      told`${path} has ${size} bytes; a HAR may have ${MAX_HAR_BYTES}. Export a shorter time, or only the Socket requests`,
    );
  const survey = new HarSurvey();
  const scanner = survey.scanner();
  for await (const chunk of chunksOf(path)) scan(path, () => scanner.push(chunk));
  if (!scanner.done) throw new DyliveError("bad_file", told`${path} is cut off: its JSON does not end`);
  if (survey.entries === 0) throw new DyliveError("bad_file", told`${path} is JSON but not a HAR: it has no log.entries`);
  const rooms = survey.found();
  const kept = rooms.filter(({ entries, messages }) => messages > 0 || [...entries.values()].includes("fetch"));
  if (kept.length > 0) return kept;
  throw new DyliveError(
    "bad_file",
    rooms.length > 0
      ? told`${path} names a live room but holds no messages of it: export from Chrome or Edge, with content`
      : told`${path} holds no connection to a live room: open the developer tools before the page, and export with content`,
  );
}

/**
 * Reads one broadcast's frames and first state, in the file's order. Damage is counted: in `drift`, and in the report as `skipped`.
 * @throws DyliveError bad_file where a value that {@link surveyHar} passed over is no JSON: what came before it was given
 */
export async function* readHar(
  path: string,
  room: HarRoom,
  { drift, report }: { readonly drift: Drift; readonly report: RecordingReport },
  signal: AbortSignal,
): AsyncGenerator<readonly Received[]> {
  const reader = new HarReader(room, drift, report);
  const scanner = new JsonScanner(reader, MAX_DATA_BYTES);
  for await (const chunk of chunksOf(path)) {
    if (signal.aborted) return;
    scan(path, () => scanner.push(chunk));
    report.bytes += chunk.length;
    yield* inBatches(reader.take());
  }
}

/** Fields of the message or reply that is being read. */
interface HarFields {
  type?: unknown;
  time?: unknown;
  opcode?: unknown;
  data?: unknown;
  text?: unknown;
  encoding?: unknown;
  startedDateTime?: unknown;
}

class HarReader implements ScanTarget {
  /** Readers of what was found, to be called when it is taken. */
  readonly #found: (() => Received)[] = [];
  readonly #room: HarRoom;
  readonly #drift: Drift;
  readonly #report: RecordingReport;
  #index = 0;
  #entry: HarFields = {};
  #message: HarFields = {};

  constructor(room: HarRoom, drift: Drift, report: RecordingReport) {
    this.#room = room;
    this.#drift = drift;
    this.#report = report;
  }

  /** Yields all that was found since, in its order. */
  *take(): Generator<Received, void> {
    for (const read of this.#found.splice(0)) yield read();
  }

  wants(path: readonly string[]): boolean {
    if (path.length <= ENTRY_DEPTH || path[1] !== "entries" || path[0] !== "log") return false;
    const kind = this.#room.entries.get(this.#index);
    const field = path.at(-1) ?? "";
    if (kind === "push") return path.length === 6 && path[3] === "_webSocketMessages" && MESSAGE_FIELDS.has(field);
    if (kind !== "fetch") return false;
    if (path.length === 4) return field === "startedDateTime" || field === "time";
    return path.length === 6 && path[3] === "response" && path[4] === "content" && (field === "text" || field === "encoding");
  }

  value(path: readonly string[], value: unknown): void {
    const fields = path[3] === "_webSocketMessages" ? this.#message : this.#entry;
    fields[(path.at(-1) ?? "") as keyof HarFields] = value;
  }

  tooLong(): void {
    this.#report.skipped++;
  }

  left(path: readonly string[]): void {
    if (path[0] !== "log" || path[1] !== "entries") return;
    if (path.length === 5 && path[3] === "_webSocketMessages") this.#endMessage();
    if (path.length !== ENTRY_DEPTH) return;
    if (this.#room.entries.get(this.#index) === "fetch") this.#endFetch();
    this.#index++;
    this.#entry = {};
  }

  #endMessage(): void {
    const { type, time, opcode, data } = this.#message;
    this.#message = {};
    if (type !== "receive" || opcode !== BINARY || data === undefined) return;
    const raw = bytesOf(data, "base64");
    if (raw === null || typeof time !== "number") {
      this.#report.skipped++;
      return;
    }
    this.#found.push(() => readFrame(raw, msOf(time), this.#drift).received);
  }

  #endFetch(): void {
    const { text, encoding, startedDateTime, time } = this.#entry;
    const raw = bytesOf(text, encoding);
    // A second call is answered with nothing, which is no damage.
    if (raw === null || raw.length === 0) return;
    const startedAt = typeof startedDateTime === "string" ? Date.parse(startedDateTime) : Number.NaN;
    const receivedAt = Math.round(startedAt + (typeof time === "number" ? time : 0));
    try {
      const received = readResponse(raw, receivedAt, this.#drift);
      this.#found.push(() => (Number.isFinite(receivedAt) ? received : { ...received, receivedAt: received.response.now }));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#drift.failed(error.code);
      this.#report.skipped++;
    }
  }
}

/** Decodes bytes in base64; a text that a browser made of bytes is beyond repair. */
function bytesOf(data: unknown, encoding: unknown): Buffer | null {
  return typeof data === "string" && encoding === "base64" && BASE64.test(data) ? Buffer.from(data, "base64") : null;
}

/** Converts a time to ms: browsers write seconds with a fraction. */
function msOf(time: number): number {
  return Math.round(time > 100_000_000_000 ? time : time * 1000);
}

async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) yield chunk as Buffer;
  } catch (error) {
    throw fileFailure(error, told`${path} cannot be read`);
  }
}

function scan(path: string, push: () => void): void {
  try {
    push();
  } catch (error) {
    throw error instanceof JsonError ? new DyliveError("bad_file", told`${path} is not JSON: ${error.message}`, error) : error;
  }
}
