import type { IncomingMessage } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from "fastify";
import type { AdmittedClient, ClientAuthenticator } from "../compat/deps.js";
import { ROOM_DOOR, readPaste } from "../platform/links/paste.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError, RateLimited } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import { RateLimiter } from "../runtime/rate-limiter.js";
import { type RoomKey, SYSTEM_ROOM } from "../store/log.js";
import type { Alias, Rooms } from "../store/rooms.js";
import { SCOPES, type Scope, type TokenRow, type Tokens } from "../store/sql/tokens.js";
import { assertScope, authenticate, HeldTokens, hashToken, OPERATOR } from "./tokens.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Scope that a token needs for this route; without it no token is needed. */
    readonly scope?: Scope;
    /** Whether `token=` in the address is taken. */
    readonly tokenInQuery?: boolean;
    /** Whether tokens that are limited to rooms are refused: works, and what is beside recordings, belong to none. */
    readonly allRooms?: boolean;
    /** Whether tokens of the last quarter of an hour are let in while the store cannot be asked. */
    readonly withoutStore?: boolean;
  }
  interface FastifyRequest {
    token: TokenRow | null;
  }
}

/** Time for which a token that was let in is remembered, to let it in without the store. */
const REMEMBER_MS = 900_000;
const MOST_REMEMBERED = 1000;
/** Least time between two writes of a token's last use, in ms. */
const TOUCH_MS = 60_000;
const MOST_TOUCHED = 10_000;

/** Header by which a command that needs less than the operator may do says so. */
export const SCOPE_HEADER = "dylive-scope";

/** Dependencies of the authenticator. */
interface AuthenticatorDeps {
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly logger: Pick<FastifyBaseLogger, "error">;
  /** Has the tokens that came with requests. */
  readonly secrets?: SecretCipher;
  /** Takes work that goes on after the answer; by default it is waited for. */
  readonly after?: (work: Promise<void>) => void;
}

/** Lets callers in by their tokens: checks scope and rate, and notes that the token was used. */
export class Authenticator {
  readonly #deps: AuthenticatorDeps;
  readonly #secrets: SecretCipher;
  /** As many at once as a token may make in a minute, and then one for each share of the minute. */
  readonly #rates: RateLimiter;
  readonly #touchedAt = new Map<string, number>();
  readonly #remembered = new Map<string, { readonly token: TokenRow; readonly at: number }>();
  /** Requests that are part of another one, with the token that let that in. */
  readonly #parts = new WeakMap<IncomingMessage, TokenRow>();

  constructor(deps: AuthenticatorDeps) {
    this.#deps = deps;
    this.#secrets = deps.secrets ?? new SecretCipher();
    this.#rates = new RateLimiter(deps.clock, { burst: 1, perSecond: 1 });
  }

