// What is in this file runs inside the page.

/** Place on the screen, in CSS pixels of the page's window. */
interface Point {
  readonly x: number;
  readonly y: number;
}

/** Floor (楼) of the panel with words that show more of its replies. */
export interface FloorView extends Point {
  /** Place among the floors that are shown, from 0. */
  readonly index: number;
  /** Beginning of the floor's text, in which its writer's name stands. */
  readonly words: string;
  /** Whether those words are in the part of the panel that is seen. */
  readonly isInView: boolean;
  /** Whether nothing lies over them. */
  readonly isOnTop: boolean;
}

/** View of a work's page as it is now, as far as comments go. */
export interface PanelView {
  readonly title: string;
  /** The page's whole text where that is short; else empty. */
  readonly words: string;
  /** Whether the list of comments is seen. */
  readonly isOpen: boolean;
  /** Opener of the list; null where nothing that is seen opens it. */
  readonly opener: Point | null;
  /** The part of the panel that is seen, by its middle; null where there is none. */
  readonly middle: Point | null;
  readonly height: number;
  /** Pixels by which the panel is scrolled. */
  readonly scrolled: number;
  /** Floors with replies to be opened, the first of them. */
  readonly floors: readonly FloorView[];
  /** Whether the panel says that there are no more comments. */
  readonly ended: boolean;
  /** Whether something in the place of comments asks to log in. */
  readonly walled: boolean;
  /** Whether anything does, beside the strip in which guests cannot write. */
  readonly asksLogin: boolean;
}

