import { open, readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Received } from "../platform/access/read.js";
import { readFrame, readResponse, roomIdOf } from "../platform/access/read.js";
import type { Drift } from "../platform/wire/drift.js";
import { Drift as Counts } from "../platform/wire/drift.js";
import { methodNamed } from "../platform/wire/methods.js";
import { WireError } from "../platform/wire/reader.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { fileFailure } from "../runtime/file-failure.js";
import { msg } from "../runtime/msg.js";
import { readHar, surveyHar } from "./har.js";
import { newReport, type RecordingReport, recordingSource } from "./recording.js";

/** Open file of captured bytes. */
export interface Capture {
  readonly kind: "recording" | "har" | "frame" | "response" | "payload";
  /** Size of the file in bytes. */
  readonly size: number;
  /** The web_rid that a recording or a HAR names; null where it is not known. */
  readonly webRid: string | null;
  /** Broadcast that the bytes say they are of; null where they do not. */
  readonly roomId: string | null;
  /** Report of reading a recording or a HAR. */
  readonly report: RecordingReport;
  batches(signal: AbortSignal): AsyncIterable<readonly Received[]>;
}

const MAGIC = "DYLIVE";
/** Ending of a recording that was compressed. */
const PACKED = ".dyrec.gz";
const MAX_SINGLE_BYTES = 32 * 1024 * 1024;
const FRAME_TYPES = ["msg", "hb", "ack", "close"];

/**
 * Opens a file of any kind that {@link openCapture} knows, or a HAR of a browser, which may hold several broadcasts: one capture for each.
 * @throws DyliveError bad_file when it is none of these; file_failed
 */
export async function openCaptures(path: string, clock: Clock, drift: Drift): Promise<readonly Capture[]> {
  const { head, size } = await look(path);
  if (!isJson(head)) return [await openCapture(path, clock, drift)];
  return (await surveyHar(path, size)).map((room) => {
    const report = { ...newReport(), bytes: size };
    async function* batches(signal: AbortSignal) {
      for (const batch of readHar(room, { drift, report })) {
        if (signal.aborted) return;
        yield batch;
      }
    }
    return { kind: "har" as const, size, webRid: room.webRid, roomId: room.roomId, report, batches };
  });
}

/** Returns whether bytes begin like JSON. None of the platform's do: `{` would be a group, which its protocol has not. */
function isJson(head: string): boolean {
  return /^(?:\xef\xbb\xbf)?\s*\{/.test(head);
}

/**
 * Opens a recording, a raw push frame, a bare Response, or a payload whose file is named after its method (`ChatMessage.bin`).
 * @throws DyliveError bad_file when it is none of these; file_failed
 */
async function openCapture(path: string, clock: Clock, drift: Drift): Promise<Capture> {
  const { head, size, modifiedAt } = await look(path);
  const report = newReport();
  if (head.startsWith(MAGIC) || path.endsWith(PACKED)) {
    const source = recordingSource({ path, speed: 0, clock, drift, report });
    const meta = await metaOf(path, clock);
    return {
      kind: "recording",
      size,
      webRid: meta.webRid || null,
      roomId: meta.roomId || null,
      report,
      batches: (signal) => source.open(signal),
    };
  }
  if (size > MAX_SINGLE_BYTES)
    throw new DyliveError("bad_file", msg`${path} is not a recording and too large (${size} bytes) for a single capture`);
  const bytes = await readFile(path).catch((error: unknown) => {
    throw fileFailure(error, msg`${path} cannot be read`);
  });
  const single = asFrame(bytes, modifiedAt, drift) ?? asResponse(bytes, modifiedAt, drift) ?? asPayload(path, bytes, modifiedAt);
  if (single === null)
    throw new DyliveError("bad_file", msg`${path} is neither a recording, a push frame, a Response, nor named after a method`);
  const { kind, received, internalExt } = single;
  const one = async function* () {
    yield [received];
  };
  return { kind, size, webRid: null, roomId: roomIdOf(received, internalExt), report, batches: one };
}

interface Single {
  readonly kind: "frame" | "response" | "payload";
  readonly received: Received;
  readonly internalExt: string;
}

function asFrame(bytes: Buffer, at: number, drift: Drift): Single | null {
  const trial = new Counts();
  const { frame, received, internalExt } = readFrame(bytes, at, trial);
  if (frame === null || !FRAME_TYPES.includes(frame.payloadType)) return null;
  drift.merge(trial);
  return { kind: "frame", received: { ...received, receivedAt: received.response?.now || at }, internalExt };
}

function asResponse(bytes: Buffer, at: number, drift: Drift): Single | null {
  const trial = new Counts();
  try {
    const received = readResponse(bytes, at, trial);
    const { messages, now, internalExt } = received.response;
    // A single payload reads as a Response too: its envelope is field 1 and begins with the method. But it has no payload inside.
    if (messages.length === 0 || !messages.every(({ method, payload }) => /^[A-Za-z]\w{2,}$/.test(method) && payload.length > 0))
      return null;
    drift.merge(trial);
    return { kind: "response", received: { ...received, receivedAt: now || at }, internalExt };
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

function asPayload(path: string, bytes: Buffer, at: number): Single | null {
  const method = methodNamed(basename(path).replace(/\.[^.]*$/, ""));
  if (method === null) return null;
  const response = readResponse(new Uint8Array(), at, new Counts()).response;
  const message = { method, payload: bytes, msgId: "0", msgType: 0, offset: "0", messageExtra: [] };
  return {
    kind: "payload",
    received: { receivedAt: at, raw: bytes, kind: "frame", response: { ...response, messages: [message] } },
    internalExt: "",
  };
}

async function look(path: string): Promise<{ head: string; size: number; modifiedAt: number }> {
  try {
    const file = await open(path, "r");
    try {
      const { size, mtimeMs } = await file.stat();
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0);
      return { head: buffer.toString("latin1", 0, bytesRead), size, modifiedAt: Math.floor(mtimeMs) };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileFailure(error, msg`${path} cannot be read`);
  }
}

async function metaOf(path: string, clock: Clock): Promise<{ webRid: string; roomId: string }> {
  const report = newReport();
  const stop = new AbortController();
  for await (const _ of recordingSource({ path, speed: 0, clock, drift: new Counts(), report }).open(stop.signal)) break;
  return report.meta ?? { webRid: "", roomId: "" };
}
