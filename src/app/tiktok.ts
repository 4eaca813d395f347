// The entry `dylive/compat/tiktok`: a room's events, emitted as TikTok-Live-Connector 1.x emits those of TikTok.

import { EventEmitter } from "node:events";
import type { DyliveClient, FollowOptions } from "../client.js";
import { TIKTOK_TYPES, type TiktokPayloads, tiktokMessage } from "../compat/tiktok.js";
import type { LiveEvent } from "../events/event.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import type { ConnectOptions } from "./connect.js";

export type {
  TiktokChat,
  TiktokCommon,
  TiktokGift,
  TiktokLike,
  TiktokMember,
  TiktokPayloads,
  TiktokRoomUser,
  TiktokSocial,
  TiktokStreamEnd,
  TiktokUser,
} from "../compat/tiktok.js";
export { DyliveError, ERRORS, type ErrorCode, type Fault } from "../runtime/errors.js";

/** State of a {@link WebcastPushConnection}. */
export interface WebcastState {
  readonly isConnected: boolean;
  /** room_id of the broadcast that is or was met last; null before the first. */
  readonly roomId: string | null;
}

/** Why a connection is gone, as a WebSocket tells it: 1000 when it was closed or the broadcast has ended, 1011 when it failed. */
export interface WebcastClose {
  readonly code: 1000 | 1011;
  readonly reason: string;
}

/** Events that a {@link WebcastPushConnection} emits, by name. */
export type WebcastEvents = { [E in keyof TiktokPayloads]: [data: TiktokPayloads[E]] } & {
  /** Every follow and every share, before the event of its own name. */
  social: [data: TiktokPayloads["follow"]];
  connected: [state: WebcastState];
  disconnected: [close: WebcastClose];
  /** Reason for which the connection ended, or was not made. */
  error: [failure: { readonly info: string; readonly exception: unknown }];
};

/** Options of {@link WebcastPushConnection}: those of `connect`, or the client of a server of dylive. Those of TikTok-Live-Connector are refused. */
export interface WebcastOptions extends Omit<ConnectOptions, "types"> {
  /**
   * Reads the room from a server of dylive, which collects it. A lost server emits `error` and `disconnected`, and is tried again;
   * then it is `connected` again, and nothing is missing.
   */
  readonly client?: Pick<DyliveClient, "follow"> | undefined;
}

/** State between a `connect()` and its end. */
interface WebcastRun {
  readonly stop: AbortController;
  /** It was connected, and the server cannot be reached now. */
  isLost: boolean;
  /** Those who wait for a connection. */
  readonly asked: { readonly resolve: (state: WebcastState) => void; readonly reject: (failure: unknown) => void }[];
}

/**
 * A room of Douyin for programs that were written for TikTok-Live-Connector 1.x: the same names of
 * events, the same flat payloads. It meets one broadcast; `connect()` again waits for the next. Nothing can be sent into a room.
 * @example
 * const connection = new WebcastPushConnection("https://live.douyin.com/123456");
 * connection.on("chat", ({ nickname, comment }) => console.log(nickname, comment));
 * connection.on("gift", ({ giftName, giftType, repeatEnd, repeatCount }) => {
 *   if (giftType !== 1 || repeatEnd) console.log(giftName, repeatCount);
 * });
 * await connection.connect();
 */
export class WebcastPushConnection extends EventEmitter<WebcastEvents> {
  readonly #room: string;
  readonly #options: WebcastOptions;
  #roomId: string | null = null;
  #isConnected = false;
  #run: WebcastRun | null = null;
  /** Resolves when what was left is: a room is read by one loop at a time. */
  #left: Promise<void> = Promise.resolve();

