import { randomBytes } from "node:crypto";
import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Batch } from "../../feed/batch.js";
import { CursorReset, encodeCursor, positionOf } from "../../feed/cursor.js";
import { acceptedLanguage, inLanguage, type Language, messageIn } from "../../i18n/words.js";
import { yieldToEventLoop } from "../../runtime/clock.js";
import { DyliveError, ERRORS } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { OutboundQueue } from "../../runtime/outbound-queue.js";
import { RateLimiter } from "../../runtime/rate-limiter.js";
import type { RoomKey } from "../../store/log.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import { StoredEvent } from "../../store/stored-event.js";
import type { Authenticator } from "../authentication.js";
import { errorText, failureOf } from "../failure.js";
import { holdPosition, movePosition, subscriptionPosition } from "../tokens.js";
import { FollowedRooms } from "./followed-rooms.js";
import { CLOSE_REASONS, type CloseReason, type LiveReader, type LiveStreams, type LossReason } from "./live.js";
import { type FollowedNames, followedRooms, roomsAnswer } from "./named-room.js";
import { goneName, goneRoom, selectionOf } from "./selection.js";
import { type Command, CommandError, type CommandOf, parseCommand } from "./ws-command.js";

/** FIN and opcode 1: one whole text message. */
const TEXT = 0x81;
/** Payload lengths up to this one stand in the second byte; above it come 2 bytes, above 65,535 come 8 (RFC 6455, 5.2). */
const SHORT_MAX = 125;
const MEDIUM_MAX = 65_535;

/**
 * Returns a text message as a WebSocket server sends it (RFC 6455, 5.2: whole, without mask or compression), head and payload in one
 * buffer. It holds nothing of a connection, so one buffer serves any number of them: what `ws` would frame and encode for each socket is
 * done once.
 */
function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text, "utf8");
  const start = length <= SHORT_MAX ? 2 : length <= MEDIUM_MAX ? 4 : 10;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = TEXT;
  if (start === 2) frame[1] = length;
  else if (start === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, start, "utf8");
  return frame;
}

/** Close codes (RFC 6455, 7.4.1): going away, policy violation, and, from the registry, try again later. */
const CLOSE: Readonly<Record<CloseReason, number>> = { stopping: 1001, token: 1008, slow: 1013 };
const POLICY = 1008;
const FAILED = 1011;
/**
 * Heartbeats that a peer may leave unanswered. A peer that has left without a word answers no pings; one that reads slowly answers late.
 */
const MISSED_MAX = 3;

/**
 * One client of `/v1/ws`. Messages of ours go to the socket as whole frames, made once and shared; `ws` reads what comes, answers pings and
 * closes. Both write to the same socket in turn, which is sound because each writes whole frames and nothing is compressed.
 */
class WsConnection implements LiveReader {
  readonly kind = "ws";
  readonly token: TokenRow;
  readonly outbound: OutboundQueue;
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  readonly #live: LiveStreams;
  readonly #language: Language;
  readonly #followed: FollowedRooms;
  readonly #asking: RateLimiter;
  readonly #gone = new AbortController();
  /** Aborts when nothing of ours may be written any more: the close frame was, or the connection is gone. */
  readonly #over = new AbortController();
  /** The client's position as it was sent last without an event. */
  #sent: number | null = null;
  /** Name that it is subscribed by, and who holds the position of that. */
  #name: { readonly name: string; readonly holder: string } | null = null;
  /** Holds the position of a client that gives no `holder`. */
  readonly #self = randomBytes(9).toString("base64url");
  /** Number that is counted against the token: the connection itself, and its rooms. */
  #held: number;
  #commands: Promise<void> = Promise.resolve();
  /** Heartbeats that were not answered. */
  #missed = 0;

