/** Scopes of a token, which say what it may do; each includes the ones before it. */
export const SCOPES = ["read", "manage", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** Token as stored: never the token itself, only its hash. Times are ms UTC. */
export interface TokenRow {
  /** Public id, safe to show and log. */
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
  /** sha256 of the token, lower-case hex. */
  readonly hash: string;
  /** Only rooms that it may see, each by any of its names (the value of an alias) or as `room:KEY`; empty for all. */
  readonly rooms: readonly string[];
  /** Most requests that it may make in a minute; null for any number. */
  readonly perMinute: number | null;
  readonly createdAt: number;
  /** Time from which on it is not valid; null for never. */
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  /** Time when it was last used, give or take a minute; null for never. */
  readonly lastUsedAt: number | null;
}

/** Tokens of a store. */
export interface Tokens {
  /** Adds a token. @throws DyliveError `in_use` when there is a token with this id or hash */
  add(row: TokenRow): Promise<void>;
  /** Finds a token by its hash; revoked ones are not found, expired ones are. */
  find(hash: string): Promise<TokenRow | null>;
  /** Finds by their hashes all tokens that {@link find} would find. */
  findAll(hashes: readonly string[]): Promise<ReadonlyMap<string, TokenRow>>;
  /** Returns all tokens, oldest first. */
  list(): Promise<readonly TokenRow[]>;
  /** Revokes a token. @returns whether there was such a token, not yet revoked */
  revoke(id: string, at: number): Promise<boolean>;
  /** Notes that a token was used; an earlier time than the noted one changes nothing, nor does an unknown id. */
  touch(id: string, at: number): Promise<void>;
}
