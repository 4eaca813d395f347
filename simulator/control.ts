import { gunzipSync } from "node:zlib";
import { DyliveError } from "../src/runtime/errors.js";
import { control } from "./backdrop.js";
import type { SimulatedBroadcast } from "./broadcast.js";
import type { Hears, PushConnection } from "./connection.js";
import { factOf } from "./fact.js";
import type { Damage } from "./frame.js";
import type { RefusalForm } from "./handshake.js";
import { encodePlanned, type Outgoing } from "./outgoing.js";
import type { GiftsTo, SimulatedPlatform } from "./platform.js";
import { hash32, makeId } from "./random.js";
import type { PageForm, SimulatedRoom } from "./room.js";
import { isFields, type Schema, type SchemaFields } from "./schema.js";
import type { Mood, Shares } from "./shares.js";

/** Content of a frame that is played as it was captured, as far as it could be read. */
interface FrameAsked {
  readonly messages: readonly Outgoing[];
  /** The ack that the frame wants, or null. */
  readonly ack: { readonly logId: string; readonly internalExt: string } | null;
}

/** Reads a push frame for the book. A frame that cannot be read is played all the same, and counts as empty. */
function readFrame(schema: Schema, bytes: Uint8Array, at: number): FrameAsked {
  try {
    const frame = schema.decode("PushFrame", bytes);
    const payload = frame["payload"];
    if (frame["payload_type"] !== "msg" || !(payload instanceof Uint8Array)) return NOTHING;
    const packed = payload[0] === 0x1f && payload[1] === 0x8b;
    const inflated = packed ? gunzipSync(payload, { maxOutputLength: INFLATED_LIMIT }) : payload;
    const response = schema.decode("Response", inflated);
    const logId = String(frame["log_id"] ?? "0");
    const ack = response["need_ack"] === true ? { logId, internalExt: String(response["internal_ext"] ?? "") } : null;
    return { messages: readMessages(schema, response["messages"], at), ack };
  } catch {
    return NOTHING;
  }
}

/** Reads the messages of a bare Response; none when it is damaged. */
function readResponse(schema: Schema, bytes: Uint8Array, at: number): Outgoing[] {
  try {
    return readMessages(schema, schema.decode("Response", bytes)["messages"], at);
  } catch {
    return [];
  }
}

/** Makes a message of its payload's bytes. */
function readMessage(schema: Schema, method: string, payload: Uint8Array, sendingId: string, at: number): Outgoing {
  const msgId = commonIdOf(schema, method, payload) ?? sendingId;
  let known: ReturnType<typeof factOf> | undefined;
  const read = (): ReturnType<typeof factOf> => {
    const type = schema.typeOf(method);
    if (type === null) return null;
    try {
      return factOf(method, msgId, schema.decode(type, payload));
    } catch {
      return null;
    }
  };
  // Read once: a frame may be sent to thousands of rooms.
  const fact = () => {
    known = known === undefined ? read() : known;
    return known;
  };
  return { at, method, msgId, sendingId, payload, fact };
}

/** Reads `Common.msg_id`; null where the bytes have none. */
function commonIdOf(schema: Schema, method: string, payload: Uint8Array): string | null {
  try {
    const common = schema.decode(schema.typeOf(method) ?? ENVELOPE_ONLY, payload)["common"];
    const id = isFields(common) && common["method"] === method ? String(common["msg_id"] ?? "0") : "0";
    return id === "0" ? null : id;
  } catch {
    return null;
  }
}

function readMessages(schema: Schema, messages: unknown, at: number): Outgoing[] {
  if (!Array.isArray(messages)) return [];
  const out: Outgoing[] = [];
  for (const message of messages as readonly unknown[]) {
    if (!isFields(message)) continue;
    const payload = message["payload"];
    const bytes = payload instanceof Uint8Array ? payload : new Uint8Array();
    out.push(readMessage(schema, String(message["method"] ?? ""), bytes, String(message["msg_id"] ?? "0"), at));
  }
  return out;
}

/** Message with nothing but an envelope: the form in which one that no schema describes is read. */
const ENVELOPE_ONLY = "CommonToastMessage";

const NOTHING: FrameAsked = { messages: [], ack: null };

/** Bytes that a frame of a played file may inflate to: the file may be anything. */
const INFLATED_LIMIT = 64 * 1024 * 1024;

/** Something to play: a captured push frame byte for byte, or a bare Response, which gets a frame. */
export interface PlayedFrame {
  /** ms; only the differences count */
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly kind?: "push" | "response";
}

/** Faults between the platform and those who are connected (facts/protocol.md section 5). Rooms are named by web_rid or custom id. */
class ConnectionFaults {
  protected readonly platform: SimulatedPlatform;

  constructor(platform: SimulatedPlatform) {
    this.platform = platform;
  }

