import { EVENT_TYPES, type EventType } from "../events/event.js";
import { noSuch } from "../events/misspelt.js";
import { readFilter } from "../feed/read-queue.js";
import { DyliveError, FieldError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import type { RoomKey, Where } from "../store/log.js";
import type { Store } from "../store/store.js";
import type { Headers } from "./columns.js";
import { EXPORT_FORMATS, type ExportAbout, type ExportFormat, type TableFormat } from "./format.js";

/** Requested export of a room. Times are ms UTC. */
export interface ExportRequest {
  readonly format: ExportFormat;
  /** Only events of this broadcast. */
  readonly sessionId?: string | undefined;
  /** Only events of this time on … */
  readonly from?: number | undefined;
  /** … and before this one. */
  readonly to?: number | undefined;
  /** Types of events; all by default, in formats that go with a recording chat and gifts. */
  readonly types?: readonly string[] | undefined;
  readonly userId?: string | undefined;
  readonly minDiamonds?: number | undefined;
  /** An expression of the filter language. */
  readonly filter?: string | undefined;
  /** Test events, too. */
  readonly tests?: boolean | undefined;
  /** Only events with a greater seq: continues a file. */
  readonly after?: number | undefined;
  /** Time at which the recording begins; by default the broadcast does. */
  readonly startMs?: number | undefined;
  readonly offsetMs?: number | undefined;
  readonly zoneMinutes?: number | undefined;
  /** Titles of the columns; their names by default. */
  readonly headers?: Headers | undefined;
  /** Key of the pseudonyms that replace people; `true` is the store's own, with which erased people got theirs. */
  readonly pseudonyms?: string | true | undefined;
}

/** An export, decided: plain data, the same bytes whenever and wherever it is made, as long as the events are the same. */
export interface ExportPlan {
  readonly room: RoomKey;
  readonly format: ExportFormat;
  readonly where: Where;
  readonly from: number | null;
  readonly to: number | null;
  readonly filter: string | null;
  readonly tests: boolean;
  readonly after: number;
  /** The last seq that is looked at: the head when it was asked for, so that an export of a running broadcast ends. */
  readonly until: number;
  readonly pseudonymKey: string | null;
  readonly about: ExportAbout;
}

/** Requested export of a work's comments. */
type CommentRequest = Pick<ExportRequest, "format" | "zoneMinutes" | "headers" | "pseudonyms">;

/** An export of a work's comments, decided. */
export interface CommentPlan {
  readonly workId: string;
  readonly format: TableFormat;
  readonly pseudonymKey: string | null;
  readonly zoneMinutes: number;
  readonly headers: Headers;
}

/** Longest offset of a recording, in s: it is of a broadcast, and a year is beyond any. */
export const OFFSET_MAX_S = 31_536_000;

/** Time zone of Beijing, where the rooms are, in minutes east of UTC. */
export const PLATFORM_ZONE_MINUTES = 480;
const TIMED_TYPES: readonly EventType[] = ["chat", "gift"];

/**
 * Decides an export.
 * @throws DyliveError bad_request that names the field, not_found when there is no such broadcast
 */
export async function planExport(
  { log, rooms, sessions, secrets }: Pick<Store, "log" | "rooms" | "sessions" | "secrets">,
  room: RoomKey,
  request: ExportRequest,
): Promise<ExportPlan> {
  const {
    format,
    sessionId,
    from = null,
    to = null,
    userId,
    minDiamonds,
    filter = null,
    tests = false,
    after = 0,
    headers = "names",
    pseudonyms = null,
  } = request;
  const { timed, continued } = EXPORT_FORMATS[format];
  const types = typesOf(request.types, timed);
  if (filter !== null) readFilter(filter);
  if (after > 0 && !continued) throw new FieldError("after", msg`a file of ${format} cannot be continued; jsonl and csv can`);
  assertTitled(format, headers);
  if (tests && sessionId !== undefined)
    throw new FieldError("tests", "test events are of no broadcast: leave it out, and give from and to for a part of the room");
  const row = await rooms.get(room);
  const session = sessionId === undefined ? null : await sessions.get(room, sessionId);
  if (sessionId !== undefined && session === null)
    throw new DyliveError("not_found", msg`the room has no broadcast ${JSON.stringify(sessionId.slice(0, 40))}`);
  const where: Where = {
    ...(types !== null && { types }),
    ...(sessionId !== undefined && { sessionId }),
    ...(userId !== undefined && { userId }),
    ...(minDiamonds !== undefined && { minDiamonds }),
  };
  const { head } = (await log.heads([room])).get(room) ?? { head: 0 };
  const about: ExportAbout = {
    room,
    webRid: row?.webRid ?? null,
    sessionId: sessionId ?? null,
    title: session?.title ?? row?.title ?? null,
    anchor: row?.anchor?.nickname ?? null,
    startMs: request.startMs ?? session?.openedAt ?? from,
    offsetMs: request.offsetMs ?? 0,
    gaps: [],
    zoneMinutes: request.zoneMinutes ?? PLATFORM_ZONE_MINUTES,
    headers,
    begins: after === 0,
  };
  const pseudonymKey = pseudonyms === true ? await secrets.pseudonymKey() : pseudonyms;
  return { room, format, where, from, to, filter, tests, after, until: head, pseudonymKey, about };
}

/** Decides an export of a work's comments. @throws DyliveError bad_request for a format that goes with a recording */
export async function planComments(
  { secrets }: Pick<Store, "secrets">,
  workId: string,
  { format, zoneMinutes = PLATFORM_ZONE_MINUTES, headers = "names", pseudonyms }: CommentRequest,
): Promise<CommentPlan> {
  if (!isTable(format))
    throw new FieldError("format", msg`comments have no place in a recording, so there is no ${format} of them; there is ${TABLES}`);
  assertTitled(format, headers);
  return { workId, format, zoneMinutes, headers, pseudonymKey: pseudonyms === true ? await secrets.pseudonymKey() : (pseudonyms ?? null) };
}

/** @throws FieldError when other titles are asked for than a file of the format has */
function assertTitled(format: ExportFormat, headers: Headers): void {
  if (headers === "names" || EXPORT_FORMATS[format].titled) return;
  throw new FieldError("headers", msg`a file of ${format} has no titles in Chinese; csv and xlsx have`);
}

const TABLES = Object.keys(EXPORT_FORMATS)
  .filter((name) => isTable(name as ExportFormat))
  .join(", ");

function isTable(format: ExportFormat): format is TableFormat {
  return !EXPORT_FORMATS[format].timed;
}

/** Returns the types to export; null is all. */
function typesOf(asked: readonly string[] | undefined, timed: boolean): readonly EventType[] | null {
  if (asked === undefined) return timed ? TIMED_TYPES : null;
  if (asked.includes("*")) return null;
  return asked.map((name) => {
    const type = EVENT_TYPES.find((one) => one === name);
    if (type !== undefined) return type;
    throw new FieldError("types", noSuch("type", name, [...EVENT_TYPES, "*"]));
  });
}
