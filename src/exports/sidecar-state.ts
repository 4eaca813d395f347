import { constants } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { join } from "node:path";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { assertNoLink, writeWhole } from "../runtime/durable-file.js";
import { fileFailure } from "../runtime/file-failure.js";
import { type Msg, msg } from "../runtime/msg.js";
import type { RoomKey } from "../store/log.js";
import { type Recording, RecordingSchema } from "./recordings.js";

const KeptSchema = Type.Object({
  log: Type.String(),
  room: Type.Integer(),
  seq: Type.Integer({ minimum: 0 }),
  newest: Type.Number(),
  recordings: Type.Array(RecordingSchema),
});
/** State of a folder, as it is kept there. */
export interface Kept {
  readonly log: string;
  readonly room: RoomKey;
  readonly seq: number;
  /** No event up to `seq` was received later. */
  readonly newest: number;
  readonly recordings: readonly Recording[];
}

/** Reads what was kept in a folder; null: nothing, or nothing that can be understood, which gets another name. @throws DyliveError file_failed */
export async function keptIn(path: string, tell: (line: Msg) => void): Promise<Kept | null> {
  try {
    const file = await openRegular(path);
    const text = await file.readFile("utf8").finally(() => file.close());
    const kept = textAsJson(text);
    if (Value.Check(KeptSchema, kept)) return kept as Kept;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    if (code !== "ELOOP" && code !== "ENXIO") throw fileFailure(error, msg`${path} cannot be read`);
  }
  const aside = `${path}.damaged`;
  await rename(path, aside).catch((error: unknown) => {
    throw fileFailure(error, msg`${path} is damaged, and cannot be given another name`);
  });
  tell(msg`${path} is damaged: it is ${aside} now, and what is beside recordings is taken for another program's`);
  return null;
}

function textAsJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Keeps the state of a folder there, whole or not at all. @throws the system's errors */
export async function keep(folder: string, stateFile: string, kept: Kept): Promise<void> {
  await assertNoLink(folder);
  await writeWhole(join(folder, stateFile), JSON.stringify(kept));
}

/** Opens a file to be read, not a link or a pipe, on which one would wait. @throws the system's errors */
async function openRegular(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw Object.assign(new Error(`${path} is not a file`), { code: "ELOOP" });
}
