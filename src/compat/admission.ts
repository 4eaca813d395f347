import type { RoomKey } from "../store/log.js";

/** Client that was admitted. */
export interface AdmittedClient {
  /** Whether this is by a token: then it does not matter which page it is. */
  readonly hasToken: boolean;
  /** @throws DyliveError forbidden, bad_room when they may not ask for a room by this name */
  mayAsk(room: string): Promise<void>;
  /** Whether they may see a room's events. */
  maySee(room: RoomKey): Promise<boolean>;
  /** Calls back once their token was revoked or has expired. @returns what to call when they have left */
  stay(end: () => void): () => void;
}

/** Admits clients. Most of those formats' clients have no means to send a token. */
export interface ClientAuthenticator {
  /** @param token null when none was sent  @throws DyliveError no_token, bad_token; rate_limited */
  admit(token: string | null): Promise<AdmittedClient>;
}
