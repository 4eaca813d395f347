import { Type } from "typebox";
import { encodeMsgFrame, encodePushResponse, gzip, MESSAGES_PER_FRAME, pushTexts } from "./frame.js";
import type { Outgoing } from "./outgoing.js";
import { makePerson } from "./people.js";
import { PlannedFeed } from "./planned-feed.js";
import { hash32, makeId, Random } from "./random.js";
import { checkOptions, type RoomScenario } from "./scenario.js";
import { loadSchema, Schema } from "./schema.js";

/** Options of a corpus; everything has a default. */
export interface CorpusOptions {
  /** Seed of the generator; 1 */
  readonly seed?: number | string;
  /** Number of frames; 200 */
  readonly frames?: number;
  /** Messages in each; 10 */
  readonly messagesPerFrame?: number;
  /** The instant of the first message, ms UTC; 2026-05-02 */
  readonly start?: number;
  readonly schema?: Schema;
}

/** Frames of a busy room, for benches. */
export interface Corpus {
  readonly roomId: string;
  /** Push frames, their payload gzip'd. */
  readonly frames: readonly Uint8Array[];
  /** The bytes of each frame's Response. */
  readonly inflated: readonly Uint8Array[];
  readonly messages: number;
  /** Messages by method. */
  readonly mix: Readonly<Record<string, number>>;
  /** Bytes of all messages' payloads. */
  readonly payloadBytes: number;
}

const OPTIONS = Type.Object(
  {
    seed: Type.Optional(Type.Union([Type.Number(), Type.String()])),
    frames: Type.Optional(Type.Integer({ minimum: 1 })),
    messagesPerFrame: Type.Optional(Type.Integer({ minimum: 1 })),
    start: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: "ms UTC after 1970" })),
    schema: Type.Optional(Type.Refine(Type.Unknown({ description: "a Schema" }), (schema) => schema instanceof Schema)),
  },
  { additionalProperties: false },
);

/** Makes a corpus: a function of its options alone. @throws DyliveError bad_config that names the option and what it takes */
export function corpus(options: CorpusOptions = {}): Corpus {
  checkOptions(OPTIONS, options);
  const schema = options.schema ?? loadSchema();
  const start = options.start ?? 1_777_726_780_000;
  const random = new Random(`corpus/${options.seed ?? 1}`);
  const roomId = makeId(start, hash32(`corpus/${options.seed ?? 1}`));
  const anchor = makePerson(random.fork("anchor"), { anonymised: false, clubName: BUSY.clubName, anchorId: "0" });
  const feed = new PlannedFeed({ schema, scenario: BUSY, random: random.fork("feed"), roomId, anchor, startMs: start, rateFactor: 1 });
  const size = options.messagesPerFrame ?? MESSAGES_PER_FRAME;
  const wanted = (options.frames ?? 200) * size;
  const messages: Outgoing[] = [];
  for (let ms = start; messages.length < wanted; ms += 1000) messages.push(...feed.until(ms));
  messages.length = wanted;
  const frames: Uint8Array[] = [];
  const inflated: Uint8Array[] = [];
  const mix: Record<string, number> = {};
  let payloadBytes = 0;
  for (let at = 0; at < wanted; at += size) {
    const part = messages.slice(at, at + size);
    const last = part.at(-1);
    const now = Math.floor(last?.at ?? start);
    const texts = pushTexts(now, start, last?.sendingId ?? roomId, roomId);
    const response = encodePushResponse(schema, part, texts);
    inflated.push(response);
    frames.push(
      encodeMsgFrame(schema, { seqId: frames.length + 1, logId: random.digits(19), serverTime: now }, gzip(response), texts, true),
    );
    for (const message of part) {
      mix[message.method] = (mix[message.method] ?? 0) + 1;
      payloadBytes += message.payload.length;
    }
  }
  return { roomId, frames, inflated, messages: wanted, mix, payloadBytes };
}

/** The mix of busy real rooms: 27 % chat, 28 % joins, 25 % likes, 12 % gifts, 8 % the rest. */
export const BUSY: RoomScenario = {
  webRid: "900000001",
  kind: "pk",
  state: "live",
  title: "压测",
  anchor: "压测主播",
  clubName: "压测团",
  viewers: 20_000,
  everySeconds: {
    chat: 0.0385,
    join: 0.0357,
    like: 0.04,
    gift: 0.5,
    follow: 0.6,
    share: 2,
    fansclub: 1.5,
    emoji: 1,
    stats: 0.5,
    viewers: 2,
    rank: 4,
    adaptation: 0.5,
    notice: 4,
  },
};
