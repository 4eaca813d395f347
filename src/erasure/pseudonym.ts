import { createHmac } from "node:crypto";

/** Digits of a pseudonym (64 bits): two of a million people share one with a chance of 1 in 37 million. */
const DIGITS = 16;
const PSEUDONYM = /^p[0-9a-f]{16}$/;

/**
 * Returns the pseudonym of a person: the same for the same person wherever the key is the same, and of no use to anybody without it.
 * @param who their id, or what else they are known by
 */
export function pseudonymOf(who: string, key: string): string {
  return `p${digestOf(who, key)}`;
}

/** Returns the digits of a pseudonym. */
export function digestOf(who: string, key: string): string {
  return createHmac("sha256", key).update(who).digest("hex").slice(0, DIGITS);
}

/** Whether an id is a pseudonym already: the platform's own are numbers. */
export function isPseudonym(id: string): boolean {
  return PSEUDONYM.test(id);
}
