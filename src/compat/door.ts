import type { RoomKey } from "../store/log.js";

/** Caller that was let in. */
export interface Guest {
  /** Whether this is by a token: then it does not matter which page it is. */
  readonly hasToken: boolean;
  /** @throws DyliveError forbidden, bad_room when they may not ask for a room by this name */
  mayAsk(room: string): Promise<void>;
  /** Whether they may see a room's events. */
  maySee(room: RoomKey): Promise<boolean>;
  /** Calls back once their token was revoked or has expired. @returns what to call when they have left */
  stay(end: () => void): () => void;
}

/** Lets clients in. Most of those formats' clients have no means to send a token. */
export interface Door {
  /** @param token null when none was sent  @throws DyliveError no_token, bad_token; rate_limited */
  enter(token: string | null): Promise<Guest>;
}
