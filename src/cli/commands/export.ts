import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { type FileHandle, open, readFile, rm } from "node:fs/promises";
import { type Command, Option } from "commander";
import { type Config, loadConfig } from "../../app/config.js";
import { EVENT_TYPES } from "../../events/event.js";
import { HEADERS, type Headers } from "../../exports/columns.js";
import { exportPieces } from "../../exports/export.js";
import { EXPORT_FORMAT_NAMES, EXPORT_FORMATS, type ExportFormat } from "../../exports/format.js";
import { readInstant, readZone } from "../../exports/instant.js";
import { type ExportPlan, type ExportRequest, OFFSET_MAX_S, planExport } from "../../exports/plan.js";
import { broadcastId } from "../../http/v1/session-routes.js";
import { publish, writeWhole } from "../../runtime/durable-file.js";
import { DyliveError } from "../../runtime/errors.js";
import type { FileLock } from "../../runtime/file-lock.js";
import { msg } from "../../runtime/msg.js";
import type { Store } from "../../store/store.js";
import { path, withApi } from "../api.js";
import { WordsOption } from "../completion.js";
import { data } from "../options.js";
import { pastedName, pastedRoom } from "../pasted-room.js";
import { writeOut } from "../stdout.js";
import { interruptSignal } from "../stop.js";
import { ProgressLine, say } from "../terminal.js";
import { numberFrom, whole } from "../values.js";
import { withStore } from "../with-store.js";
import { lockFor, unwritable } from "../written-file.js";
import { BROADCAST } from "./session.js";

interface ExportOptions {
  readonly format: ExportFormat;
  readonly out?: string;
  readonly from?: string;
  readonly to?: string;
  readonly types?: string;
  readonly user?: string;
  readonly minDiamonds?: number;
  readonly filter?: string;
  readonly tests?: boolean;
  readonly start?: string;
  readonly offset: number;
  readonly zone?: string;
  readonly headers: Headers;
  readonly pseudonyms?: string | true;
}

/** Adds `dylive export`. */
export function addExportCommand(program: Command): void {
  program
    .command("export")
    .description("events of a room, or of one broadcast, as a file; also beside a running server")
    .argument("<room>", "a room (all that is kept of it), or a broadcast's room_id")
    .argument("[session]", BROADCAST)
    .addOption(new Option("--format <format>", "of the file").choices(EXPORT_FORMAT_NAMES).makeOptionMandatory())
    .option("-o, --out <file>", "file to write; - is stdout (dylive-ROOM.FORMAT)")
    .option("--from <moment>", "only events of this time on")
    .option("--to <moment>", "only events before this time")
    .addOption(
      new WordsOption("--types <types>", "event types with commas between, * for all (all; chat,gift in xml, ass and srt)", {
        listOf: EVENT_TYPES,
      }),
    )
    .option("--user <id>", "only events of the user with this id")
    .option("--min-diamonds <n>", "only gifts worth at least so many diamonds", whole)
    .option("--filter <expression>", "only events for which it is true, see docs/filters.md")
    .option("--tests", "test events, too (dylive trigger)")
    .option("--start <moment>", "when the recording begins that xml, ass or srt go with (the broadcast's beginning)")
    .option("--offset <seconds>", "added to every place in the recording", numberFrom(-OFFSET_MAX_S, OFFSET_MAX_S), 0)
    .option("--zone <zone>", "zone of dates, and of moments given without one, such as +08:00 (this machine's)")
    .addOption(headersOption())
    .option(
      "--pseudonyms [key]",
      "people by pseudonyms, the same wherever the key is the same; without a key by the store's own, as erase-user",
    )
    .addOption(data())
    .action(async (room: string, session: string | undefined, options: Partial<Config> & ExportOptions) => {
      const { data: folder, format, pseudonyms } = options;
      const config = loadConfig({ data: folder });
      // The store's own key is made when it is first wanted, which takes the one that writes.
      if (pseudonyms === true)
        await withApi(config, (api) => api.open("HEAD", path`/rooms/${pastedName(room)}/export`, { query: { format, pseudonyms: "own" } }));
      await withStore(config, (store) => run(store, room, session ?? null, options));
    });
}

