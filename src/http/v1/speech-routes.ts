import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Nullable } from "../../events/field.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { SPEECH_MAX_CHARS, SPOKEN_LANGUAGES } from "../speech.js";
import { TextOf } from "./fields.js";
import { exactly, routesOf } from "./route.js";

/** Registers the routes of the server's own voice. */
export function speechRoutes(app: FastifyInstance, { speech }: ApiDeps): void {
  const routes = routesOf(app, { tags: ["server"], scope: "read" });

  routes.get(
    "/speech",
    {
      summary: "The engine that speaks for overlays",
      answer: {
        200: Type.Object(
          {
            engine: Nullable(Type.Enum(["espeak-ng", "piper"], { description: "null: none is installed, the browser's own voice speaks" })),
          },
          { description: "what this server speaks by" },
        ),
      },
    },
    async () => ({ engine: speech.engine?.name ?? null }),
  );

  routes.post(
    "/speech",
    {
      summary: "A sentence as sound",
      description: "By an engine on the server. A sentence that several ask for at a time is made once.",
      produces: ["audio/wav"],
      body: exactly({
        text: TextOf(SPEECH_MAX_CHARS, "what is to be said; it has letters or digits"),
        lang: Type.Enum([...SPOKEN_LANGUAGES], { default: "zh", description: "its language; a voice of piper speaks its own" }),
        speed: Type.Integer({ minimum: 50, maximum: 200, default: 100, description: "percent" }),
      }),
      answer: { 200: Type.Unsafe<Buffer>(Type.String({ description: "a WAV file: 16 bits, one channel" })) },
    },
    async (request, reply) => {
      const sound = await speech.say(request.body, tokenOf(request).id);
      return reply.type("audio/wav").send(sound);
    },
  );
}
