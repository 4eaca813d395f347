import type { FastifyRequest } from "fastify";
import { DyliveError } from "../../runtime/errors.js";
import { SYSTEM_ROOM } from "../../store/log.js";
import type { Scope, TokenRow } from "../../store/tokens.js";
import type { ApiDeps } from "../api-deps.js";
import { type NamedRoom, namedRoom } from "../streams/named-room.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Scope that a token needs for this route; without it no token is needed. */
    readonly scope?: Scope;
    /** Whether `token=` in the address is taken. */
    readonly tokenInQuery?: boolean;
  }
}

/** A request with a room in its address. */
type RoomRequest = FastifyRequest<{ Params: { room: string } }>;

/** Lets requests in by the scope of their route, and remembers by which token. */
export class Passes {
  readonly #parts: ApiDeps;
  readonly #tokens = new WeakMap<FastifyRequest, TokenRow>();

  constructor(parts: ApiDeps) {
    this.#parts = parts;
  }

  /** Checks the token before the fields are looked at: a caller without a token learns nothing else. */
  readonly check = async (request: FastifyRequest): Promise<void> => {
    const { scope = "admin", tokenInQuery = false } = request.routeOptions.config;
    this.#tokens.set(request, await this.#parts.authenticator.enter(request.raw, scope, tokenInQuery ? "query" : "header"));
  };

  /** Returns the token that let the request in. */
  of(request: FastifyRequest): TokenRow {
    const token = this.#tokens.get(request);
    if (token === undefined) throw new Error("a request passed without a token");
    return token;
  }

  /**
   * Finds the room in the address of a request. Rooms that the token may not see are as if there were none.
   * @throws DyliveError not_found, also for the system's room; bad_request
   */
  async room(request: RoomRequest): Promise<NamedRoom> {
    const named = await this.roomOrSystem(request);
    if (named.room === SYSTEM_ROOM) throw new DyliveError("not_found", "room 0 is the system's: it has events, and nothing else");
    return named;
  }

  /** Does the same as {@link room}, the system's room included: for what it has too. */
  roomOrSystem(request: RoomRequest): Promise<NamedRoom> {
    return this.named(request, request.params.room);
  }

  /** Finds the room that a request names elsewhere, the system's included. @throws DyliveError not_found, bad_request */
  named(request: FastifyRequest, name: string): Promise<NamedRoom> {
    return namedRoom(this.#parts.store.rooms, this.of(request), name);
  }
}
