/** Words that are not to be seen or heard on a stream. */
export class BlockList {
  readonly #words: readonly string[];
  /** Those without a letter or digit, such as emoji: compared as they are. */
  readonly #signs: readonly string[];

  constructor(words: readonly string[]) {
    this.#words = words.map(bare).filter((word) => word !== "");
    this.#signs = words.filter((word) => bare(word) === "" && word.trim() !== "");
  }

  /** Whether any of the words is in a text, also in other cases and widths, or with signs and spaces in between. */
  blocks(text: string): boolean {
    const letters = this.#words.length > 0 ? bare(text) : "";
    return this.#words.some((word) => letters.includes(word)) || this.#signs.some((sign) => text.includes(sign));
  }
}

function bare(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");
}
