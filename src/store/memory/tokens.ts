import { DyliveError } from "../../runtime/errors.js";
import type { TokenRow, Tokens } from "../tokens.js";
import type { MemoryGate } from "./gate.js";

/** Tokens in memory. */
export class MemoryTokens implements Tokens {
  readonly #gate: MemoryGate;
  readonly #rows = new Map<string, TokenRow>();

  constructor(gate: MemoryGate) {
    this.#gate = gate;
  }

  add(row: TokenRow): Promise<void> {
    return this.#gate.run(() => {
      if ([...this.#rows.values()].some(({ id, hash }) => id === row.id || hash === row.hash)) {
        throw new DyliveError("in_use", `there is a token ${row.id} already, or one with its hash`);
      }
      this.#rows.set(row.id, structuredClone(row));
    });
  }

  find(hash: string): Promise<TokenRow | null> {
    return this.#gate.run(() => {
      const found = [...this.#rows.values()].find((row) => row.hash === hash && row.revokedAt === null);
      return structuredClone(found ?? null);
    });
  }

  findAll(hashes: readonly string[]): Promise<ReadonlyMap<string, TokenRow>> {
    return this.#gate.run(() => {
      const found = [...this.#rows.values()].filter((row) => row.revokedAt === null && hashes.includes(row.hash));
      return new Map(structuredClone(found).map((row) => [row.hash, row]));
    });
  }

  list(): Promise<readonly TokenRow[]> {
    return this.#gate.run(() => structuredClone([...this.#rows.values()]));
  }

  revoke(id: string, at: number): Promise<boolean> {
    return this.#gate.run(() => {
      const row = this.#rows.get(id);
      if (row === undefined || row.revokedAt !== null) return false;
      this.#rows.set(id, { ...row, revokedAt: at });
      return true;
    });
  }

  touch(id: string, at: number): Promise<void> {
    return this.#gate.run(() => {
      const row = this.#rows.get(id);
      if (row !== undefined) this.#rows.set(id, { ...row, lastUsedAt: Math.max(at, row.lastUsedAt ?? at) });
    });
  }
}
