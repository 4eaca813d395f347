import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { SIDECAR_FORMATS } from "../../exports/recordings.js";
import type { SidecarView } from "../../exports/sidecars.js";
import { inLanguage, type Language } from "../../i18n/words.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { namedRoom } from "../../store/rooms.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { languageAsked } from "../failure.js";
import { TextOf, Time } from "./fields.js";
import { addSchemas, exactly, routesOf } from "./route.js";

const Formats = Type.Array(Type.Enum([...SIDECAR_FORMATS]), { minItems: 1, maxItems: SIDECAR_FORMATS.length, uniqueItems: true });
const Folder = TextOf(1_000, "path from the folder that DYLIVE_RECORDINGS names; . is that itself");
const Pattern = TextOf(300, "names of the recordings without ending, see docs/sidecar.md");
const Zone = TextOf(60, "time zone of the times in names, such as Asia/Shanghai or +08:00");

const SidecarSchema = Type.Object(
  {
    id: Type.String(),
    folder: Folder,
    room: Type.Integer({ description: "key of the room" }),
    webRid: Nullable(Type.String({ description: "number of the room, or its custom id" })),
    formats: Formats,
    namePattern: Nullable(Pattern),
    timeZone: Nullable(Zone),
    offsetMs: Type.Integer({ description: "added to every place in a recording, ms" }),
    finishedAfterMs: Type.Integer({ description: "a file that has not grown for so long is finished, ms" }),
    createdAt: Time,
    trouble: Nullable(Type.String({ description: "why nothing can be written now, in the language asked for; it is tried again" })),
    recordings: Type.Integer({ description: "recordings that were found" }),
    growing: Type.Integer({ description: "those of them that still grow" }),
    lines: Type.Array(Type.Object({ at: Time, text: Type.String() }), {
      description: "the last news, oldest first, in the language asked for",
    }),
  },
  { $id: "Sidecar", description: "a folder of recordings beside which danmaku are written" },
);
const SidecarListSchema = Type.Object(
  {
    possible: Type.Boolean({ description: "whether DYLIVE_RECORDINGS names a folder; else none can be made" }),
    sidecars: Type.Array(Type.Ref("Sidecar")),
  },
  { $id: "SidecarList", description: "folders beside whose recordings this process writes, those made first first" },
);
const NewSidecar = exactly({
  folder: Folder,
  room: TextOf(200, "a room that is known, by any of its names"),
  formats: Type.Optional(Formats),
  namePattern: Type.Optional(Pattern),
  timeZone: Type.Optional(Zone),
  offsetMs: Type.Optional(Type.Integer({ minimum: -3_600_000, maximum: 3_600_000 })),
  finishedAfterMs: Type.Optional(Type.Integer({ minimum: 10_000, maximum: 86_400_000 })),
});
const FINISHED_AFTER_MS = 60_000;

/** Registers the routes of what is written beside recordings: list, make, end. */
export function sidecarRoutes(app: FastifyInstance, { store, sidecars, logger }: ApiDeps): void {
  addSchemas(app, SidecarSchema, SidecarListSchema);
  const routes = routesOf(app, { tags: ["sidecars"], scope: "admin", allRooms: true });
  const shown = async (view: SidecarView, language: Language) => ({
    ...view,
    webRid: (await store.rooms.get(view.room))?.webRid ?? null,
    formats: [...view.formats],
    trouble: view.trouble === null ? null : inLanguage(language, view.trouble),
    lines: view.lines.map(({ at, text }) => ({ at, text: inLanguage(language, text) })),
  });

  routes.get(
    "/sidecars",
    { summary: "List the folders beside whose recordings danmaku are written", answer: "SidecarList" },
    async (request) => {
      const language = languageAsked(request);
      const views = sidecars?.list() ?? [];
      return { possible: sidecars?.isPossible ?? false, sidecars: await Promise.all(views.map((view) => shown(view, language))) };
    },
  );

  routes.post(
    "/sidecars",
    {
      summary: "Have danmaku written beside the recordings of a folder, from now on",
      description: "It goes on after a restart of the server. See docs/sidecar.md.",
      body: NewSidecar,
      answer: { 201: "Sidecar" },
    },
    async (request) => {
      const token = tokenOf(request);
      if (sidecars === null) throw new DyliveError("not_offered", msg`this server writes nothing beside recordings`);
      const { folder, room: name, formats, namePattern, timeZone, offsetMs, finishedAfterMs } = request.body;
      const { room, sessionId } = await namedRoom(store.rooms, name);
      if (sessionId !== null) throw new DyliveError("bad_request", msg`room takes a room: ${name} is one broadcast`);
      const view = await sidecars.add({
        ...{ folder, room, formats: formats ?? SIDECAR_FORMATS, namePattern: namePattern ?? null, timeZone: timeZone ?? null },
        ...{ offsetMs: offsetMs ?? 0, finishedAfterMs: finishedAfterMs ?? FINISHED_AFTER_MS },
      });
      logger.info({ sidecar: view.id, room, by: token.id }, "danmaku are written beside recordings");
      return await shown(view, languageAsked(request));
    },
  );

  routes.delete(
    "/sidecars/:sidecar",
    {
      summary: "Write no more beside the recordings of a folder; what was written stays",
      params: exactly({ sidecar: Type.String({ minLength: 1, maxLength: 100 }) }),
      answer: "Sidecar",
    },
    async (request) => {
      const token = tokenOf(request);
      const view = (await sidecars?.remove(request.params.sidecar)) ?? null;
      if (view === null) throw new DyliveError("not_found", msg`there is no sidecar ${request.params.sidecar}`);
      logger.info({ sidecar: view.id, by: token.id }, "danmaku are no longer written beside recordings");
      return shown(view, languageAsked(request));
    },
  );
}
