/** Keys that a store makes for itself and keeps. */
export interface Secrets {
  /**
   * Returns the key that pseudonyms are made with, in hexadecimal: it is made once, and never shown. Without it nobody can tell whose a
   * pseudonym is by trying ids.
   */
  pseudonymKey(): Promise<string>;
}