  /** Returns the token that a secret is. @throws DyliveError no_token, bad_token, forbidden; RateLimited */
  async admit(secret: string | null, scope: Scope): Promise<TokenRow> {
    const { tokens, clock, after } = this.#deps;
    const token = await authenticate(tokens, secret, scope, clock.now());
    const { id, perMinute } = token;
    if (perMinute !== null) {
      const rate = { burst: perMinute, perSecond: perMinute / 60 };
      if (!this.#rates.take(id, rate)) {
        const waitMs = ((1 - this.#rates.left(id, rate)) * 60_000) / perMinute;
        throw new RateLimited((seconds) => msg`it may make ${perMinute} requests a minute; the next one in ${seconds} s`, waitMs);
      }
    }
    const noted = this.#note(token);
    if (after === undefined) await noted;
    else after(noted);
    return token;
  }

  /**
   * Returns the token of a request.
   * @param from `header` takes `Authorization: Bearer` alone; `query` also `token=` in the address, which logs and histories keep: for the
   * compatible interface (/douyin/…) and for browsers' streams, which cannot send the header
   * @throws DyliveError no_token, bad_token, forbidden; RateLimited
   */
  async enter(request: IncomingMessage, scope: Scope, from: "header" | "query"): Promise<TokenRow> {
    const token = this.#parts.get(request);
    if (token !== undefined) {
      assertScope(token, scope);
      return token;
    }
    const secret = from === "query" ? this.#secrets.of(request) : this.#secrets.bearerOf(request);
    if (secret === null && this.#secrets.of(request) !== null)
      throw new DyliveError("no_token", "token= in the address is not taken here: send the header Authorization: Bearer TOKEN");
    return this.admit(secret, scope);
  }

  /** Lets a request of the local socket in as the operator's, unless it brings a token: then it may do what that may. */
  isOperators(request: IncomingMessage): void {
    const asked = SCOPES.find((scope) => scope === request.headers[SCOPE_HEADER]);
    if (this.#secrets.of(request) === null) this.#parts.set(request, { ...OPERATOR, scope: asked ?? OPERATOR.scope });
  }

  /** Lets a request in that is part of another one, by the token that let that in: it counts once. */
  isPart(request: IncomingMessage, token: TokenRow): void {
    this.#parts.set(request, token);
  }

  /**
   * Does the same as {@link enter} with the header. While the store cannot be asked, it still lets in tokens that it let in within the last
   * quarter of an hour: what tells of the store's absence must be seen then.
   */
  async enterAnyway(request: IncomingMessage, scope: Scope): Promise<TokenRow> {
    const { clock } = this.#deps;
    if (this.#parts.has(request)) return this.enter(request, scope, "header");
    const hash = hashToken(this.#secrets.bearerOf(request) ?? "");
    try {
      const token = await this.enter(request, scope, "header");
      if (this.#remembered.size >= MOST_REMEMBERED) this.#remembered.clear();
      this.#remembered.set(hash, { token, at: clock.now() });
      return token;
    } catch (error) {
      const known = this.#remembered.get(hash);
      const isAway = error instanceof DyliveError && error.code === "store_unreachable";
      if (isAway && known !== undefined && clock.now() - known.at < REMEMBER_MS) return known.token;
      if (!isAway) this.#remembered.delete(hash);
      throw error;
    }
  }

  /** Notes a use. Resolves when it is written, and never rejects: a caller that was let in is not to suffer from it. */
  async #note({ id, lastUsedAt }: TokenRow): Promise<void> {
    const { tokens, clock, logger } = this.#deps;
    const now = clock.now();
    // Other processes note uses too.
    if (now - Math.max(lastUsedAt ?? 0, this.#touchedAt.get(id) ?? 0) < TOUCH_MS) return;
    if (this.#touchedAt.size > MOST_TOUCHED) this.#touchedAt.clear();
    this.#touchedAt.set(id, now);
    try {
      await tokens.touch(id, now);
    } catch (error) {
      logger.error({ err: error, token: id }, "the last use of a token could not be saved");
    }
  }
}

/**
 * Lets requests in by the scope of their route, before their fields are looked at: a caller without a token learns nothing else. Routes
 * without a scope need no token.
 */
export function authentication(app: FastifyInstance, authenticator: Authenticator): void {
  app.decorateRequest("token", null);
  app.addHook("onRequest", async (request) => {
    const { scope, tokenInQuery = false, allRooms = false, withoutStore = false } = request.routeOptions.config;
    if (scope === undefined) return;
    request.token = withoutStore
      ? await authenticator.enterAnyway(request.raw, scope)
      : await authenticator.enter(request.raw, scope, tokenInQuery ? "query" : "header");
    if (allRooms) assertAllRooms(request.token);
  });
}

/** Makes every route below need a token: an admin's, unless it says otherwise. To be called before they are registered. */
export function adminByDefault(app: FastifyInstance): void {
  app.addHook("onRoute", (route) => {
    route.config = { scope: "admin", ...route.config };
  });
}

/** Returns the token that let the request in. */
export function tokenOf({ token }: FastifyRequest): TokenRow {
  if (token === null) throw new Error("a request passed without a token");
  return token;
}

/**
 * Takes the token out of a request before anything else sees it, so that no log line, error or header of ours or of a library can
 * show it: the address and the headers that go on are without it.
 */
export class SecretCipher {
  readonly #taken = new WeakMap<IncomingMessage, string>();
  readonly #bearers = new WeakMap<IncomingMessage, string>();

  /** Removes `token=` and `Authorization` from the request and keeps the token aside. Of both, `token=` counts. */
  take(request: IncomingMessage): void {
    const { url, token } = withoutToken(request.url ?? "/");
    request.url = url;
    const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
    delete request.headers.authorization;
    const secret = token ?? bearer;
    if (secret) this.#taken.set(request, secret);
    if (bearer) this.#bearers.set(request, bearer);
  }

  /** Returns the token that came with the request; null when there was none. */
  of(request: IncomingMessage): string | null {
    return this.#taken.get(request) ?? null;
  }

  /** Returns the token that came in the `Authorization` header; null when there was none. */
  bearerOf(request: IncomingMessage): string | null {
    return this.#bearers.get(request) ?? null;
  }
}

function withoutToken(url: string): { url: string; token: string | undefined } {
  const start = url.indexOf("?");
  if (start < 0) return { url, token: undefined };
  let token: string | undefined;
  const kept = url
    .slice(start + 1)
    .split("&")
    .filter((pair) => {
      const split = pair.indexOf("=");
      if (decode(split < 0 ? pair : pair.slice(0, split)) !== "token") return true;
      token ??= split < 0 ? "" : decode(pair.slice(split + 1));
      return false;
    });
  const query = kept.join("&");
  return { url: query === "" ? url.slice(0, start) : `${url.slice(0, start)}?${query}`, token };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/** Client without a token, where none is needed. */
const WITHOUT_TOKEN: AdmittedClient = {
  hasToken: false,
  mayAsk: async () => {},
  maySee: async () => true,
  stay: () => () => {},
};

/** Dependencies of the authenticator of the compat outputs. */
interface CompatAuthenticatorDeps {
  readonly tokens: Tokens;
  readonly rooms: Rooms;
  readonly clock: Clock;
  readonly logger: Pick<FastifyBaseLogger, "error">;
  /** Whether a token is required. A token that is sent is checked in any case. */
  readonly tokenNeeded: boolean;
}

/** Makes the authenticator of the compat outputs: it checks the tokens of the API, with their rooms and rates, in `?token=` or the header. */
export function compatAuthenticator({ tokens, rooms, clock, logger, tokenNeeded }: CompatAuthenticatorDeps): ClientAuthenticator {
  const authenticator = new Authenticator({ tokens, clock, logger });
  const held = new HeldTokens(tokens, clock, (error) => logger.error({ err: error }, "the tokens of compat clients could not be checked"));
  return {
    admit: async (secret) => {
      if (secret === null && !tokenNeeded) return WITHOUT_TOKEN;
      if (secret === null) throw new DyliveError("no_token", "add ?token=TOKEN to the address, or set DYLIVE_COMPAT_TOKEN=never");
      return clientWith(await authenticator.admit(secret, "read"));
    },
  };

  function clientWith(token: TokenRow): AdmittedClient {
    return {
      hasToken: true,
      mayAsk: (room) => assertMayAsk(rooms, token, room),
      maySee: async (room) => maySee(token, room, await rooms.aliases(room)),
      stay: (end) => held.hold(token, end),
    };
  }
}

/** Whether a token is limited to some rooms. */
export function isLimited(token: TokenRow): boolean {
  return token.rooms.length > 0;
}

/** @throws DyliveError forbidden when the token is limited to some rooms: works belong to none */
export function assertAllRooms(token: TokenRow): void {
  if (isLimited(token)) throw new DyliveError("forbidden", "works belong to no room; the token is limited to some");
}

/** Whether a token may see a room that has these names. A limited token never sees the system's room, which tells of all rooms. */
export function maySee(token: TokenRow, room: RoomKey, aliases: readonly Alias[]): boolean {
  if (!isLimited(token)) return true;
  if (room === SYSTEM_ROOM) return false;
  const names = new Set(aliases.flatMap(({ kind, value }) => [value, `${kind}:${value}`]));
  return token.rooms.some((entry) => entry === `room:${room}` || names.has(entry));
}

/** @throws DyliveError forbidden when the token is limited to other rooms */
export async function assertMaySee(rooms: Rooms, token: TokenRow, room: RoomKey): Promise<void> {
  if (isLimited(token) && !maySee(token, room, await rooms.aliases(room))) throw notOneOfIts();
}

/**
 * Refuses a room that the token may not see, named as a caller wrote it, before anything is done for it. Such a room must not be collected,
 * and where a short link leads is not asked for it.
 * @throws DyliveError forbidden, bad_room
 */
export async function assertMayAsk(rooms: Rooms, token: TokenRow, text: string): Promise<void> {
  if (!isLimited(token)) return;
  const pasted = readPaste(text, ROOM_DOOR);
  if (pasted.kind === "short_link")
    throw new DyliveError("forbidden", "the token is limited to some rooms: name one, a short link does not");
  const { name } = pasted;
  if (token.rooms.includes(name.value) || token.rooms.includes(`${name.kind}:${name.value}`)) return;
  // Only by this kind of name is the room asked for: the same text may be another room's name of another kind.
  const room = await rooms.find(name);
  if (room === null || !maySee(token, room, await rooms.aliases(room))) throw notOneOfIts();
}

function notOneOfIts(): DyliveError {
  return new DyliveError("forbidden", "the token is limited to other rooms");
}
