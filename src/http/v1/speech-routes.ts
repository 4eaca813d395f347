import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Nullable } from "../../events/field.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { SPEECH_MAX_CHARS, SPOKEN_LANGUAGES } from "../speech.js";
import { exactly } from "./fields.js";

/** Registers the routes of the server's own voice. */
export function speechRoutes(app: FastifyInstance, { speech }: ApiDeps): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const config = { scope: "read" } as const;

  typed.get(
    "/speech",
    {
      schema: {
        summary: "The engine that speaks for overlays",
        tags: ["server"],
        response: {
          200: Type.Object(
            {
              engine: Nullable(
                Type.Enum(["espeak-ng", "piper"], { description: "null: none is installed, the browser's own voice speaks" }),
              ),
            },
            { description: "what this server speaks by" },
          ),
        },
      },
      config,
    },
    async () => ({ engine: speech.engine?.name ?? null }),
  );

  typed.post(
    "/speech",
    {
      schema: {
        summary: "A sentence as sound",
        description: "By an engine on the server. A sentence that several ask for at a time is made once.",
        tags: ["server"],
        produces: ["audio/wav"],
        body: exactly({
          text: Type.String({ minLength: 1, maxLength: SPEECH_MAX_CHARS, description: "what is to be said; it has letters or digits" }),
          lang: Type.Enum([...SPOKEN_LANGUAGES], { default: "zh", description: "its language; a voice of piper speaks its own" }),
          speed: Type.Integer({ minimum: 50, maximum: 200, default: 100, description: "percent" }),
        }),
        response: { 200: Type.Unsafe<Buffer>(Type.String({ description: "a WAV file: 16 bits, one channel" })) },
      },
      config,
    },
    async (request, reply) => {
      const sound = await speech.say(request.body, tokenOf(request).id);
      return reply.type("audio/wav").send(sound);
    },
  );
}
