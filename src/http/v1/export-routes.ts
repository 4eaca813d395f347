import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { type Static, Type } from "typebox";
import { HEADERS } from "../../exports/columns.js";
import { partsOf } from "../../exports/export.js";
import { EXPORT_FORMAT_NAMES, EXPORT_FORMATS } from "../../exports/format.js";
import { readInstant, readZone } from "../../exports/instant.js";
import { type ExportRequest, OFFSET_MAX_S, PLATFORM_ZONE_MINUTES, planComments, planExport } from "../../exports/plan.js";
import type { ApiDeps } from "../api-deps.js";
import { type HttpCall, sendHead } from "../calls.js";
import { roomOrSystem } from "../streams/named-room.js";
import { EventFields, RoomParams, TextOf, TypesField } from "./fields.js";
import { exactly, routesOf } from "./route.js";
import { broadcastId } from "./session-routes.js";
import { WorkParams } from "./work-routes.js";

const Instant = (what: string) => Type.Optional(TextOf(40, `${what}: 2026-11-25T20:00:00+08:00, or ms UTC`));
const Format = Type.Enum(EXPORT_FORMAT_NAMES, { description: EXPORT_FORMAT_NAMES.join(", ") });
const Zone = Type.String({
  default: "+08:00",
  maxLength: 6,
  description: "zone of the dates in csv and xlsx, and of times given without one",
});
/** Titles of the columns of a table. */
export const HeadersField = Type.Enum([...HEADERS], {
  default: "names",
  description: "titles of the columns in csv and xlsx: `names`, by which programs go, or `zh`, in Chinese",
});
const PseudonymsKey = Type.Optional(
  TextOf(
    200,
    "people are replaced by pseudonyms; `own`: by the store's own key, as erasing with pseudonyms; else a key: the same wherever it is used",
  ),
);
const CommentsQuery = exactly({ format: Format, zone: Zone, headers: HeadersField, pseudonyms: PseudonymsKey });
const ExportQuery = exactly({
  format: Format,
  from: Instant("only events of this time on"),
  to: Instant("only events before this time"),
  types: TypesField("event types separated by commas, * for all; all by default, chat and gifts in xml, ass and srt"),
  ...EventFields,
  tests: Type.Boolean({
    default: false,
    description: "test events, too: made to try overlays and alarms; of no broadcast, so not with one",
  }),
  after: Type.Integer({
    minimum: 0,
    default: 0,
    description: "only events with a greater seq: continues a jsonl or csv that broke off; csv then comes without its titles",
  }),
  start: Instant("when the recording begins that xml, ass or srt go with; by default when the broadcast was first seen"),
  offset: Type.Number({
    minimum: -OFFSET_MAX_S,
    maximum: OFFSET_MAX_S,
    default: 0,
    description: "seconds added to every place in the recording",
  }),
  zone: Zone,
  headers: HeadersField,
  pseudonyms: PseudonymsKey,
});
type ExportQuery = Static<typeof ExportQuery>;

/** Registers the routes of exports, which are streams. */
export function exportRoutes(app: FastifyInstance, { store, exports, calls, live }: ApiDeps): void {
  const routes = routesOf(app, { tags: ["works"], scope: "read" });

  routes.get(
    "/works/:work/comments/export",
    {
      summary: "Comments of a work as a file, oldest first",
      description: "jsonl, csv, xlsx or parquet: comments have no place in a recording. A file that is whole ends the answer.",
      produces: Object.values(EXPORT_FORMATS).flatMap(({ mediaType, timed }) => (timed ? [] : [mediaType.split(";", 1)[0] ?? ""])),
      params: WorkParams,
      query: CommentsQuery,
      answer: { 200: Type.Unsafe<Readable>(Type.String({ description: "the file" })) },
      allRooms: true,
    },
    async (request, reply) => {
      const { format, zone, headers, pseudonyms } = request.query;
      const zoneMinutes = zone === "" ? PLATFORM_ZONE_MINUTES : readZone("zone", zone);
      const key = pseudonyms === "own" ? true : pseudonyms;
      const plan = await planComments(store, request.params.work, { format, zoneMinutes, headers, pseudonyms: key });
      reply
        .type(EXPORT_FORMATS[format].mediaType)
        .header("content-disposition", `attachment; filename="dylive-comments-${plan.workId}.${format}"`);
      if (request.method === "HEAD") return sendHead(reply);
      const call = calls.open(request, reply);
      const parts = await partsOf(exports, plan, call.signal);
      return reply.send(Readable.from(whileAllowed(parts, call), { objectMode: false }));
    },
  );

  routes.get(
    "/rooms/:room/export",
    {
      summary: "Events of a room or of one broadcast as a file",
      description:
        "Up to the newest event when it was asked for, whose seq is in X-Export-Until. A file that is whole ends the answer; one that is not breaks the connection off.",
      tags: ["events"],
      produces: Object.values(EXPORT_FORMATS).map(({ mediaType }) => mediaType.split(";", 1)[0] ?? ""),
      params: RoomParams,
      query: ExportQuery,
      answer: { 200: Type.Unsafe<Readable>(Type.String({ description: "the file" })) },
    },
    async (request, reply) => {
      const { room, sessionId } = await roomOrSystem(store.rooms, request);
      const { query } = request;
      const session = query.session === undefined ? undefined : await broadcastId(store.sessions, room, query.session);
      await live.queue.turn();
      const plan = await planExport(store, room, { ...requestOf(query), sessionId: session ?? sessionId ?? undefined });
      const name = `dylive-${plan.about.webRid ?? room}${plan.about.sessionId === null ? "" : `-${plan.about.sessionId}`}.${query.format}`;
      reply
        .type(EXPORT_FORMATS[query.format].mediaType)
        .header("content-disposition", `attachment; filename="${name.replace(/[^A-Za-z0-9._-]/g, "_")}"`)
        .header("x-export-until", String(plan.until));
      if (request.method === "HEAD") return sendHead(reply);
      const call = calls.open(request, reply);
      const parts = await partsOf(exports, plan, call.signal);
      return reply.send(Readable.from(whileAllowed(parts, call), { objectMode: false }));
    },
  );
}

function requestOf(query: ExportQuery): ExportRequest {
  const { format, from, to, types, user, minDiamonds, filter, tests, after, start, offset, zone, headers, pseudonyms } = query;
  const zoneMinutes = zone === "" ? PLATFORM_ZONE_MINUTES : readZone("zone", zone);
  const at = (field: string, text: string | undefined) => (text === undefined ? undefined : readInstant(field, text, zoneMinutes));
  return {
    ...{ format, zoneMinutes, headers, minDiamonds, filter, tests, after },
    ...{ from: at("from", from), to: at("to", to), startMs: at("start", start) },
    ...{
      types: types?.split(","),
      userId: user,
      offsetMs: Math.round(offset * 1000),
      pseudonyms: pseudonyms === "own" ? true : pseudonyms,
    },
  };
}

/** Passes parts on as the client takes them. A revoked token cuts the connection, since its client may take nothing. */
export async function* whileAllowed(parts: AsyncIterable<Uint8Array>, call: HttpCall): AsyncGenerator<Uint8Array> {
  call.signal.addEventListener("abort", () => {
    if (call.ended === "token") call.breakOff();
  });
  for await (const part of parts) {
    call.signal.throwIfAborted();
    yield part;
  }
}
