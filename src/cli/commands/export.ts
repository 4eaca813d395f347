import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { type Command, Option } from "commander";
import { type Config, loadConfig } from "../../app/config.js";
import { exportPieces } from "../../exports/export.js";
import { EXPORT_FORMAT_NAMES, EXPORT_FORMATS, type ExportFormat } from "../../exports/format.js";
import { readInstant, readZone } from "../../exports/instant.js";
import { type ExportPlan, type ExportRequest, planExport } from "../../exports/plan.js";
import { broadcastId } from "../../http/v1/session-routes.js";
import { namedRoom } from "../../store/rooms.js";
import type { Store } from "../../store/store.js";
import { ExportFile } from "../export-file.js";
import { interruptSignal } from "../stop.js";
import { ProgressLine, plain, say } from "../terminal.js";
import { numberFrom, whole } from "../values.js";
import { withStore } from "../with-store.js";
import { BROADCAST } from "./broadcast.js";

/** Longest offset, in s: recordings are of a broadcast, and a year is beyond any. */
const OFFSET_MAX_S = 31_536_000;

interface ExportOptions {
  readonly format: ExportFormat;
  readonly out?: string;
  readonly from?: string;
  readonly to?: string;
  readonly types?: string;
  readonly user?: string;
  readonly minDiamonds?: number;
  readonly filter?: string;
  readonly start?: string;
  readonly offset: number;
  readonly zone?: string;
  readonly pseudonyms?: string | true;
}

/** Adds `dylive export`. @param data makes the option that names the data folder */
export function addExportCommand(program: Command, data: () => Option): void {
  program
    .command("export")
    .description("events of a room, or of one broadcast, as a file; also beside a running server")
    .argument("<room>", "a room (all that is kept of it), or a broadcast's room_id")
    .argument("[session]", BROADCAST)
    .addOption(new Option("--format <format>", "of the file").choices(EXPORT_FORMAT_NAMES).makeOptionMandatory())
    .option("-o, --out <file>", "file to write; - is stdout (dylive-ROOM.FORMAT)")
    .option("--from <moment>", "only events of this time on")
    .option("--to <moment>", "only events before this time")
    .option("--types <types>", "event types with commas between, * for all (all; chat,gift in xml, ass and srt)")
    .option("--user <id>", "only events of the user with this id")
    .option("--min-diamonds <n>", "only gifts worth at least so many diamonds", whole)
    .option("--filter <expression>", "only events for which it is true, see docs/filters.md")
    .option("--start <moment>", "when the recording begins that xml, ass or srt go with (the broadcast's beginning)")
    .option("--offset <seconds>", "added to every place in the recording", numberFrom(-OFFSET_MAX_S, OFFSET_MAX_S), 0)
    .option("--zone <zone>", "zone of dates, and of moments given without one, such as +08:00 (this machine's)")
    .option(
      "--pseudonyms [key]",
      "people by pseudonyms, the same wherever the key is the same; without a key by the store's own, as erase-user",
    )
    .addOption(data())
    .action((room: string, session: string | undefined, options: Partial<Config> & ExportOptions) => {
      const { data: folder } = options;
      return withStore(loadConfig(folder === undefined ? {} : { data: folder }), (store) => run(store, room, session ?? null, options));
    });
}

async function run(store: Store, asked: string, session: string | null, options: ExportOptions): Promise<void> {
  const named = await namedRoom(store.rooms, asked);
  const sessionId = session === null ? named.sessionId : await broadcastId(store.sessions, named.room, session);
  const request = { ...requestOf(options), ...(sessionId !== null && { sessionId }) };
  const plan = await planExport(store, named.room, request);
  const stop = interruptSignal();
  if (options.out === "-") return toStdout(store, plan, stop);
  const path =
    options.out ?? `dylive-${(plan.about.sessionId ?? plan.about.webRid ?? String(named.room)).replace(/[^\w.-]/g, "_")}.${plan.format}`;
  await toFile(store, path, plan, request, stop);
}

async function toFile(store: Store, path: string, decided: ExportPlan, request: ExportRequest, stop: AbortSignal): Promise<void> {
  const continues = EXPORT_FORMATS[decided.format].continued;
  const begun = existsSync(`${path}.part`);
  const file = await ExportFile.open(path, continues ? nameOf(store, decided, request) : null);
  const after = file.continued;
  if (after > 0) say(plain(`${path}: continuing after event ${after}`));
  else if (begun)
    say(
      plain(
        `${path}: starting over, since ${continues ? "what is there belongs to another export" : `a ${decided.format} cannot be continued`}`,
      ),
    );
  const plan = { ...decided, after, about: { ...decided.about, begins: after === 0 } };
  const progress = new ProgressLine(path, "events looked at");
  let scanned = after;
  try {
    for await (const piece of exportPieces(store, plan, stop)) {
      scanned = piece.scanned;
      await file.write(piece.bytes, scanned);
      progress.show(scanned, plan.until === 0 ? 1 : scanned / plan.until);
    }
    await file.finish();
  } catch (error) {
    await file.keep(scanned).catch(() => {}); // the disk may be full: it is continued from the place before
    await file.leave();
    if (!stop.aborted) throw error;
    progress.end(plain(`${path}.part: stopped; the same command ${continues ? "continues it" : "starts over"}`));
    return;
  }
  progress.end(plain(`${path}: ${file.bytes} bytes`));
}

/** Names an export; a key is not kept in the clear. */
function nameOf({ log }: Store, { room }: ExportPlan, request: ExportRequest): string {
  return createHash("sha256")
    .update(JSON.stringify([log.id, room, request]))
    .digest("hex");
}

async function toStdout(store: Store, plan: ExportPlan, stop: AbortSignal): Promise<void> {
  for await (const { bytes } of exportPieces(store, plan, stop))
    await new Promise<void>((resolve, reject) => process.stdout.write(bytes, (error) => (error ? reject(error) : resolve())));
}

function requestOf(options: ExportOptions): ExportRequest {
  const { format, from, to, types, user, minDiamonds, filter, start, offset, zone, pseudonyms } = options;
  const zoneMinutes = zone === undefined ? -new Date().getTimezoneOffset() : readZone("--zone", zone);
  const at = (field: string, text: string) => readInstant(field, text, zone === undefined ? null : zoneMinutes);
  return {
    ...{ format, zoneMinutes, offsetMs: Math.round(offset * 1000) },
    ...(from !== undefined && { from: at("--from", from) }),
    ...(to !== undefined && { to: at("--to", to) }),
    ...(types !== undefined && { types: types.split(",") }),
    ...(user !== undefined && { userId: user }),
    ...(minDiamonds !== undefined && { minDiamonds }),
    ...(filter !== undefined && { filter }),
    ...(start !== undefined && { startMs: at("--start", start) }),
    ...(pseudonyms !== undefined && { pseudonyms }),
  };
}