/** Makes the option of a table's titles. */
export function headersOption(): Option {
  return new Option("--headers <kind>", "titles of the columns in csv and xlsx: their names, or in Chinese")
    .choices(HEADERS)
    .default("names");
}

async function run(store: Store, asked: string, session: string | null, options: ExportOptions): Promise<void> {
  const named = await pastedRoom(store.rooms, asked);
  const sessionId = session === null ? named.sessionId : await broadcastId(store.sessions, named.room, session);
  const request = { ...requestOf(options), ...(sessionId !== null && { sessionId }) };
  const plan = await planExport(store, named.room, request);
  const stop = interruptSignal();
  if (options.out === "-") {
    for await (const { bytes } of exportPieces(store, plan, stop)) await writeOut(bytes);
    return;
  }
  const path =
    options.out ?? `dylive-${(plan.about.sessionId ?? plan.about.webRid ?? String(named.room)).replace(/[^\w.-]/g, "_")}.${plan.format}`;
  await toFile(store, path, plan, request, stop);
}

async function toFile(store: Store, path: string, decided: ExportPlan, request: ExportRequest, stop: AbortSignal): Promise<void> {
  const continues = EXPORT_FORMATS[decided.format].continued;
  const begun = existsSync(`${path}.part`);
  const file = await ExportFile.open(path, continues ? nameOf(store, decided, request) : null);
  const after = file.continued;
  if (after > 0) say(msg`${path}: continuing after event ${after}`);
  else if (begun)
    say(
      msg`${path}: starting over, since ${continues ? msg`what is there belongs to another export` : msg`a ${decided.format} cannot be continued`}`,
    );
  const plan = { ...decided, after, about: { ...decided.about, begins: after === 0 } };
  const progress = new ProgressLine(path, msg`events looked at`);
  try {
    for await (const { bytes, scanned } of exportPieces(store, plan, stop)) {
      await file.write(bytes, scanned);
      progress.show(scanned, plan.until === 0 ? 1 : scanned / plan.until);
    }
    await file.finish();
  } catch (error) {
    await file.keep().catch(() => {}); // the disk may be full: it is continued from the place before
    await file.leave();
    if (!stop.aborted) throw error;
    progress.end(msg`${path}.part: stopped; the same command ${continues ? msg`continues it` : msg`starts over`}`);
    return;
  }
  progress.end(msg`${path}: ${file.bytes} bytes`);
}

/** Names an export; a key is not kept in the clear. */
function nameOf({ log }: Store, { room }: ExportPlan, request: ExportRequest): string {
  return createHash("sha256")
    .update(JSON.stringify([log.id, room, request]))
    .digest("hex");
}

function requestOf(options: ExportOptions): ExportRequest {
  const { format, from, to, types, user, minDiamonds, filter, tests, start, offset, zone, headers, pseudonyms } = options;
  const zoneMinutes = zone === undefined ? -new Date().getTimezoneOffset() : readZone("--zone", zone);
  const at = (field: string, text: string) => readInstant(field, text, zone === undefined ? null : zoneMinutes);
  return {
    ...{ format, zoneMinutes, headers, offsetMs: Math.round(offset * 1000) },
    ...(from !== undefined && { from: at("--from", from) }),
    ...(to !== undefined && { to: at("--to", to) }),
    ...(types !== undefined && { types: types.split(",") }),
    ...(user !== undefined && { userId: user }),
    ...(minDiamonds !== undefined && { minDiamonds }),
    ...(filter !== undefined && { filter }),
    ...(tests === true && { tests }),
    ...(start !== undefined && { startMs: at("--start", start) }),
    ...(pseudonyms !== undefined && { pseudonyms }),
  };
}

/** Point that a file which is not whole yet has reached: so many bytes of it hold what was exported up to a seq. */
interface ReachedPoint {
  /** Names what is exported and how: a file is continued only with the same. */
  readonly of: string;
  readonly bytes: number;
  readonly scanned: number;
}

/**
 * File of an export. It has another name (`FILE.part`) until it is whole, and beside it stands where to go on (`FILE.part.json`). One
 * process at a time writes it, which has the lock of `FILE.part.lock`.
 */
