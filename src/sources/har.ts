import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import { capturedRequest } from "../platform/access/push.js";
import { inBatches, type Received, readFrame, readResponse } from "../platform/access/read.js";
import type { Drift } from "../platform/wire/drift.js";
import { WireError } from "../platform/wire/reader.js";
import { DyliveError } from "../runtime/errors.js";
import { fileFailure } from "../runtime/file-failure.js";
import { msg } from "../runtime/msg.js";
import type { RecordingReport } from "./recording.js";

/** Largest HAR, in bytes: hours of a busy room. It is read whole, which takes about three times as much memory. */
const MAX_HAR_BYTES = 256 * 1024 * 1024;
const MAX_ROOMS = 100;
const BINARY = 2; // the WebSocket opcode
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** Fields of a HAR's entry that are read. The file may be anything: each is looked at before it is used. */
type HarEntry = {
  readonly request?: { readonly url?: unknown; readonly headers?: unknown } | null;
  readonly response?: { readonly content?: { readonly text?: unknown; readonly encoding?: unknown } | null } | null;
  readonly startedDateTime?: unknown;
  readonly time?: unknown;
  /** Chrome's own. */
  readonly _webSocketMessages?: unknown;
} | null;

type HarMessage = { readonly type?: unknown; readonly time?: unknown; readonly opcode?: unknown; readonly data?: unknown } | null;

/** Part of a HAR that belongs to one broadcast. */
interface HarRoom {
  readonly roomId: string;
  /** The room's number, where a request names it. */
  webRid: string | null;
  readonly entries: { readonly kind: "push" | "fetch"; readonly entry: HarEntry }[];
}

/**
 * Reads a HAR that a browser's developer tools exported (with content), and finds the broadcasts in it.
 * @param size of the file in bytes
 * @throws DyliveError bad_file when it is no HAR, damaged, too large, or holds nothing of a live room
 */
export async function surveyHar(path: string, size: number): Promise<readonly HarRoom[]> {
  if (size > MAX_HAR_BYTES)
    throw new DyliveError(
      "bad_file",
      msg`${path} has ${size} bytes; a HAR may have ${MAX_HAR_BYTES}. Export a shorter time, or only the Socket requests`,
    );
  const rooms = new Map<string, HarRoom>();
  const pages = new Set<string>();
  for (const entry of await entriesOf(path)) {
    const asked = requestOf(entry?.request?.url);
    if (asked === null) continue;
    const page = asked.page ?? requestOf(refererOf(entry))?.page ?? null;
    if (page !== null && pages.size < MAX_ROOMS) pages.add(page);
    const { kind, roomId } = asked;
    if (kind === null || roomId === null || (rooms.size >= MAX_ROOMS && !rooms.has(roomId))) continue;
    const room: HarRoom = rooms.get(roomId) ?? { roomId, webRid: null, entries: [] };
    rooms.set(roomId, room);
    room.webRid ??= kind === "enter" ? asked.webRid : page;
    if (kind !== "enter") room.entries.push({ kind, entry });
  }
  const kept = [...rooms.values()].filter(({ entries }) =>
    entries.some(({ kind, entry }) => kind === "fetch" || messagesOf(entry).length > 0),
  );
  if (kept.length === 0)
    throw new DyliveError(
      "bad_file",
      rooms.size > 0
        ? msg`${path} names a live room but holds no messages of it: export from Chrome or Edge, with content`
        : msg`${path} holds no connection to a live room: open the developer tools before the page, and export with content`,
    );
  // A room without a number takes that of the only page.
  const [only] = kept;
  if (rooms.size === 1 && pages.size === 1 && only !== undefined) only.webRid ??= [...pages][0] ?? null;
  return kept;
}

/** Reads one broadcast's frames and first state, in the file's order. Damage is counted: in `drift`, and in the report as `skipped`. */
export function readHar(
  { entries }: HarRoom,
  { drift, report }: { readonly drift: Drift; readonly report: RecordingReport },
): Generator<readonly Received[], void> {
  function* frames(entry: HarEntry): Generator<Received, void> {
    for (const message of messagesOf(entry)) {
      const { type, time, opcode, data } = message ?? {};
      if (type !== "receive" || opcode !== BINARY || data === undefined) continue;
      const raw = bytesOf(data, "base64");
      if (raw !== null && typeof time === "number") yield readFrame(raw, msOf(time), drift).received;
      else report.skipped++;
    }
  }
  function* first(entry: HarEntry): Generator<Received, void> {
    const { text, encoding } = entry?.response?.content ?? {};
    const raw = bytesOf(text, encoding);
    // A second call is answered with nothing, which is no damage.
    if (raw === null || raw.length === 0) return;
    const { startedDateTime, time } = entry ?? {};
    const startedAt = typeof startedDateTime === "string" ? Date.parse(startedDateTime) : Number.NaN;
    const receivedAt = Math.round(startedAt + (typeof time === "number" ? time : 0));
    try {
      const received = readResponse(raw, receivedAt, drift);
      yield Number.isFinite(receivedAt) ? received : { ...received, receivedAt: received.response.now };
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      drift.failed(error.code);
      report.skipped++;
    }
  }
  return inBatches(
    (function* () {
      for (const { kind, entry } of entries) yield* kind === "push" ? frames(entry) : first(entry);
    })(),
  );
}

async function entriesOf(path: string): Promise<readonly HarEntry[]> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw fileFailure(error, msg`${path} cannot be read`);
  });
  let har: { readonly log?: { readonly entries?: unknown } | null } | null;
  try {
    har = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    throw new DyliveError("bad_file", msg`${path} is not JSON, or is cut off`, error);
  }
  const entries = har?.log?.entries;
  if (Array.isArray(entries) && entries.length > 0) return entries;
  throw new DyliveError("bad_file", msg`${path} is JSON but not a HAR: it has no log.entries`);
}

function requestOf(url: unknown): ReturnType<typeof capturedRequest> {
  return typeof url === "string" ? capturedRequest(url) : null;
}

function refererOf(entry: HarEntry): unknown {
  const headers: unknown = entry?.request?.headers;
  if (!Array.isArray(headers)) return null;
  return headers.find((header) => typeof header?.name === "string" && header.name.toLowerCase() === "referer")?.value;
}

function messagesOf(entry: HarEntry): readonly HarMessage[] {
  const messages = entry?._webSocketMessages;
  return Array.isArray(messages) ? messages : [];
}

/** Decodes bytes in base64; a text that a browser made of bytes is beyond repair. */
function bytesOf(data: unknown, encoding: unknown): Buffer | null {
  return typeof data === "string" && encoding === "base64" && BASE64.test(data) ? Buffer.from(data, "base64") : null;
}

/** Converts a time to ms: browsers write seconds with a fraction. */
function msOf(time: number): number {
  return Math.round(time > 100_000_000_000 ? time : time * 1000);
}
