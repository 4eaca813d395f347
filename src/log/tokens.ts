/** What a token may do; each scope includes the ones before it. */
export const SCOPES = ["read", "manage", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** A token as stored: never the token itself, only its hash. Times are ms UTC. */
export interface TokenRow {
  /** Public id, safe to show and log. */
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
  /** sha256 of the token, lower-case hex. */
  readonly hash: string;
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

/** The tokens of a store. */
export interface Tokens {
  /** `in_use` when there is a token with this id or hash. */
  add(row: TokenRow): Promise<void>;
  /** By hash; revoked ones are not found. */
  find(hash: string): Promise<TokenRow | null>;
  list(): Promise<readonly TokenRow[]>;
  /** Whether there was such a token, not yet revoked. */
  revoke(id: string, at: number): Promise<boolean>;
}
