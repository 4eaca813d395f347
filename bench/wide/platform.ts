import { encodeMsgFrame, encodePushResponse, gzip, pushTexts } from "../../simulator/frame.js";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { makePerson } from "../../simulator/people.js";
import { PlannedFeed } from "../../simulator/planned-feed.js";
import { Random } from "../../simulator/random.js";
import type { RoomScenario } from "../../simulator/scenario.js";
import { loadSchema } from "../../simulator/schema.js";
import { answer } from "../child.js";

/** Questions to the process that plays the platform. */
export type PlatformQuestion =
  | { readonly what: "open"; readonly rooms: readonly string[]; readonly everySeconds: RoomScenario["everySeconds"] }
  /** Holds back what people cause in all rooms, or lets it flow again. */
  | { readonly what: "hush"; readonly on: boolean }
  /** Sends each room so many messages a second, in a frame each second; 0 is none any more. */
  | { readonly what: "load"; readonly perSecond: number }
  /** How many messages were sent since that began, to all rooms together. */
  | { readonly what: "sent" };

const schema = loadSchema();
let simulator: Simulator | null = null;
let rooms: readonly string[] = [];
let load: Load | null = null;

answer(async (question: PlatformQuestion) => {
  if (question.what === "open") {
    ({ rooms } = question);
    const scenario = { kind: "talk", state: "live", clubName: "云朵", viewers: 50, everySeconds: question.everySeconds } as const;
    simulator = await startSimulator({
      rooms: rooms.map((webRid) => ({ ...scenario, webRid, title: `room ${webRid}`, anchor: `anchor ${webRid}` })),
      schema,
      keep: 10,
    });
    return simulator.url;
  }
  if (question.what === "sent") return load?.sent ?? 0;
  if (question.what === "hush") for (const room of rooms) simulator?.rooms.stall(room, question.on);
  else {
    load?.stop();
    load = question.perSecond === 0 || simulator === null ? null : new Load(simulator, question.perSecond);
  }
  return null;
});

/** Slices of a second in which a share of the rooms is sent its frame. */
const SLICES = 20;
/** Mix of a room that people talk in. */
const TALK = { chat: 1, join: 1.2, like: 1.2, follow: 14, gift: 5, stats: 5 } as const;

/**
 * Sends all rooms messages of this moment. Those of one slice of a second are given the same frame, byte for byte: dylive knows no message
 * of one room in another, and a platform that encodes each apart would take more than a core of its own.
 */
class Load {
  readonly #simulator: Simulator;
  readonly #feed: PlannedFeed;
  readonly #perSecond: number;
  readonly #start = Date.now();
  readonly #timer: NodeJS.Timeout;
  #slice = 0;
  #frames = 0;
  #sent = 0;

  constructor(simulator: Simulator, perSecond: number) {
    this.#simulator = simulator;
    this.#perSecond = perSecond;
    const random = new Random("wide");
    const scenario: RoomScenario = {
      ...{ webRid: "1", kind: "talk", state: "live", title: "", anchor: "", clubName: "云朵", viewers: 400, everySeconds: TALK },
    };
    this.#feed = new PlannedFeed({
      ...{ schema, scenario, random, roomId: "7624505674873244442", startMs: this.#start },
      anchor: makePerson(random.fork("anchor"), { anonymised: false, clubName: "云朵", anchorId: "0" }),
      // Enough for a frame of its own in every slice.
      rateFactor: (perSecond * SLICES) / Object.values(TALK).reduce((sum, seconds) => sum + 1 / seconds, 0),
    });
    this.#timer = setInterval(() => this.#send(), 1000 / SLICES);
  }

  /** Messages that were sent. */
  get sent(): number {
    return this.#sent;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #send(): void {
    const at = Date.now();
    const messages = this.#feed.until(at).slice(-this.#perSecond);
    const slice = this.#slice++ % SLICES;
    if (messages.length === 0) return;
    const logId = String(7_624_505_674_873_000_000n + BigInt(++this.#frames));
    const texts = pushTexts(at, this.#start, messages.at(-1)?.sendingId ?? "", "7624505674873244442");
    const head = { seqId: this.#frames, logId, serverTime: at };
    const frame = encodeMsgFrame(schema, head, gzip(encodePushResponse(schema, messages, texts)), texts, true);
    const to = rooms.filter((_, i) => i % SLICES === slice);
    this.#simulator.rooms.sendFrame(to, frame);
    this.#sent += messages.length * to.length;
  }
}
