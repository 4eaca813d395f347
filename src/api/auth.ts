import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { DyliveError } from "../errors.js";
import { SCOPES, type Scope, type TokenRow, type Tokens } from "../log/tokens.js";

/** Marks our tokens, so that people and secret scanners know one when they see it. */
const PREFIX = "dyl_";

/** What a new token is to be; `now` is ms UTC. */
export interface NewToken {
  readonly name: string;
  readonly scope: Scope;
  readonly now: number;
}

/** sha256 of a token as stored: lower-case hex. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token, "utf8").digest("hex");
}

/**
 * Makes a token and stores its hash. The token itself is in the answer only: it cannot be read again.
 * @throws DyliveError bad_request when the name is not 1 to 64 printable characters
 */
export async function createToken(tokens: Tokens, { name, scope, now }: NewToken): Promise<{ token: string; row: TokenRow }> {
  if (!/^[^\p{C}]{1,64}$/u.test(name)) throw new DyliveError("bad_request", "the token's name must be 1 to 64 printable characters");
  const token = PREFIX + randomBytes(32).toString("base64url");
  const row: TokenRow = { id: randomBytes(6).toString("hex"), name, scope, hash: hashToken(token), createdAt: now, revokedAt: null };
  await tokens.add(row);
  return { token, row };
}

/**
 * The stored token that `secret` is.
 * @throws DyliveError no_token, bad_token, or forbidden when its scope does not include `scope`
 */
export async function authenticate(tokens: Tokens, secret: string | null, scope: Scope): Promise<TokenRow> {
  if (secret === null) throw new DyliveError("no_token", "neither token= nor an Authorization: Bearer header was given");
  const hash = hashToken(secret);
  const row = await tokens.find(hash);
  if (row === null || row.revokedAt !== null || !sameText(row.hash, hash)) throw new DyliveError("bad_token", "it is unknown or revoked");
  if (SCOPES.indexOf(row.scope) < SCOPES.indexOf(scope))
    throw new DyliveError("forbidden", `scope ${scope} is needed, the token has ${row.scope}`);
  return row;
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
