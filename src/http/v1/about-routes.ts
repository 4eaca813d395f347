import type { FastifyInstance, FastifyRequest } from "fastify";
import { type TSchema, Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { inLanguage, recognised } from "../../i18n/words.js";
import { DyliveError } from "../../runtime/errors.js";
import type { AdminService, ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { languageAsked } from "../failure.js";
import { AboutSchema, FindingListSchema, type ServerSetting, SettingListSchema } from "./admin-schemas.js";

import { addSchemas, exactly, routesOf } from "./route.js";

const DAY_MS = 86_400_000;
const Changed = <S extends TSchema>(schema: S, description: string) => Type.Optional(Nullable(schema, description));
const Days = Type.Integer({ minimum: 1, maximum: 36_500 });
const Megabytes = Type.Integer({ minimum: 1, maximum: 1_000_000_000 });
const PerSecond = Type.Integer({ minimum: 1, maximum: 1_000 });
const LogLevel = Type.Enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]);
/** The settings that may be changed, with the bounds of `app/setting-schema.ts`. */
const SettingChange = exactly({
  DYLIVE_KEEP_EVENTS_DAYS: Changed(Days, "days for which events are kept; null is no limit"),
  DYLIVE_KEEP_EVENTS_MB: Changed(Megabytes, "MB of events that are kept of a room; null is no limit"),
  DYLIVE_KEEP_STATISTICS_DAYS: Changed(Days, "days for which statistics of a broadcast are kept; null is no limit"),
  DYLIVE_KEEP_RAW_DAYS: Changed(Days, "days for which raw recordings are kept; null is no limit"),
  DYLIVE_KEEP_RAW_MB: Changed(Megabytes, "MB of raw recordings that are kept of a room; null is no limit"),
  DYLIVE_KEEP_WORKS_DAYS: Changed(Days, "days for which works, comments and downloads are kept; null is no limit"),
  DYLIVE_KEEP_STORE_MB: Changed(Megabytes, "MB that the whole store may use on disk; null is no limit"),
  DYLIVE_REQUESTS_PER_S: Changed(PerSecond, "pages of the platform that a process asks for in a second; null is the default"),
  DYLIVE_CONNECTS_PER_S: Changed(PerSecond, "connections to the platform that a process opens in a second; null is the default"),
  DYLIVE_POLL_MS: Changed(
    Type.Integer({ minimum: 1_000, maximum: DAY_MS }),
    "ms between looks at a wanted room that is not live; null is the default",
  ),
  DYLIVE_LOG_LEVEL: Changed(LogLevel, "least level that is logged; null is the default"),
});

const Examined = exactly({
  room: Type.Optional(
    Nullable(Type.String({ minLength: 1, maxLength: 2_000 }), "a live room, to look at every step: a number, a link or a share text"),
  ),
});

/** Registers the routes that describe this server and what ails it. */
export function aboutRoutes(app: FastifyInstance, { admin, calls }: ApiDeps): void {
  addSchemas(app, AboutSchema, SettingListSchema, FindingListSchema);
  const routes = routesOf(app, { tags: ["server"], scope: "admin" });
  let examining = false;

  routes.get("/about", { summary: "What this server is", answer: "About" }, async (request) => {
    const { settings, ...about } = await known(admin).about();
    const language = languageAsked(request);
    return { ...about, settings: settings.map((one) => ({ ...one, about: inLanguage(language, one.about) })) };
  });

  const listed = (request: FastifyRequest, settings: readonly ServerSetting[]) => {
    const language = languageAsked(request);
    return { settings: settings.map((one) => ({ ...one, about: inLanguage(language, one.about) })) };
  };
  routes.get(
    "/settings",
    { summary: "Every setting, where it comes from, and which may be changed now", answer: "SettingList" },
    async (request) => listed(request, await known(admin).settings()),
  );

  routes.patch(
    "/settings",
    {
      summary: "Change settings while the server runs: limits of what is kept count within ten minutes, others within half a minute",
      description:
        "All or none. A setting that the server was started with is refused: take it out of the environment first. See docs/data.md.",
      body: SettingChange,
      answer: "SettingList",
    },
    async (request) => listed(request, await known(admin).change(request.body, tokenOf(request).name)),
  );

  routes.post(
    "/doctor",
    { summary: "Look at every layer between here and the platform; may take some minutes", body: Examined, answer: "FindingList" },
    async (request, reply) => {
      const service = known(admin);
      // It starts a process and a browser.
      if (examining) throw new DyliveError("in_use", "the doctor is already running");
      examining = true;
      const call = calls.open(request, reply);
      try {
        const findings = await service.examine(request.body.room ?? null, call.signal);
        const language = languageAsked(request);
        const words = (text: string) => inLanguage(language, recognised(text));
        return {
          findings: findings.map((one) => ({ ...one, detail: words(one.detail), todo: one.todo === null ? null : words(one.todo) })),
        };
      } finally {
        examining = false;
      }
    },
  );
}

function known(admin: AdminService | null): AdminService {
  if (admin === null) throw new DyliveError("not_offered", "this server shows no information about itself");
  return admin;
}
