import { randomBytes } from "node:crypto";
import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { CursorReset } from "../../feed/cursor.js";
import { Follow, type FollowTarget } from "../../feed/follow.js";
import type { Batch } from "../../feed/tail.js";
import { acceptedLanguage, inLanguage, type Language, messageIn } from "../../i18n/words.js";
import { breathe } from "../../runtime/clock.js";
import { DyliveError, ERRORS } from "../../runtime/errors.js";
import { RateLimiter } from "../../runtime/rate-limiter.js";
import { told } from "../../runtime/told.js";
import type { RoomKey } from "../../store/log.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import type { StoredEvent } from "../../store/stored-event.js";
import type { Authenticator } from "../authentication.js";
import { errorText, failureOf } from "../failure.js";
import { holdPositions, movePosition, subscriptionPosition } from "../tokens.js";
import { CLOSE_REASONS, type CloseReason, type LiveReader, type LiveStreams, type LossReason } from "./live.js";
import { namedRooms, visibleRoom } from "./named-room.js";
import { OutboundQueue } from "./outbound-queue.js";
import { goneName, goneRoom, readRoom, type ShownRoom, shownOf, sift } from "./selection.js";
import { type Command, CommandError, type CommandOf, parseCommand, subscriptionsOf } from "./ws-command.js";

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
const CLOSE: Readonly<Record<CloseReason, number>> = { stopping: 1001, token: 1008, costly: 1008, slow: 1013 };
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
class WsConnection implements FollowTarget<ShownRoom>, LiveReader {
  readonly kind = "ws";
  readonly token: TokenRow;
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  readonly #live: LiveStreams;
  readonly #language: Language;
  readonly #outbound: OutboundQueue;
  readonly #follow: Follow<ShownRoom>;
  readonly #asking: RateLimiter;
  readonly #gone = new AbortController();
  /** Aborts when nothing of ours may be written any more: the close frame was, or the connection is gone. */
  readonly #over = new AbortController();
  /** The client's position in each room, as it was told without an event. */
  readonly #told = new Map<RoomKey, number>();
  /** Names that rooms are subscribed to by, and who holds their positions. */
  readonly #names = new Map<RoomKey, { readonly name: string; readonly holder: string }>();
  /** Holds the positions of a client that gives no `holder`. */
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
    const { limits, clock, feed, store } = live;
    this.#outbound = new OutboundQueue(socket, limits, clock);
    this.#asking = new RateLimiter(clock, { burst: limits.commandBurst, perSecond: limits.commandsPerSecond });
    this.#follow = new Follow(feed, this, this.#over.signal);
    ws.on("error", () => {});
    // The library would answer without looking whether anybody takes the answers.
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
    this.#tell({
      type: "hello",
      log: store.log.id,
      heartbeatMs: limits.heartbeatMs,
      roomsPerConnection: limits.roomsPerConnection,
      messageBytes: limits.messageBytes,
    });
  }

  /** Aborts when the connection is gone. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get queued(): number {
    return this.#outbound.queued;
  }

  get rooms(): ReturnType<typeof readRoom>[] {
    return [...this.#follow.places()].map(([room]) => readRoom(room, this.#follow.get(room)?.followed));
  }

  lose(room: RoomKey, why: LossReason): void {
    const followed = this.#follow.get(room)?.followed;
    if (followed === undefined) return;
    this.#drop([room]);
    this.#tell({ type: "gone", ...goneRoom(followed, why) });
  }

  take(batch: Batch, { selection, wsKey }: ShownRoom): void {
    const frame = batch.once(wsKey, () => wsBatch(batch, shownOf(batch, selection)));
    if (frame !== null && this.#follow.size > 1) this.#gather(frame);
    else if (frame !== null) this.#write(frame);
    if (selection.expression !== null && this.#live.time.left(this.token.id) < 0) this.end("costly");
  }

  prepare(batch: Batch, { selection }: ShownRoom): Promise<void> | null {
    return sift(batch, selection, this.#live.time, this.token.id);
  }

  async ready(signal: AbortSignal, { selection }: ShownRoom): Promise<() => void> {
    if (selection.expression !== null) await this.#live.time.calm(this.token.id, signal);
    if (!(await this.#outbound.ready(signal))) this.end("slow");
    return this.#live.beginPage(this.token, signal);
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
    const moved = [...this.#follow.places()].filter(([room, at]) => this.#told.get(room) !== at);
    for (const [room, at] of moved) this.#told.set(room, at);
    if (moved.length > 0) this.#tell({ type: "position", seqs: Object.fromEntries(moved) });
  }

  end(why: CloseReason): void {
    if (this.#over.signal.aborted) return;
    if (why === "slow") this.#live.slow();
    const told = { type: why === "token" ? "revoked" : why, reason: CLOSE_REASONS[why], queuedBytes: this.#outbound.queued };
    this.#close(CLOSE[why], told);
  }

  destroy(): void {
    this.#ws.terminate();
  }

  #pong(data: Buffer): void {
    if (this.#over.signal.aborted) return;
    if (!this.#mayAsk()) return;
    if (this.#outbound.isFull) this.end("slow");
    else this.#ws.pong(data);
  }

  /** Counts a command, a ping or a pong; closes the connection of one that sends too many. */
  #mayAsk(): boolean {
    if (this.#asking.take()) return true;
    const { limits } = this.#live;
    const detail = told`${limits.commandBurst} at once and ${limits.commandsPerSecond} a second are allowed`;
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
      await breathe(); // else all that wait would be carried out in one turn of the event loop
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
      case "unsubscribe":
        return this.#unsubscribe(command, ref);
      case "ack":
        return this.#ack(command, ref);
    }
  }

  async #subscribe(command: CommandOf<"subscribe">, ref: { readonly ref?: string }): Promise<void> {
    const { limits, quota, store } = this.#live;
    const gone: string[] = [];
    const subscriptions = await subscriptionsOf(this.#live, this.token, command, (name) => gone.push(name));
    if (this.#over.signal.aborted) return;
    const added = subscriptions.filter(({ shown }) => this.#follow.get(shown.room) === undefined).length;
    const rooms = this.#follow.size + added;
    if (rooms > limits.roomsPerConnection)
      throw new DyliveError(
        "too_many_subscriptions",
        told`the connection would have ${rooms} rooms, ${limits.roomsPerConnection} are allowed`,
      );
    quota.take(this.token.id, added);
    this.#held += added;
    const { name, holder = this.#self, resumed = false } = command;
    try {
      const places = subscriptions.map(({ shown }) => [shown.room, shown.after] as const);
      if (name !== undefined)
        await holdPositions(store, this.token, name, places, { holder, isBack: resumed && command.holder !== undefined });
    } catch (error) {
      if (!this.#gone.signal.aborted) {
        this.#held -= added;
        quota.give(this.token.id, added);
      }
      throw error;
    }
    if (this.#over.signal.aborted) return;
    for (const asked of gone) this.#tell({ type: "gone", ...ref, ...goneName(asked) });
    this.#tell({ type: "subscribed", ...ref, rooms: subscriptions.map(({ told }) => told) });
    for (const { shown } of subscriptions) {
      if (name === undefined) this.#names.delete(shown.room);
      else this.#names.set(shown.room, { name, holder });
      this.#told.set(shown.room, shown.after);
      this.#follow.add(shown);
    }
  }

  async #unsubscribe(command: CommandOf<"unsubscribe">, ref: { readonly ref?: string }): Promise<void> {
    const rooms = await namedRooms(this.#live, this.token, [...new Set(command.rooms.map(String))]);
    this.#tell({ type: "unsubscribed", ...ref, rooms: this.#drop(rooms.map(({ room }) => room)) });
  }

  /** Ends following rooms. @returns those that were followed */
  #drop(rooms: readonly RoomKey[]): readonly RoomKey[] {
    const left = rooms.filter((room) => this.#follow.drop(room));
    for (const known of [this.#told, this.#names]) for (const room of left) known.delete(room);
    this.#held -= left.length;
    this.#live.quota.give(this.token.id, left.length);
    return left;
  }

  async #ack(command: CommandOf<"ack">, ref: { readonly ref?: string }): Promise<void> {
    const { store } = this.#live;
    const { room } = await visibleRoom(store.rooms, this.token, String(command.room));
    const at = this.#follow.get(room)?.at;
    if (at === undefined) throw new DyliveError("bad_request", told`room ${room} is not subscribed to on this connection`);
    const held = this.#names.get(room);
    if (held?.name !== command.name)
      throw new DyliveError("bad_request", told`room ${room} is not subscribed to as ${command.name} on this connection`);
    if (command.seq > at)
      throw new DyliveError("bad_request", told`seq ${command.seq} of room ${room} was not sent yet: the newest is ${at}`);
    await movePosition(store, this.token, subscriptionPosition(this.token, command.name), room, command.seq, held.holder);
    this.#tell({ type: "acked", ...ref, name: command.name, room, seq: command.seq });
  }

  #tell(message: Readonly<Record<string, unknown>>): void {
    this.#write(textFrame(JSON.stringify(message)));
  }

  #write(frame: Buffer): void {
    if (!this.#over.signal.aborted && !this.#outbound.write(frame)) this.end("slow");
  }

  /** Writes, together with what else comes within a turn. */
  #gather(frame: Buffer): void {
    if (!this.#over.signal.aborted && !this.#outbound.gather(frame, this.#live.coalescer)) this.end("slow");
  }

  #close(code: number, last: Readonly<Record<string, unknown>>): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#outbound.release();
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

/** Writes what is shown of a batch as messages ready for any socket: an array of events, before it what was removed; null for nothing. */
function wsBatch({ room, removed }: Batch, shown: readonly StoredEvent[]): Buffer | null {
  const events = shown.length === 0 ? null : textFrame(`[${shown.map(({ text }) => text).join(",")}]`);
  if (removed === null) return events;
  const told = textFrame(JSON.stringify({ type: "removed", room, from: removed[0], to: removed[1] }));
  return events === null ? told : Buffer.concat([told, events]);
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
      if (request.url?.split("?", 1)[0] !== WS_PATH) throw new DyliveError("no_address", told`the WebSocket is at ${WS_PATH}`);
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