  /** @param socket the raw socket of the upgrade  @param of what was taken of the token's quota for it, and the language of its errors */
  constructor(
    ws: WebSocket,
    socket: Duplex,
    token: TokenRow,
    live: LiveStreams,
    of: { readonly held: number; readonly language: Language },
  ) {
    this.token = token;
    this.#ws = ws;
    this.#socket = socket;
    this.#live = live;
    this.#held = of.held;
    this.#language = of.language;
    const { limits, clock, store } = live;
    this.outbound = new OutboundQueue(socket, limits);
    this.#asking = new RateLimiter(clock, { burst: limits.commandBurst, perSecond: limits.commandsPerSecond });
    this.#followed = new FollowedRooms(live, this, this.#over.signal);
    ws.on("error", () => {});
    // The library would answer without looking whether the answers are taken.
    ws.on("ping", (data) => this.#pong(data));
    ws.on("pong", () => {
      this.#missed = 0;
      if (!this.#over.signal.aborted) this.#mayAsk();
    });
    ws.on("message", (data, isBinary) => this.#received(isBinary ? null : String(data)));
    ws.once("close", () => {
      this.#over.abort();
      this.#gone.abort();
      live.quota.give(token.id, this.#held);
    });
    this.#tell({ type: "hello", log: store.log.id, heartbeatMs: limits.heartbeatMs, messageBytes: limits.messageBytes });
  }

  /** Aborts when the connection is gone. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get queued(): number {
    return this.outbound.queued;
  }

  get rooms() {
    return this.#followed.rooms;
  }

  lose(room: RoomKey, why: LossReason): void {
    const lost = this.#followed.drop(room);
    if (lost === undefined) return;
    this.#hold(-1);
    this.#tell({ type: "gone", ...goneRoom(lost, why) });
  }

  /** Makes messages ready for any socket: events that come together, each with the cursor after it, and between them the removed ranges. */
  frame(batch: Batch, rows: readonly StoredEvent[]): Buffer | null {
    const frames: Buffer[] = [];
    let together: StoredEvent[] = [];
    const end = () => {
      const cursors = JSON.stringify(together.map(({ pos }) => this.#cursor(pos)));
      if (together.length > 0)
        frames.push(textFrame(`{"type":"events","events":[${together.map(({ text }) => text).join(",")}],"cursors":${cursors}}`));
      together = [];
    };
    for (const one of batch.inOrder(rows)) {
      if (one instanceof StoredEvent) together.push(one);
      else {
        end();
        const { room, from, to, pos } = one;
        frames.push(textFrame(JSON.stringify({ type: "removed", room, from, to, cursor: this.#cursor(pos) })));
      }
    }
    end();
    return frames.length === 0 ? null : Buffer.concat(frames);
  }

  send(frame: Buffer): void {
    if (!this.#over.signal.aborted && !this.outbound.write(frame)) this.end("slow");
  }

  failed(error: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#live.failed(error);
    this.#close(FAILED, { type: "failed", reason: "the events cannot be read: connect again" });
  }

  beat(): void {
    if (this.#over.signal.aborted) return;
    if (++this.#missed > MISSED_MAX) {
      this.destroy();
      return;
    }
    this.#ws.ping();
    const { at } = this.#followed;
    if (at !== null && at !== this.#sent) this.#tell({ type: "position", cursor: this.#cursor(at) });
    this.#sent = at;
  }

  end(why: CloseReason): void {
    if (this.#over.signal.aborted) return;
    if (why === "slow") this.#live.slow();
    const last = { type: why === "token" ? "revoked" : why, reason: CLOSE_REASONS[why], queuedBytes: this.outbound.queued };
    this.#close(CLOSE[why], last);
  }

  destroy(): void {
    this.#ws.terminate();
  }

  #pong(data: Buffer): void {
    if (this.#over.signal.aborted) return;
    if (!this.#mayAsk()) return;
    if (this.outbound.isFull) this.end("slow");
    else this.#ws.pong(data);
  }

  /** Counts a command, a ping or a pong; closes the connection of one that sends too many. */
  #mayAsk(): boolean {
    if (this.#asking.take()) return true;
    const { limits } = this.#live;
    const detail = msg`${limits.commandBurst} at once and ${limits.commandsPerSecond} a second are allowed`;
    this.#close(POLICY, failure(new DyliveError("too_many_commands", detail), null, this.#language));
    // What it still sends would cost us as much as if it were heeded.
    this.#ws.pause();
    return false;
  }

  #received(text: string | null): void {
    if (this.#over.signal.aborted || !this.#mayAsk()) return;
    // One after the other, in the order in which they came.
    this.#commands = this.#commands.then(async () => {
      await this.#handle(text);
      await yieldToEventLoop(); // else all that wait would be carried out in one turn of the event loop
    });
  }

  async #handle(text: string | null): Promise<void> {
    if (this.#over.signal.aborted) return;
    let ref: string | null = null;
    try {
      if (text === null) throw new CommandError("the message is binary; commands are JSON text", null);
      const command = parseCommand(text);
      ref = command.ref ?? null;
      await this.#obey(command, ref === null ? {} : { ref });
    } catch (error) {
      if (!(error instanceof DyliveError)) this.#live.failed(error);
      const failed = error instanceof DyliveError ? error : new DyliveError("internal", "the command could not be carried out");
      this.#tell(failure(failed, error instanceof CommandError ? error.ref : ref, this.#language));
    }
  }

  async #obey(command: Command, ref: { readonly ref?: string }): Promise<void> {
    switch (command.op) {
      case "ping":
        return this.#tell({ type: "pong", ...ref, time: this.#live.clock.now() });
      case "subscribe":
        return this.#subscribe(command, ref);
      case "ack":
        return this.#ack(command, ref);
    }
  }

  /**
   * Follows other rooms in place of those before: from `after`, from where the position of its name is, from where it has come to, or from now
   * on. All or nothing.
   */
  async #subscribe(command: CommandOf<"subscribe">, ref: { readonly ref?: string }): Promise<void> {
    const { store, queue } = this.#live;
    const { name, holder = this.#self, resumed = false } = command;
    const gone: string[] = [];
    const select = await selectionOf(command, queue);
    const names = command.rooms?.map(String);
    const rooms = await followedRooms(this.#live, this.token, names, resumed ? (asked) => gone.push(asked) : undefined);
    const after = await this.#start(command, rooms);
    const shown = await roomsAnswer(this.#live, rooms);
    if (this.#over.signal.aborted) return;
    const more = (rooms?.length ?? 0) - this.rooms.length;
    this.#hold(more);
    try {
      if (name !== undefined)
        await holdPosition(store, this.token, name, after, { holder, isBack: resumed && command.holder !== undefined });
    } catch (error) {
      this.#hold(-more);
      throw error;
    }
    if (this.#over.signal.aborted) return;
    for (const asked of gone) this.#tell({ type: "gone", ...ref, ...goneName(asked) });
    // Where it has come to meanwhile, what it was given is not given again.
    const begin = command.after === undefined && name === undefined ? (this.#followed.at ?? after) : after;
    this.#tell({ type: "subscribed", ...ref, cursor: this.#cursor(begin), rooms: shown });
    this.#name = name === undefined ? null : { name, holder };
    this.#sent = begin;
    this.#followed.follow(rooms, select(rooms), begin);
  }

  async #start({ name, after, resumed }: CommandOf<"subscribe">, rooms: FollowedNames): Promise<number> {
    const { log, positions } = this.#live.store;
    // A client that comes back knows better than what it had confirmed.
    const isOwn = resumed === true && after !== undefined;
    const kept = name === undefined || isOwn ? null : await positions.get(subscriptionPosition(this.token, name));
    if (kept !== null) return kept;
    if (after === undefined) return this.#followed.at ?? (await log.head());
    return positionOf(
      String(after),
      log,
      (rooms ?? []).map(({ room }) => room),
    );
  }

  async #ack({ cursor }: CommandOf<"ack">, ref: { readonly ref?: string }): Promise<void> {
    const { store } = this.#live;
    const held = this.#name;
    if (held === null) throw new DyliveError("bad_request", "this connection is not subscribed by a name");
    const pos = await positionOf(cursor, store.log, []);
    if (pos > (this.#followed.at ?? 0)) throw new DyliveError("bad_request", "nothing was sent yet of what this cursor stands for");
    await movePosition(store, this.token, subscriptionPosition(this.token, held.name), pos, held.holder);
    this.#tell({ type: "acked", ...ref, name: held.name, cursor });
  }

  /** Counts more of the token's rooms, or fewer. @throws DyliveError too_many_subscriptions */
  #hold(more: number): void {
    // When the connection closed, all was given back.
    if (this.#gone.signal.aborted) return;
    if (more > 0) this.#live.quota.take(this.token.id, more);
    else this.#live.quota.give(this.token.id, -more);
    this.#held += more;
  }

  #cursor(pos: number): string {
    return encodeCursor(this.#live.store.log.id, pos);
  }

  #tell(message: Readonly<Record<string, unknown>>): void {
    this.send(textFrame(JSON.stringify(message)));
  }

  #close(code: number, last: Readonly<Record<string, unknown>>): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    if (!this.#socket.destroyed) this.#socket.write(textFrame(JSON.stringify(last)));
    this.#ws.close(code, String(last["type"]));
    this.#live.clock.sleep(this.#live.limits.graceMs, this.gone).then(
      () => this.destroy(),
      () => {},
    );
  }
}

function failure(error: DyliveError, ref: string | null, language: Language): Readonly<Record<string, unknown>> {
  const { message, hint, retryable } = ERRORS[error.code];
  const ends = error instanceof CursorReset ? { oldest: error.oldest, newest: error.newest } : {};
  return {
    type: "error",
    ...(ref !== null && { ref }),
    code: error.code,
    message: messageIn(language, message, error.said),
    hint: inLanguage(language, hint),
    retryable,
    ...ends,
  };
}

/** Address of the WebSocket. */
const WS_PATH = "/v1/ws";

/** Turns upgrade requests for {@link WS_PATH} into connections; refuses the others. */
export class WsUpgrade {
  readonly #live: LiveStreams;
  readonly #authenticator: Authenticator;
  readonly #server: WebSocketServer;

  constructor(live: LiveStreams, authenticator: Authenticator) {
    this.#live = live;
    this.#authenticator = authenticator;
    // Compression would make every connection's bytes its own: no frame could be shared.
    const options = {
      noServer: true,
      maxPayload: live.limits.messageBytes,
      perMessageDeflate: false,
      clientTracking: false,
      autoPong: false,
    };
    this.#server = new WebSocketServer(options);
  }

  /** Answers an upgrade request. `head` is what came after it. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const language = acceptedLanguage(request.headers["accept-language"]);
    // Node has taken its own listener off.
    socket.on("error", () => {});
    try {
      if (request.url?.split("?", 1)[0] !== WS_PATH) throw new DyliveError("no_address", msg`the WebSocket is at ${WS_PATH}`);
      this.#live.assertCapacity();
      const token = await this.#authenticator.enter(request, "read", "query");
      if (socket.destroyed) return;
      this.#live.quota.take(token.id, 1);
      let isOpen = false;
      this.#server.handleUpgrade(request, socket, head, (ws) => {
        isOpen = true;
        const connection = new WsConnection(ws, socket, token, this.#live, { held: 1, language });
        this.#live.admit(connection, connection.gone);
      });
      // The library has answered what is no handshake.
      if (!isOpen) this.#live.quota.give(token.id, 1);
    } catch (error) {
      this.#refuse(socket, error, language);
    }
  }

  #refuse(socket: Duplex, error: unknown, language: Language): void {
    const requestId = randomBytes(6).toString("hex");
    const failed = failureOf(error, requestId);
    if (failed.code === "internal") this.#live.logger.error({ err: error, requestId }, "a WebSocket could not be opened");
    const body = errorText(failed, requestId, language);
    const head = `HTTP/1.1 ${failed.status} ${STATUS_CODES[failed.status]}\r\ncontent-type: application/json; charset=utf-8\r\ncache-control: no-store`;
    socket.end(`${head}\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroy());
  }
}
