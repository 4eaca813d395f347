// The entry `dylive/compat/tiktok`: a room's events, emitted as TikTok-Live-Connector 1.x and its `/legacy` emit those of TikTok.

import { EventEmitter } from "node:events";
import type { DyliveClient } from "../client.js";
import { TIKTOK_TYPES, type TiktokPayloads, tiktokMessage } from "../compat/tiktok.js";
import type { LiveEvent } from "../events/event.js";
import { DyliveError } from "../runtime/errors.js";
import { told } from "../runtime/told.js";
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

/** What a {@link WebcastPushConnection} emits, by name. */
export type WebcastEvents = { [E in keyof TiktokPayloads]: [data: TiktokPayloads[E]] } & {
  /** Every follow and every share, before the event of its own name. */
  social: [data: TiktokPayloads["follow"]];
  connected: [state: WebcastState];
  disconnected: [close: WebcastClose];
  /** What ended the connection, or kept it from being made. */
  error: [failure: { readonly info: string; readonly exception: unknown }];
};

/** Options of {@link WebcastPushConnection}: those of `connect`, or the client of a server of dylive. Those of TikTok-Live-Connector are refused. */
export interface WebcastOptions extends Omit<ConnectOptions, "types"> {
  /** Reads the room from a server of dylive, which collects it. */
  readonly client?: Pick<DyliveClient, "follow"> | undefined;
}

/**
 * A room of Douyin for programs that were written for TikTok-Live-Connector 1.x, or 2.x with `tiktok-live-connector/legacy`: the same names of
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
  #stop: AbortController | null = null;

  /**
   * @param room a link, share text, room number or id; with a client, a room that the server knows
   * @throws DyliveError bad_config when a client is given with options that are the server's
   */
  constructor(room: string, options: WebcastOptions = {}) {
    super();
    const { client, signal: _, ...others } = options;
    const [other] = Object.keys(others);
    if (client !== undefined && other !== undefined)
      throw new DyliveError("bad_config", told`${other} is the server's to set, whose client is given`);
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
   * Connects, and waits for the room's broadcast: it resolves with the first that is heard of it.
   * @throws DyliveError in_use when it is connected or connecting; what a loop over `connect` or `client.follow` throws; an AbortError when it
   *   was disconnected meanwhile
   */
  connect(): Promise<WebcastState> {
    if (this.#stop !== null) return Promise.reject(new DyliveError("in_use", "it is connected already, or connecting"));
    const stop = new AbortController();
    this.#stop = stop;
    const { signal } = this.#options;
    const until = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
    return new Promise((resolve, reject) => {
      this.#read(until, resolve).then(
        (reason) => {
          this.#end({ code: 1000, reason });
          reject(until.reason); // nothing once it was connected
        },
        (error: unknown) => {
          const info = this.#isConnected ? "The connection failed" : "Error while connecting";
          if (this.listenerCount("error") > 0) this.#tell("error", { info, exception: error });
          this.#end({ code: 1011, reason: error instanceof Error ? error.message : String(error) });
          reject(error);
        },
      );
    });
  }

  /** Leaves the room: `disconnected` tells when it is left. */
  disconnect(): void {
    this.#stop?.abort();
  }

  /** Emits what happens in the room. @returns why it ended, where that was no failure */
  async #read(until: AbortSignal, connected: (state: WebcastState) => void): Promise<string> {
    for await (const event of await this.#events(until)) {
      if (until.aborted) break;
      if (!this.#isConnected) {
        // What is told of a room that is not live is no connection yet.
        if (event.sessionId === null || (event.type === "state" && event.to !== "live")) continue;
        this.#isConnected = true;
        this.#roomId = event.sessionId;
        this.#tell("connected", this.getState());
        connected(this.getState());
      }
      const message = tiktokMessage(event);
      if (message === null) continue;
      if (message.event === "follow" || message.event === "share") this.#tell("social", message.data);
      this.#tell(message.event, message.data);
      if (message.event === "streamEnd") return "the broadcast has ended";
    }
    return "it was disconnected";
  }

  async #events(signal: AbortSignal): Promise<AsyncIterable<LiveEvent>> {
    const { client, ...options } = this.#options;
    if (client !== undefined) return client.follow(this.#room, { types: TIKTOK_TYPES, signal });
    const { connect } = await import("./connect.js"); // a client's user needs none of it
    return connect(this.#room, { ...options, types: TIKTOK_TYPES, signal });
  }

  #end(close: WebcastClose): void {
    const wasConnected = this.#isConnected;
    this.#isConnected = false;
    this.#stop = null;
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
