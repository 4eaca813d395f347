import type { Fact } from "./fact.js";
import { encodePlanned, type MessageFeed, type Outgoing } from "./outgoing.js";
import type { PlannedFeed } from "./planned-feed.js";
import { hash32, LowHalves, makeId } from "./random.js";
import { isFields, type Schema } from "./schema.js";

/** Dependencies of a feed for load. */
interface LoadOptions {
  readonly schema: Schema;
  /** Feed that the templates come from. */
  readonly planned: PlannedFeed;
  readonly perSecond: number;
  readonly startMs: number;
  readonly roomId: string;
  /** Whether anybody listens; nothing is made for nobody. */
  readonly wanted: () => boolean;
}

interface Template {
  readonly method: string;
  readonly payload: Uint8Array;
  readonly fact: Fact | null;
  readonly msgIdAt: readonly number[];
  readonly groupIdAt: readonly number[];
  readonly millisecondsAt: readonly number[];
  readonly secondsAt: readonly number[];
}

/**
 * Messages at any rate: copies of a few thousand planned ones with new ids and times written over the old. These numbers keep
 * their length as varints, so the bytes around them stay valid.
 */
export class LoadFeed implements MessageFeed {
  readonly #options: LoadOptions;
  readonly #low: LowHalves;
  readonly #sendings: LowHalves;
  #templates: Template[] | null = null;
  #made = 0;
  #from: number;
  #next = 0;
  #round = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#low = new LowHalves(hash32(`load/${options.roomId}`));
    this.#sendings = new LowHalves(hash32(`load/${options.roomId}/sendings`));
    this.#from = options.startMs;
  }

  until(ms: number): Outgoing[] {
    const { perSecond, wanted } = this.#options;
    if (!wanted()) {
      this.#from = ms;
      this.#made = 0;
      return [];
    }
    const due = Math.floor(((ms - this.#from) * perSecond) / 1000) - this.#made;
    // After a pause of the process the lost time is not made up: that would be a burst no platform sends.
    const count = Math.min(due, Math.ceil(perSecond));
    this.#made += due;
    const out: Outgoing[] = [];
    for (let i = 0; i < count; i++) out.push(this.#copy(ms));
    return out;
  }

  #copy(ms: number): Outgoing {
    this.#templates ??= makeTemplates(this.#options);
    const templates = this.#templates;
    if (this.#next >= templates.length) {
      this.#next = 0;
      this.#round++;
    }
    const template = templates[this.#next++];
    if (template === undefined) throw new RangeError("the scenario has no messages to make load of");
    const low = this.#low.next();
    const second = Math.floor(ms / 1000);
    const msgId = makeId(ms, low);
    // Not slice(): of a Buffer that would be the same memory.
    const payload = new Uint8Array(template.payload);
    for (const at of template.msgIdAt) putVarint(payload, at, second, low);
    for (const at of template.millisecondsAt) putNumber(payload, at, Math.floor(ms));
    for (const at of template.secondsAt) putNumber(payload, at, second);
    const { fact } = template;
    const round = this.#round;
    if (fact?.gift !== undefined) for (const at of template.groupIdAt) putNumber(payload, at, Number(fact.gift.groupId) + round);
    const sendingId = makeId(ms, this.#sendings.next());
    return { at: ms, method: template.method, msgId, sendingId, payload, fact: () => (fact === null ? null : renewed(fact, msgId, round)) };
  }
}

/** Returns the fact of a copy: the template's, with the ids that were written into the copy. */
function renewed(fact: Fact, msgId: string, round: number): Fact {
  const { gift } = fact;
  return gift === undefined ? { ...fact, msgId } : { ...fact, msgId, gift: { ...gift, groupId: `${Number(gift.groupId) + round}` } };
}

function makeTemplates({ planned, schema, startMs }: LoadOptions): Template[] {
  const templates: Template[] = [];
  for (let ms = startMs; templates.length < TEMPLATES && ms < startMs + LONGEST_MS; ms += 1000) {
    for (const plan of planned.plans(ms)) {
      const { method, payload, msgId, fact: makeFact } = encodePlanned(schema, plan);
      const fact = makeFact();
      // A gift's copies must differ by their group, so those that have none, or count by their trace only, are left out.
      if (fact?.gift !== undefined && (fact.gift.groupId === "0" || fact.gift.wrapped)) continue;
      const common = plan.fields["common"];
      const created = isFields(common) ? Number(common["create_time"] ?? 0) : 0;
      const event = plan.fields["event_time"];
      templates.push({
        method,
        payload,
        fact,
        msgIdAt: find(payload, varint(BigInt(msgId)), 0),
        groupIdAt: fact?.gift === undefined ? [] : find(payload, field(GROUP_ID, BigInt(fact.gift.groupId)), 1),
        millisecondsAt: created > FIRST_MS ? find(payload, varint(BigInt(created)), 0) : [],
        secondsAt: [
          ...(created > 0 && created < FIRST_MS ? find(payload, field(CREATE_TIME, BigInt(created)), 1) : []),
          ...(typeof event === "number" ? find(payload, field(EVENT_TIME, BigInt(event)), 1) : []),
        ],
      });
    }
  }
  return templates;
}

/** Numbers of GiftMessage.group_id, Common.create_time and ChatMessage.event_time. */
const GROUP_ID = 11;
const CREATE_TIME = 4;
const EVENT_TIME = 15;

/** Creation times above this are milliseconds, below it seconds. */
const FIRST_MS = 100_000_000_000;

/** Number of templates: enough that gzip does not find the repetition within a frame. */
const TEMPLATES = 3000;

/** Time of the scenario, in ms, that templates are taken from at most: a quiet one gives fewer rather than a long wait. */
const LONGEST_MS = 4 * 3_600_000;

function field(number: number, value: bigint): Uint8Array {
  return Uint8Array.from([number << 3, ...varint(value)]);
}

function find(bytes: Uint8Array, wanted: Uint8Array, skip: number): number[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out: number[] = [];
  for (let at = buffer.indexOf(wanted); at >= 0; at = buffer.indexOf(wanted, at + 1)) out.push(at + skip);
  return out;
}

/** Writes a 64-bit number, given in halves, as a varint over the bytes at `at`. Without bigints: it runs for every message under load. */
function putVarint(target: Uint8Array, at: number, high: number, low: number): void {
  let position = at;
  let upper = high >>> 0;
  let lower = low >>> 0;
  while (upper > 0 || lower > 0x7f) {
    target[position++] = (lower & 0x7f) | 0x80;
    lower = ((lower >>> 7) | ((upper & 0x7f) << 25)) >>> 0;
    upper >>>= 7;
  }
  target[position] = lower;
}

/** Writes a whole number below 2^53 as a varint over the bytes at `at`. */
function putNumber(target: Uint8Array, at: number, value: number): void {
  putVarint(target, at, Math.floor(value / 0x1_0000_0000), value % 0x1_0000_0000);
}

/** Returns the bytes of a varint. */
function varint(value: bigint): Uint8Array {
  const out: number[] = [];
  for (let left = value; ; left >>= 7n) {
    const low = Number(left & 0x7fn);
    if (left < 0x80n) {
      out.push(low);
      return Uint8Array.from(out);
    }
    out.push(low | 0x80);
  }
}
