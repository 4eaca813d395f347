import { Buffer } from "node:buffer";
import { createReadStream } from "node:fs";
import { inBatches } from "../platform/access/queue.js";
import { readFrame, readResponse } from "../platform/access/read.js";
import type { Received } from "../platform/access/source.js";
import type { Drift } from "../platform/wire/drift.js";
import { WireError } from "../platform/wire/error.js";
import { DyliveError } from "../runtime/errors.js";
import { fileFailure } from "../runtime/file-failure.js";
import { ENTRY_DEPTH, type HarRoom, HarSurvey } from "./har-survey.js";
import { JsonError, JsonScanner, type ScanTarget } from "./json-scan.js";
import type { RecordingReport } from "./recording.js";

/** Largest HAR, in bytes: several hours of a busy room; Chrome itself exports hardly more than this. */
export const MAX_HAR_BYTES = 512 * 1024 * 1024;
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
      `${path} has ${size} bytes; a HAR may have ${MAX_HAR_BYTES}. Export a shorter time, or only the Socket requests`,
    );
  const survey = new HarSurvey();
  const scanner = survey.scanner();
  for await (const chunk of chunksOf(path)) scan(path, () => scanner.push(chunk));
  if (!scanner.done) throw new DyliveError("bad_file", `${path} is cut off: its JSON does not end`);
  if (survey.entries === 0) throw new DyliveError("bad_file", `${path} is JSON but no HAR: it has no log.entries`);
  const rooms = survey.found();
  const kept = rooms.filter(({ entries, messages }) => messages > 0 || [...entries.values()].includes("fetch"));
  if (kept.length > 0) return kept;
  throw new DyliveError(
    "bad_file",
    rooms.length > 0
      ? `${path} names a live room but holds no messages of it: export from Chrome or Edge, with content`
      : `${path} holds no connection to a live room: open the developer tools before the page, and export with content`,
  );
}

/** Reads one broadcast's frames and first state, in the file's order. Damage is counted: in `drift`, and in the report as `skipped`. */
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
    throw fileFailure(error, `${path} cannot be read`);
  }
}

function scan(path: string, push: () => void): void {
  try {
    push();
  } catch (error) {
    throw error instanceof JsonError ? new DyliveError("bad_file", `${path} is no JSON: ${error.message}`, error) : error;
  }
}