  /** Cuts the TCP connections of a room's viewers, or of one, without a close frame. */
  cut(webRid: string, viewer?: string): void {
    this.#each(webRid, (connection) => {
      if (viewer === undefined || connection.options.viewer === viewer) connection.end("cut");
    });
  }

  /** Gives each viewer of a room, or one, its own random sample of what people cause; `{}` is everything again. */
  sample(webRid: string, shares: Shares, viewer?: string): void {
    this.room(webRid).sampling.set(shares, viewer);
  }

  /** Resets each connection of the live broadcast by TCP when it is `ms` old, or no more. */
  resetAfter(webRid: string, ms: number | null): void {
    this.live(webRid).lifeMs = ms;
  }

  /** Closes a room's connections with a close code of WebSocket's own, or by a frame of the platform of the type `close`. */
  close(webRid: string, how: number | "frame"): void {
    this.#each(webRid, (connection) => connection.close(how));
  }

  /** Gives those who are connected now only what no people cause, or only answers to heartbeats. A new connection hears everything. */
  deafen(webRid: string, hears: Hears = "low"): void {
    this.#each(webRid, (connection) => {
      connection.hears = hears;
    });
  }

  /** Lets nothing through to or from those who are connected and who connect to the live broadcast, while TCP stays open; or only to the former. */
  freeze(webRid: string, on = true): void {
    this.live(webRid).frozen = on;
    if (!on) return;
    this.#each(webRid, (connection) => {
      connection.frozen = true;
    });
  }

  /** Damages the next frames with messages that those who are connected are sent, or one of them. */
  damage(webRid: string, kind: Damage, frames = 1, viewer?: string): void {
    this.#each(webRid, (connection) => {
      if (viewer === undefined || connection.options.viewer === viewer) connection.damage(kind, frames);
    });
  }

  /** Sends the newest messages of people once more, in envelopes of their own. @returns how many */
  repeat(webRid: string, count = 15): number {
    return this.live(webRid).repeat(count);
  }

  /** Delays everything that the platform sends by so many ms; 0 is as usual. */
  latency(ms: number): void {
    this.platform.lateMs = ms;
  }

  /** Cuts everybody off and closes every new TCP connection at once, as without a network, or no more. */
  unplug(on = true): void {
    this.platform.unplugged = on;
    if (on) for (const { scenario } of this.platform.rooms) this.cut(scenario.webRid);
  }

  /** @throws DyliveError not_found */
  protected room(webRid: string): SimulatedRoom {
    const room = this.platform.byWebId(webRid);
    if (room === null) throw new DyliveError("not_found", `the simulator has no room ${webRid}`);
    return room;
  }

  /** @throws DyliveError bad_request when it is not live, not_found */
  protected live(webRid: string): SimulatedBroadcast {
    const broadcast = this.room(webRid).live;
    if (broadcast === null) throw new DyliveError("bad_request", `room ${webRid} is not live`);
    return broadcast;
  }

  #each(webRid: string, call: (connection: PushConnection) => void): void {
    for (const broadcast of this.room(webRid).broadcasts) for (const connection of [...broadcast.connections]) call(connection);
  }
}

/** Control of the fake platform by a test while it runs. Rooms are named by web_rid or custom id. */
export class RoomControl extends ConnectionFaults {
  #injected = 0;

  /** Ends the broadcast: ControlMessage 3, then silence, or TCP cuts; or silence without a word. */
  end(webRid: string, how: "silence" | "cut" | "unsaid" = "silence"): void {
    const broadcast = this.live(webRid);
    const at = this.platform.now();
    if (how === "unsaid") {
      broadcast.end(at);
      return;
    }
    this.send(
      webRid,
      "WebcastControlMessage",
      control({ method: "WebcastControlMessage", msgId: "0", roomId: broadcast.roomId, createTime: at }, 3, "直播已结束"),
    );
    broadcast.end(at);
    if (how === "cut") this.cut(webRid);
  }

  /** Starts a new broadcast, with a new room_id; the one before ends without a word if it is still live. */
  restart(webRid: string): string {
    const room = this.room(webRid);
    const now = this.platform.now();
    room.live?.end(now);
    return room.start(now).roomId;
  }

  /** Gives a room's anchor another custom id, which may be one that somebody else has given up. */
  rename(webRid: string, customId: string): void {
    this.room(webRid).rename(customId);
  }

  /** Holds back the messages that people cause while the low-value ones flow on, or lets them flow again. */
  stall(webRid: string, on = true): void {
    this.live(webRid).stalled = on;
  }

  /** Makes the room's page say that the live broadcast is over, so many times: one reading can be wrong. */
  misread(webRid: string, times = 1): void {
    this.room(webRid).misreads = times;
  }

  /** Writes the room's page in another form. */
  page(webRid: string, form: PageForm): void {
    this.room(webRid).pageForm = form;
  }

  /** Makes the room's page open its connection only after a click, or by itself again. */
  needClick(webRid: string, on = true): void {
    this.room(webRid).needsClick = on;
  }

