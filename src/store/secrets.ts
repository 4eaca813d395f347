/** Keys that a store makes for itself and keeps. */
export interface Secrets {
  /**
   * The key that pseudonyms are made with, in hexadecimal: made once, and never shown. Without it nobody can tell whose a pseudonym is by
   * trying ids.
   */
  pseudonymKey(): Promise<string>;
}