  /**
   * @param room a link, share text, room number or id; with a client, a room that the server knows
   * @throws DyliveError bad_room of what is no text; bad_config of a client or a signal that is none, and when a client is given with options
   *   that are the server's
   */
  constructor(room: string, options: WebcastOptions = {}) {
    super();
    if (typeof room !== "string") throw new DyliveError("bad_room", "it is no text: put quotes around a number");
    if (typeof options !== "object" || options === null) throw new DyliveError("bad_config", "the options are not an object");
    const { client, signal, ...others } = options;
    if (signal !== undefined && !(signal instanceof AbortSignal)) throw new DyliveError("bad_config", "signal takes an AbortSignal");
    if (client !== undefined && typeof client?.follow !== "function") throw new DyliveError("bad_config", "client takes a DyliveClient");
    const [other] = Object.keys(others);
    if (client !== undefined && other !== undefined)
      throw new DyliveError(
        "bad_config",
        msg`${other} cannot be given beside a client, which takes signal alone: all else is set where its server runs`,
      );
    this.#room = room;
    this.#options = options;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  getState(): WebcastState {
    return { isConnected: this.#isConnected, roomId: this.#roomId };
  }

  /**
   * Connects, and waits for the room's broadcast: it resolves with the first that is heard of it. Where the server of a client was lost, it
   * resolves when that is there again.
   * @throws DyliveError in_use when it is connected or connecting; what a loop over `connect` or `client.follow` throws; an AbortError when it
   *   was disconnected meanwhile
   */
  connect(): Promise<WebcastState> {
    const run = this.#run;
    if (run !== null && !run.isLost) return Promise.reject(new DyliveError("in_use", "it is connected already, or connecting"));
    return new Promise((resolve, reject) => {
      if (run !== null) run.asked.push({ resolve, reject });
      else this.#begin({ stop: new AbortController(), isLost: false, asked: [{ resolve, reject }] });
    });
  }

  /** Leaves the room. It is not connected any more when this returns, and `disconnected` was emitted. */
  disconnect(): void {
    this.#run?.stop.abort();
  }

  #begin(run: WebcastRun): void {
    this.#run = run;
    const { signal } = this.#options;
    const until = signal === undefined ? run.stop.signal : AbortSignal.any([signal, run.stop.signal]);
    const leave = () => this.#end(run, { code: 1000, reason: "it was disconnected" }, until.reason);
    if (until.aborted) leave();
    until.addEventListener("abort", leave, { once: true });
    this.#left = this.#left
      .then(() => this.#read(run, until))
      .catch((error: unknown) => {
        if (this.#run !== run) return;
        this.#failed(run, error);
        this.#end(run, { code: 1011, reason: reasonOf(error) }, error);
      });
  }

  /** Emits what happens in the room, until the broadcast has ended or it is left. */
  async #read(run: WebcastRun, until: AbortSignal): Promise<void> {
    if (this.#run !== run) return;
    for await (const event of await this.#events(run, until)) {
      if (this.#run !== run) return;
      if (!this.#isConnected) {
        // A status of a room that is not live is no connection yet.
        if (event.sessionId === null || (event.type === "state" && event.to !== "live")) continue;
        this.#roomId = event.sessionId;
        this.#connected(run);
      }
      const message = tiktokMessage(event);
      if (message === null) continue;
      if (message.event === "follow" || message.event === "share") this.#tell("social", message.data);
      if (this.#run !== run) return;
      this.#tell(message.event, message.data);
      if (message.event === "streamEnd") {
        this.#end(run, { code: 1000, reason: "the broadcast has ended" });
        return;
      }
    }
  }

  async #events(run: WebcastRun, signal: AbortSignal): Promise<AsyncIterable<LiveEvent>> {
    const { client, ...options } = this.#options;
    if (client !== undefined) {
      const onState: FollowOptions["onState"] = (state) => {
        if (this.#run !== run) return;
        if (!state.open) this.#lost(run, state.failure);
        else if (run.isLost) this.#connected(run);
      };
      return client.follow(await nameIn(this.#room), { types: TIKTOK_TYPES, signal, onState });
    }
    const { connect, connectionOf } = await import("./connect.js"); // a client's user needs none of it
    connectionOf(this.#options, "client");
    return connect(this.#room, { ...options, types: TIKTOK_TYPES, signal });
  }

  #connected(run: WebcastRun): void {
    this.#isConnected = true;
    run.isLost = false;
    this.#tell("connected", this.getState());
    for (const { resolve } of run.asked.splice(0)) resolve(this.getState());
  }

  /** Takes that the server of the client cannot be reached, which it goes on to try. */
  #lost(run: WebcastRun, failure: Error): void {
    this.#failed(run, failure);
    if (this.#run !== run || !this.#isConnected) return;
    this.#isConnected = false;
    run.isLost = true;
    this.#tell("disconnected", { code: 1011, reason: reasonOf(failure) });
  }

  #failed(run: WebcastRun, exception: unknown): void {
    const info = this.#isConnected || run.isLost ? "The connection failed" : "Error while connecting";
    if (this.listenerCount("error") > 0) this.#tell("error", { info, exception });
  }

  /** @param failure error for callers that wait for a connection */
  #end(run: WebcastRun, close: WebcastClose, failure?: unknown): void {
    if (this.#run !== run) return;
    const wasConnected = this.#isConnected;
    this.#isConnected = false;
    this.#run = null;
    for (const { reject } of run.asked.splice(0)) reject(failure);
    if (wasConnected) this.#tell("disconnected", close);
  }

  /** Emits an event. What a listener throws ends the process, as it does where a socket's emitter calls it. */
  #tell(event: keyof WebcastEvents, data: object): void {
    try {
      (this as EventEmitter).emit(event, data);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

/** Returns the name by which a server may know the room: that in a link, else what was given. @throws DyliveError bad_room */
async function nameIn(room: string): Promise<string> {
  if (!room.includes("/")) return room.trim();
  const { ROOM_DOOR, readPaste } = await import("../platform/links/paste.js");
  const meant = readPaste(room, ROOM_DOOR);
  if (meant.kind === "short_link")
    throw new DyliveError("bad_room", "where a short link leads only the platform knows: give a client the room's number or id");
  return `${meant.name.kind}:${meant.name.value}`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