interface Rect {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

interface SeenElement {
  readonly tagName: string;
  readonly textContent: string | null;
  readonly childNodes: Iterable<{ readonly nodeType: number; readonly nodeValue: string | null }>;
  readonly children: Iterable<SeenElement>;
  readonly parentElement: SeenElement | null;
  readonly scrollTop: number;
  readonly scrollHeight: number;
  readonly clientHeight: number;
  getBoundingClientRect(): Rect;
  querySelector(selector: string): SeenElement | null;
  querySelectorAll(selector: string): Iterable<SeenElement>;
  matches(selector: string): boolean;
  closest(selector: string): SeenElement | null;
  contains(other: SeenElement | null): boolean;
}

interface SeenFilm extends SeenElement {
  readonly paused: boolean;
  pause(): void;
}

interface SeenWindow {
  readonly innerWidth: number;
  readonly innerHeight: number;
  getComputedStyle(element: SeenElement): { readonly visibility: string; readonly overflowY: string };
  requestAnimationFrame(call: () => void): void;
  readonly document: {
    readonly title: string;
    readonly body: SeenElement | null;
    querySelector(selector: string): SeenElement | null;
    querySelectorAll(selector: string): Iterable<SeenElement>;
    elementFromPoint(x: number, y: number): SeenElement | null;
    createTreeWalker(root: SeenElement, what: number): { currentNode: SeenElement; nextNode(): SeenElement | null };
  };
}

/**
 * Looks at the comments of a work's page (facts/videos.md 2.4), and stops its film: one that plays on brings the next work's comments.
 * @param from first floor whose replies may be opened
 */
export function lookAtPanel(from: number): PanelView {
  const mostFloors = 20;
  const page = globalThis as unknown as SeenWindow;
  const { document, innerWidth, innerHeight } = page;
  const ITEM = '[data-e2e="comment-item"]';
  for (const film of document.querySelectorAll("video") as Iterable<SeenFilm>) if (!film.paused) film.pause();

  const isShown = (element: SeenElement) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return right > left && bottom > top && page.getComputedStyle(element).visibility !== "hidden";
  };
  const middleOf = (element: SeenElement) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return { x: (left + right) / 2, y: (top + bottom) / 2 };
  };
  const isInWindow = ({ x, y }: Point) => x >= 0 && y >= 0 && x < innerWidth && y < innerHeight;
  /** The element's own text, without its children's. */
  const ownText = (element: SeenElement) => {
    let text = "";
    for (const { nodeType, nodeValue } of element.childNodes) if (nodeType === 3 && text.length < 200) text += nodeValue ?? "";
    return text.trim();
  };

  const list = [...document.querySelectorAll('[data-e2e="comment-list"]')].find(isShown) ?? null;
  const around = list?.parentElement ?? list;
  const icons = [...document.querySelectorAll('[data-e2e="feed-comment-icon"]')].filter(isShown).map(middleOf);
  let opener = icons.find(isInWindow) ?? null;
  let [ended, walled, asksLogin] = [false, false, false];

  /** Guests cannot write: the strip that says so asks to log in, and is no wall. */
  const isStrip = (element: SeenElement) => {
    let at: SeenElement | null = element;
    for (let up = 0; up < 3 && at !== null; up++, at = at.parentElement) {
      const text = at.textContent ?? "";
      if (text.length < 80 && text.includes("登录后发表评论")) return true;
    }
    return false;
  };
  let nodes = 20_000;
  /** Visits the page but for its comments, in which users may have written anything. */
  const visit = (element: SeenElement) => {
    if (nodes-- <= 0 || /^(SCRIPT|STYLE|NOSCRIPT|TEMPLATE)$/.test(element.tagName) || element.matches(ITEM)) return;
    const text = ownText(element);
    if (text !== "") {
      if (/^(暂时)?没有更多评论$|^抢首评/.test(text)) ended ||= around?.contains(element) === true && isShown(element);
      if (text.startsWith("登录后查看更多评论")) walled ||= isShown(element);
      if (/^(立即登录|登录后查看|登录后展开|扫码登录)/.test(text)) asksLogin ||= isShown(element) && !isStrip(element);
      if (opener === null && list === null && /^评论\s*([(（][\d.,万亿wW+]*[)）])?$/.test(text) && isShown(element)) {
        const place = middleOf(element);
        if (isInWindow(place)) opener = place;
      }
    }
    if (element.matches(".video-comment-cover__btn")) walled ||= isShown(element);
    if (element.matches('[role="dialog"]')) asksLogin ||= isShown(element) && (element.textContent ?? "").includes("登录");
    for (const child of element.children) visit(child);
  };
  if (document.body !== null) visit(document.body);

  const scrolls = (element: SeenElement) =>
    /auto|scroll|overlay/.test(page.getComputedStyle(element).overflowY) && element.scrollHeight > element.clientHeight + 1;
  let box = list;
  while (box !== null && (!scrolls(box) || box.querySelector('[data-e2e="douyin-navigation"]') !== null)) box = box.parentElement;
  const rect = (box ?? list)?.getBoundingClientRect() ?? { left: 0, top: 0, right: 0, bottom: 0 };
  const seen = {
    left: Math.max(0, rect.left),
    top: Math.max(0, rect.top),
    right: Math.min(innerWidth, rect.right),
    bottom: Math.min(innerHeight, rect.bottom),
  };
  const isThere = seen.right > seen.left && seen.bottom > seen.top;

  const floors: FloorView[] = [];
  const items =
    list === null ? [] : [...list.querySelectorAll(ITEM)].filter((item) => item.parentElement?.closest(`${ITEM}, .replyContainer`) == null);
  const add = (index: number, words: SeenElement | null) => {
    if (words === null || !isShown(words)) return;
    const place = middleOf(words);
    const hit = isInWindow(place) ? document.elementFromPoint(place.x, place.y) : null;
    floors.push({
      ...place,
      index,
      words: (items[index]?.textContent ?? "").slice(0, 200),
      isInView: isThere && place.x > seen.left && place.x < seen.right && place.y > seen.top + 8 && place.y < seen.bottom - 8,
      isOnTop: hit !== null && words.contains(hit),
    });
  };
  const first = items[from];
  if (list !== null && first !== undefined) {
    const walker = document.createTreeWalker(list, 1);
    walker.currentNode = first;
    let index = from;
    // The last such words of a floor: those before may be in a comment.
    let found: SeenElement | null = null;
    for (let at: SeenElement | null = first; at !== null && floors.length < mostFloors; at = walker.nextNode()) {
      if (at === items[index + 1]) {
        add(index, found);
        found = null;
        index++;
      }
      if (/^(展开\s*\d+\s*条回复|查看更多回复)$/.test(ownText(at))) found = at;
    }
    if (floors.length < mostFloors) add(index, found);
  }

  const words = document.body?.textContent?.trim() ?? "";
  return {
    title: document.title.slice(0, 200),
    words: words.length > 200 ? "" : words,
    isOpen: list !== null,
    opener: list === null ? opener : null,
    middle: isThere ? { x: (seen.left + seen.right) / 2, y: (seen.top + seen.bottom) / 2 } : null,
    height: isThere ? seen.bottom - seen.top : 0,
    scrolled: (box?.scrollTop ?? 0) + (box === list ? 0 : (list?.scrollTop ?? 0)),
    floors,
    ended,
    walled,
    asksLogin,
  };
}

/** Waits until the comments stand still after the wheel was turned, for some frames, a second at most. */
export async function untilStill(): Promise<void> {
  const page = globalThis as unknown as SeenWindow;
  const placeOf = () => page.document.querySelector('[data-e2e="comment-item"]')?.getBoundingClientRect().top ?? 0;
  // Frames do not come in a window that is not seen.
  const frame = () =>
    new Promise<void>((resolve) => {
      page.requestAnimationFrame(resolve);
      setTimeout(resolve, 50);
    });
  for (let still = 0, frames = 0, before = placeOf(); still < 4 && frames < 60; frames++) {
    await frame();
    const now = placeOf();
    still = now === before ? still + 1 : 0;
    before = now;
  }
}
