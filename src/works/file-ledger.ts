import { createReadStream, existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { syncFolder } from "../runtime/durable-file.js";
import { DownloadFileSchema } from "./model/download.js";

const { role, index } = DownloadFileSchema.properties;

const RowSchema = Type.Object({
  workId: Type.String(),
  role,
  index,
  /** Path in the folder, with `/` between its parts. */
  name: Type.String({ minLength: 1, maxLength: 4096 }),
  /** Name of the rung; null where there are none. */
  variant: Type.Union([Type.String(), Type.Null()]),
  /** Quality that was asked for when it was chosen. */
  quality: Type.String(),
  bytes: Type.Integer({ minimum: 1 }),
  sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
});

/** File of a work that was downloaded: written before it has its name, so it is there if its name is. */
export type LedgerRow = Static<typeof RowSchema>;

const NAME = ".dylive-downloads.jsonl";
const NEWLINE = 0x0a;

/**
 * The files that were downloaded into a folder, a JSON object a line. Several processes may add to it; a line that a crash left half-written is
 * passed over.
 */
export class FileLedger {
  readonly #path: string;

  /** @param folder the download folder, which exists */
  constructor(folder: string) {
    this.#path = join(folder, NAME);
  }

  /** Returns what was downloaded of a work, the newest first. @throws the system's errors */
  async of(workId: string): Promise<readonly LedgerRow[]> {
    if (!existsSync(this.#path)) return [];
    const rows: LedgerRow[] = [];
    for await (const line of createInterface({ input: createReadStream(this.#path), crlfDelay: Number.POSITIVE_INFINITY })) {
      const row = line.includes(workId) ? rowIn(line) : null;
      if (row?.workId === workId) rows.unshift(row);
    }
    return rows;
  }

  /** Adds a file; resolves when that is on the disk. @throws the system's errors */
  async add(row: LedgerRow): Promise<void> {
    const isNew = !existsSync(this.#path);
    const file = await open(this.#path, "a+", 0o600);
    try {
      const { size } = await file.stat();
      const last = Buffer.alloc(1, NEWLINE);
      if (size > 0) await file.read(last, 0, 1, size - 1);
      await file.writeFile(`${last[0] === NEWLINE ? "" : "\n"}${JSON.stringify(row)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    if (isNew) await syncFolder(dirname(this.#path));
  }
}

function rowIn(line: string): LedgerRow | null {
  try {
    const row: unknown = JSON.parse(line);
    return Value.Check(RowSchema, row) ? row : null;
  } catch {
    return null;
  }
}
