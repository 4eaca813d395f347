import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import type { Command } from "commander";
import { WireError } from "../../platform/wire/reader.js";
import { encodeHeader, encodeRecord, RecordingReader, type RecordingRecord } from "../../platform/wire/recording.js";
import { Disguise, stripped } from "../../platform/wire/strip.js";
import { NewFile } from "../../runtime/durable-file.js";
import { DyliveError } from "../../runtime/errors.js";
import { fileFailure, troubleOf } from "../../runtime/file-failure.js";
import { msg } from "../../runtime/msg.js";
import { recordingBytes } from "../../sources/recording.js";
import { interruptSignal } from "../stop.js";
import { ProgressLine, plain, say } from "../terminal.js";

/** Adds `dylive strip`. */
export function addStripCommand(program: Command): void {
  program
    .command("strip")
    .description("copy a recording without the people in it, for others to look at")
    .argument("<file>", "a recording")
    .requiredOption("-o, --out <file>", "file to write; it must not exist")
    .action((file: string, { out }: { out: string }) => strip(file, out));
}

async function strip(path: string, out: string): Promise<void> {
  const signal = interruptSignal();
  const key = randomBytes(32).toString("hex"); // kept nowhere
  const reader = new RecordingReader();
  const progress = new ProgressLine(plain(out), msg`records`);
  const refuse = (error: unknown) => {
    throw fileFailure(error, msg`${out} cannot be made`);
  };
  if (existsSync(out)) throw new DyliveError("file_failed", msg`${out} exists: name another file, or remove it`);
  const file = await NewFile.create(out).catch(refuse);
  let kept = 0;
  let left = 0;
  try {
    for await (const chunk of chunksOf(path, signal)) {
      const begun = reader.meta !== null;
      const records = reader.push(chunk);
      if (!begun && reader.meta !== null) {
        const { roomId, startedAt, source } = reader.meta;
        const other = new Disguise(key, startedAt).text(roomId);
        await file.write(encodeHeader({ webRid: "", roomId: other, title: "", startedAt, source })).catch(refuse);
      }
      for (const record of records) {
        const rest = safely(record, key);
        if (rest === null) left++;
        else await file.write(encodeRecord(rest)).catch(refuse);
        if (rest !== null) progress.show(++kept);
      }
    }
    if (reader.meta === null) throw new DyliveError("bad_file", msg`${path} is not a recording`);
  } catch (error) {
    await file.discard();
    throw error instanceof WireError ? new DyliveError("bad_file", msg`${path} is not a recording`, error) : error;
  }
  await file.finish({ replace: false }).catch(refuse);
  progress.end(msg`${out}: ${kept} records without names, texts and ids of people`);
  if (left + reader.skipped > 0) say(msg`${path}: ${left + reader.skipped} damaged records were passed over`);
  if (reader.end() > 0) say(msg`${path}: the last ${reader.end()} bytes are torn or damaged`);
}

async function* chunksOf(path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of recordingBytes(path)) {
      signal.throwIfAborted();
      yield chunk as Buffer;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (troubleOf(error) === null) throw new DyliveError("bad_file", msg`${path} is not a whole recording: ${String(error)}`, error);
    throw fileFailure(error, msg`${path} cannot be read`);
  }
}

/** Strips a record; null when it cannot be read. */
function safely(record: RecordingRecord, key: string): RecordingRecord | null {
  try {
    return stripped(record, key);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}