  /** Refuses every handshake for a room, or one viewer's, as if the device were blocked unless told otherwise, or lets viewers in again. */
  refuse(webRid: string, on = true, form: RefusalForm = "blocked", viewer?: string): void {
    const room = this.room(webRid);
    if (on) this.platform.refusing.set(room, (who) => (viewer === undefined || who === viewer ? form : undefined));
    else this.platform.refusing.delete(room);
  }

  /** Changes who is given gifts, also of those who are connected. */
  gifts(to: GiftsTo): void {
    this.platform.gifts = to;
  }

  /** Sets the mood of the platform towards one viewer, an account by its `sessionid`, from now on. */
  mood(viewer: string, mood: Mood): void {
    this.platform.moods.set(viewer, mood);
  }

  /** Scans the code of one visitor who waits on the home page in a browser: they are logged in. */
  scan(): void {
    this.platform.scans++;
  }

  /** Ends all logins, without a word: their cookies are those of guests from now on. */
  logout(on = true): void {
    this.platform.lapsed = on;
  }

  /** Answers pages with a captcha page and web/enter with nothing, or as usual again. */
  captcha(on = true): void {
    this.platform.captcha = on;
  }

  /** Makes v.douyin.com/CODE/ lead to an address, whatever that is. */
  shortLink(code: string, location: string): void {
    this.platform.shortLinks.set(code, location);
  }

  /** Makes a host of the platform answer everything, handshakes too, with a status and not a byte (444 and 200 were seen), or as usual again. */
  breakHost(host: string, status: number | null): void {
    if (status === null) this.platform.broken.delete(host);
    else this.platform.broken.set(host, status);
  }

  /**
   * Sends a message to a live room's viewers at once, in a frame of its own.
   * @param message plain values named as in the .proto files, or the payload's bytes as they are
   * @param options.msgId of the message, `Common.msg_id`; a payload's bytes have their own
   * @param options.sendingId of the envelope; another than any before by default, as the platform does
   * @returns its msg_id
   */
  send(
    webRid: string,
    method: string,
    message: SchemaFields | Uint8Array,
    options: { readonly msgId?: string; readonly sendingId?: string } = {},
  ): string {
    const broadcast = this.live(webRid);
    const { schema } = this.platform.options;
    const at = this.platform.now();
    const fresh = (of: string) => makeId(at, hash32(`${of}/${broadcast.roomId}/${this.#injected}`));
    this.#injected++;
    const { msgId = fresh("injected"), sendingId = fresh("sending") } = options;
    for (const [name, id] of Object.entries({ msgId, sendingId }))
      if (!/^\d{1,20}$/.test(id) || BigInt(id) >= 1n << 64n)
        throw new DyliveError("bad_request", `${name} must be decimal digits of 64 bits`);
    if (message instanceof Uint8Array) {
      const read = readMessage(schema, method, message, sendingId, at);
      broadcast.inject([read]);
      return read.msgId;
    }
    const type = schema.typeOf(method);
    if (type === null) throw new DyliveError("bad_request", `${method} is not in proto/; give its payload's bytes`);
    const given = message["common"];
    const common = {
      method,
      room_id: broadcast.roomId,
      create_time: Math.floor(at),
      ...(typeof given === "object" ? given : {}),
      msg_id: msgId,
    };
    const fields = { ...message, common };
    const strangers = schema.strangers(type, fields);
    if (strangers.length > 0) throw new DyliveError("bad_request", `no such field: ${strangers.join(", ")}`);
    broadcast.inject([encodePlanned(schema, { at, method, msgId, sendingId, fields })]);
    return msgId;
  }

  /** Sends a frame to a room's viewers, or to those of several rooms, byte for byte. */
  sendFrame(webRid: string | readonly string[], bytes: Uint8Array): void {
    const { messages, ack } = readFrame(this.platform.options.schema, bytes, this.platform.now());
    for (const room of typeof webRid === "string" ? [webRid] : webRid) this.live(room).injectFrame(bytes, messages, ack);
  }

  /** Plays frames with the gaps they were captured with, `speed` times faster; resolves when the last was sent. */
  async play(webRid: string, frames: Iterable<PlayedFrame> | AsyncIterable<PlayedFrame>, speed = 1): Promise<void> {
    if (!(speed > 0)) throw new DyliveError("bad_request", "speed must be above 0");
    const { clock } = this.platform.options;
    const begun = clock.now();
    let first: number | null = null;
    for await (const frame of frames) {
      first ??= frame.at;
      const waitMs = begun + (frame.at - first) / speed - clock.now();
      if (waitMs > 0) await clock.sleep(waitMs);
      if (frame.kind === "response") this.#playResponse(webRid, frame.bytes);
      else this.sendFrame(webRid, frame.bytes);
    }
  }

  #playResponse(webRid: string, bytes: Uint8Array): void {
    this.live(webRid).inject(readResponse(this.platform.options.schema, bytes, this.platform.now()));
  }
}
