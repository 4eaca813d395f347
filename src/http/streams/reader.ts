import type { TokenRow } from "../../store/tokens.js";

/** Reason for which we end a connection; its client is told. */
export type Goodbye = "stopping" | "token" | "slow" | "costly";

/** An open stream or socket, as those who look after all of them see it. */
export interface LiveReader {
  readonly kind: "sse" | "ws" | "rooms";
  readonly token: TokenRow;
  /** Bytes that wait in our memory for its client to take them. */
  readonly queued: number;
  /** Called at every heartbeat. */
  beat(): void;
  /** Tells the client why, and ends the connection. */
  end(why: Goodbye): void;
  /** Cuts the connection, told or not. */
  destroy(): void;
}

/** Words of each goodbye for the client. */
export const GOODBYES: Readonly<Record<Goodbye, string>> = {
  stopping: "the server is stopping: connect again with your last cursor when it is back",
  token: "the token is no longer valid",
  costly: "the filters of this token take too much of the server's time: use fewer, shorter ones, or types, user and minDiamonds instead",
  slow: "you take events slower than they come, and too many bytes wait for you: connect again with your last cursor, or ask for fewer rooms and types",
};
