// Pages as https://www.sqlite.org/fileformat2.html has them (sections 1.6 and 1.8). Numbers are big-endian.

/** Bytes of a page that hold nothing, the second end not included. */
type Gap = readonly [from: number, to: number];

/** Bytes of the head of a tree's page, by its first byte: of an index or a table, inner or leaf. Inner ones have a longer head. */
const HEAD_BYTES: Readonly<Record<number, number>> = { 2: 12, 5: 12, 10: 8, 13: 8 };
/** Offsets in a head of the first free block, the number of cells and where their content begins. */
const FREE_BLOCK = 1;
const CELLS = 3;
const CONTENT = 5;
/** Bytes at the beginning of a free block, which say where the next one is and how long it is. */
const BLOCK_HEAD = 4;

/**
 * Returns the parts of a tree's page that hold nothing by its own head: what lies between the list of cells and their content, and the free
 * blocks. Fragments of up to three bytes are not told. What lies there is what cells that were moved or removed have left.
 *
 * @param page the whole page; not the first of the file, whose head lies elsewhere
 * @param usable its bytes without those that are reserved at its end
 * @returns null when this is no page of a tree, or its head contradicts itself
 */
export function gapsOf(page: Buffer, usable = page.length): readonly Gap[] | null {
  const head = HEAD_BYTES[page.readUInt8(0)];
  if (head === undefined) return null;
  const listEnd = head + 2 * page.readUInt16BE(CELLS);
  // 0 stands for 65536, which two bytes cannot hold.
  const content = page.readUInt16BE(CONTENT) || 65_536;
  if (listEnd > content || content > usable) return null;
  const gaps: Gap[] = [[listEnd, content]];
  for (let block = page.readUInt16BE(FREE_BLOCK), last = content; block !== 0; ) {
    if (block < last || block + BLOCK_HEAD > usable) return null;
    const end = block + page.readUInt16BE(block + 2);
    if (end < block + BLOCK_HEAD || end > usable) return null;
    gaps.push([block + BLOCK_HEAD, end]);
    last = end;
    block = page.readUInt16BE(block);
  }
  return gaps;
}

/**
 * Kinds of a page of a tree in the file's own map: the root of a tree, or another page of one. Free pages and pages of long rows have other
 * numbers.
 */
const TREE_PAGES: readonly number[] = [1, 5];
/** Bytes of a page's entry in a map: what it is, and whose. */
const ENTRY_BYTES = 5;
/** Offset of the byte whose page is never used: SQLite's locks are there. */
const LOCK_BYTE = 0x4000_0000;

/** Layout of the file's maps of pages. */
export class PageMap {
  readonly #usable: number;
  readonly #lockPage: number;

  constructor(pageBytes: number, usable = pageBytes) {
    this.#usable = usable;
    this.#lockPage = LOCK_BYTE / pageBytes + 1;
  }

  /**
   * Returns the page on which the map has a page, and where on it; null for a page that is in no map: the first, the maps themselves, and
   * that of the locks.
   */
  placeOf(page: number): { readonly map: number; readonly at: number } | null {
    if (page < 2 || page === this.#lockPage) return null;
    const each = Math.floor(this.#usable / ENTRY_BYTES) + 1;
    const first = Math.floor((page - 2) / each) * each + 2;
    const map = first === this.#lockPage ? first + 1 : first;
    return page <= map ? null : { map, at: ENTRY_BYTES * (page - map - 1) };
  }

  /** Returns whether an entry is of a page of a tree. */
  static isTree(entry: number): boolean {
    return TREE_PAGES.includes(entry);
  }
}
