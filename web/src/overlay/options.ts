import type { Lang } from "../format/number.js";

/** What an overlay shows. */
export const OVERLAY_KINDS = ["danmu", "flying", "gifts", "top", "viewers", "goal"] as const;
export type OverlayKind = (typeof OVERLAY_KINDS)[number];

/** What a list of danmu can show. */
export const SHOWN_TYPES = ["chat", "gift", "follow", "join", "like", "share", "fansclub"] as const;
export type ShownType = (typeof SHOWN_TYPES)[number];

/** What is read out. */
export const SAID_TYPES = ["chat", "gift", "follow"] as const;
export type SaidType = (typeof SAID_TYPES)[number];

/** What makes a sound. */
export const SOUND_TYPES = ["gift", "follow"] as const;
export type SoundType = (typeof SOUND_TYPES)[number];

/** How it looks: text with an outline, light cards, or dark glass with edges that glow. */
export const THEMES = ["clear", "card", "neon"] as const;

/** Who speaks: the server where it has an engine, else the browser; or only one of them. */
export const VOICES = ["auto", "server", "browser"] as const;

/** What a goal counts, in the broadcast. */
export const METRICS = ["follows", "likes", "diamonds", "units", "chats", "viewers"] as const;
export type Metric = (typeof METRICS)[number];

export const SIDES = ["left", "right"] as const;

/** Everything that the address of an overlay says. */
export interface OverlayOptions {
  kind: OverlayKind;
  /** The room's id here, or one of its names. */
  room: string;
  token: string;
  /** Made-up events in place of a room's: for the preview. */
  demo: boolean;
  lang: Lang;
  theme: (typeof THEMES)[number];
  /** Size of the text, pixels. */
  size: number;
  /** Colour of the text, `#rrggbb`; white is the theme's own. */
  colour: string;
  /** How dark the ground behind the text is, percent; 0 is the theme's own. */
  panel: number;
  side: (typeof SIDES)[number];
  /** Avatars and icons. */
  faces: boolean;
  /** Gifts of much worth are celebrated, and what comes moves in. */
  motion: boolean;
  /** Lines of a list, lanes of flying danmu, alerts at once, places of the ranking; 0 as is usual for what is shown ({@link linesOf}). */
  lines: number;
  /** Seconds that a line or an alert stays, or that a danmu flies; 0 as is usual for what is shown ({@link stayMs}). */
  stay: number;
  show: readonly ShownType[];
  /** Least worth of a gift that is shown, diamonds. */
  min: number;
  /** Words whose messages are neither shown nor said. */
  block: readonly string[];
  /** What is read out; nothing by default. */
  say: readonly SaidType[];
  /** Sentences said in a minute at most. */
  rate: number;
  /** Speed of speech, percent. */
  speed: number;
  voice: (typeof VOICES)[number];
  /** What makes a sound; nothing by default. */
  sound: readonly SoundType[];
  /** Of sounds and of the server's voice, percent. */
  volume: number;
  metric: Metric;
  target: number;
  /** Counted from here on: subtracted from the count. */
  base: number;
  title: string;
}

export const DEFAULTS: Readonly<OverlayOptions> = {
  kind: "danmu",
  room: "",
  token: "",
  demo: false,
  lang: "zh",
  theme: "clear",
  size: 22,
  colour: "#ffffff",
  panel: 0,
  side: "left",
  faces: true,
  motion: true,
  lines: 0,
  stay: 0,
  show: ["chat", "gift", "follow"],
  min: 0,
  block: [],
  say: [],
  rate: 20,
  speed: 100,
  voice: "auto",
  sound: [],
  volume: 60,
  metric: "follows",
  target: 100,
  base: 0,
  title: "",
};