export class ExportFile {
  /** The seq up to which an earlier run came; 0 when the file starts over. */
  readonly continued: number;
  readonly #path: string;
  readonly #of: string;
  readonly #file: FileHandle;
  readonly #lock: FileLock;
  readonly #keepBytes: number;
  #bytes: number;
  /** Seq up to which the log was looked at for these bytes. */
  #scanned: number;
  #kept: number;

  private constructor(path: string, file: FileHandle, lock: FileLock, { of, bytes, scanned }: ReachedPoint, keepBytes: number) {
    this.#keepBytes = keepBytes;
    this.#lock = lock;
    this.#path = path;
    this.#file = file;
    this.#of = of;
    this.#bytes = bytes;
    this.#scanned = scanned;
    this.#kept = bytes;
    this.continued = scanned;
  }

  /**
   * Opens the file, where an earlier run of the same export left off.
   * @param of names what is exported and how; null: it cannot be continued
   * @param keepBytes bytes between places that are kept: what was written after the last one is written again
   * @throws DyliveError bad_request when a whole file of that name exists, file_failed when none can be made; in_use while another process writes it
   */
  static async open(path: string, of: string | null, keepBytes = 8 * 1024 * 1024): Promise<ExportFile> {
    if (existsSync(path)) throw exists(path);
    const lock = lockFor(path, `${partOf(path)}.lock`);
    try {
      if (existsSync(path)) throw exists(path); // the process that had the lock has just finished it
      const place = of === null ? null : await placeIn(path, of);
      const file = await open(partOf(path), place === null ? "w" : "r+", 0o600);
      await file.truncate(place?.bytes ?? 0).catch((error: unknown) => file.close().then(() => Promise.reject(error)));
      return new ExportFile(path, file, lock, place ?? { of: of ?? "", bytes: 0, scanned: 0 }, keepBytes);
    } catch (error) {
      lock.remove();
      throw error instanceof DyliveError ? error : unwritable(path, error);
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Writes a piece, which goes with everything up to a seq. @throws DyliveError file_failed when it cannot be written (the disk is full) */
  async write(piece: Uint8Array, scanned: number): Promise<void> {
    try {
      for (let done = 0; done < piece.length; ) {
        const { bytesWritten } = await this.#file.write(piece, done, piece.length - done, this.#bytes + done);
        done += bytesWritten;
      }
      this.#bytes += piece.length;
      this.#scanned = scanned;
      if (this.#bytes - this.#kept >= this.#keepBytes) await this.keep();
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  /** Keeps where to go on, after the last piece that was written whole: first what was written, then the place. */
  async keep(): Promise<void> {
    // Titles alone are no place: who goes on after event 0 begins, and writes them.
    if (this.#of === "" || this.#scanned === 0) return;
    await this.#file.sync();
    const place: ReachedPoint = { of: this.#of, bytes: this.#bytes, scanned: this.#scanned };
    await writeWhole(placeOf(this.#path), JSON.stringify(place));
    this.#kept = this.#bytes;
  }

  /** Gives the file, which is whole, its name. @throws DyliveError bad_request when something else has the name by now */
  async finish(): Promise<void> {
    await publish(this.#file, partOf(this.#path), this.#path, { replace: false }).catch((error: NodeJS.ErrnoException) => {
      throw error.code === "EEXIST" ? exists(this.#path) : unwritable(this.#path, error);
    });
    await rm(placeOf(this.#path), { force: true });
    this.#lock.remove();
  }

  /** Leaves the file as it is, to be continued. */
  async leave(): Promise<void> {
    await this.#file.close();
    this.#lock.remove();
  }
}

function exists(path: string): DyliveError {
  return new DyliveError("bad_request", msg`${path} exists: name another file, or remove it`);
}

function partOf(path: string): string {
  return `${path}.part`;
}

function placeOf(path: string): string {
  return `${partOf(path)}.json`;
}

/**
 * Returns where an earlier run of the same export left off; null when there is none, or its file is shorter than it says (a crash of the
 * machine).
 */
async function placeIn(path: string, of: string): Promise<ReachedPoint | null> {
  try {
    const place = JSON.parse(await readFile(placeOf(path), "utf8")) as ReachedPoint;
    const file = await open(partOf(path), "r");
    try {
      return place.of === of && (await file.stat()).size >= place.bytes ? place : null;
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}