/** Least and most of each number. */
export const BOUNDS = {
  size: [10, 120],
  panel: [0, 100],
  lines: [0, 50],
  stay: [0, 600],
  min: [0, 1_000_000],
  rate: [1, 60],
  speed: [50, 200],
  volume: [0, 100],
  target: [1, 1_000_000_000],
  base: [0, 1_000_000_000],
} as const satisfies Partial<Record<keyof OverlayOptions, readonly [number, number]>>;

export const BLOCKED_MAX = 500;
const TEXT_MAX_CHARS = 200;

/** Options that take one of a few words. */
const WORDS: { readonly [K in keyof OverlayOptions]?: readonly string[] } = {
  kind: OVERLAY_KINDS,
  lang: ["zh", "en"],
  theme: THEMES,
  side: SIDES,
  voice: VOICES,
  metric: METRICS,
};
const LISTS: { readonly [K in keyof OverlayOptions]?: readonly string[] } = {
  show: SHOWN_TYPES,
  say: SAID_TYPES,
  sound: SOUND_TYPES,
};

/** How many are usual of what is shown. */
const USUAL_LINES: { readonly [K in OverlayKind]?: number } = { danmu: 12, flying: 12, gifts: 3, top: 5 };

/** How many are shown at once. */
export function linesOf({ lines, kind }: Pick<OverlayOptions, "lines" | "kind">): number {
  return lines > 0 ? lines : (USUAL_LINES[kind] ?? 1);
}

const USUAL_STAY_S: { readonly [K in OverlayKind]?: number } = { flying: 9, gifts: 6 };

/** How long something is to be seen, ms; 0 until others push it out. */
export function stayMs({ stay, kind }: Pick<OverlayOptions, "stay" | "kind">): number {
  return (stay > 0 ? stay : (USUAL_STAY_S[kind] ?? 0)) * 1_000;
}

/** What the part of an address after `#` says. What it does not say, or says wrongly, is as by default: a typing error hides no overlay. */
export function readOptions(hash: string): OverlayOptions {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const options: Record<string, unknown> = { ...DEFAULTS };
  for (const key of Object.keys(DEFAULTS) as (keyof OverlayOptions)[]) {
    const text = given.get(key);
    const value = text === null ? undefined : read(key, text);
    if (value !== undefined) options[key] = value;
  }
  return options as unknown as OverlayOptions;
}

/** The part of an address after `#`: only what is not as by default. */
export function writeOptions(options: OverlayOptions): string {
  const given = new URLSearchParams();
  for (const key of Object.keys(DEFAULTS) as (keyof OverlayOptions)[]) {
    const [text, usual] = [write(options[key]), write(DEFAULTS[key])];
    if (text !== usual || key === "kind") given.set(key, text);
  }
  return given.toString();
}

function write(value: OverlayOptions[keyof OverlayOptions]): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  return typeof value === "object" ? value.join(",") : String(value);
}

function read(key: keyof OverlayOptions, text: string): unknown {
  const usual = DEFAULTS[key];
  if (typeof usual === "boolean") return text === "1" || text === "true";
  if (typeof usual === "number") return bounded(key as keyof typeof BOUNDS, text);
  if (key === "block") return wordsOf(text);
  const list = LISTS[key];
  if (list !== undefined) return list.filter((word) => text.split(",").includes(word));
  const words = WORDS[key];
  if (words !== undefined) return words.includes(text) ? text : undefined;
  if (key === "colour") return /^#[0-9a-f]{6}$/i.test(text) ? text : undefined;
  return text.slice(0, TEXT_MAX_CHARS);
}

function bounded(key: keyof typeof BOUNDS, text: string): number | undefined {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) return undefined;
  const [least, most] = BOUNDS[key];
  return Math.min(most, Math.max(least, Math.round(value)));
}

/** Words with commas, Chinese ones too, or line ends between. */
export function wordsOf(text: string): readonly string[] {
  const words = text.split(/[,，、\n]/).map((word) => word.trim());
  return [...new Set(words.filter((word) => word !== ""))].slice(0, BLOCKED_MAX);
}
