import { inLanguage, type Language } from "../../i18n/words.js";
import { DyliveError } from "../../runtime/errors.js";
import { type MsgOrText, msg, msgOf } from "../../runtime/msg.js";
import { columnsOf, plain } from "../terminal.js";

/** The layers that are looked at, by the names that people know, in the order in which each needs those before it. */
const LAYERS = {
  runtime: "runtime",
  data: "data folder",
  store: "store",
  server: "running server",
  authors: "authors",
  speech: "speech",
  browser: "browser",
  accounts: "accounts",
  dns: "names (DNS)",
  home: "start page",
  room: "room",
  reflow: "share page",
  fetch: "first state",
  signer: "signer",
  push: "push server",
} as const;
type Layer = keyof typeof LAYERS;

/** Finding on one layer. It never holds a secret. */
export interface Finding {
  readonly layer: Layer;
  readonly state: "ok" | "warn" | "fail" | "skipped";
  /** One sentence in plain words. */
  readonly detail: MsgOrText;
  /** Advice on what to do about it; null when nothing need be done. */
  readonly todo: MsgOrText | null;
}

/** Returns the finding that all is well. */
export function ok(layer: Layer, detail: MsgOrText): Finding {
  return { layer, state: "ok", detail, todo: null };
}

/** Returns the finding that a layer works, but not for long or not in full. */
export function warn(layer: Layer, detail: MsgOrText, todo: MsgOrText): Finding {
  return { layer, state: "warn", detail, todo };
}

/** Returns the finding that a layer is broken. */
export function fail(layer: Layer, detail: MsgOrText, todo: MsgOrText): Finding {
  return { layer, state: "fail", detail, todo };
}

/** Returns the finding that a layer was not looked at. */
export function skipped(layer: Layer, detail: MsgOrText): Finding {
  return { layer, state: "skipped", detail, todo: null };
}

/** Returns a failure as a finding. Of errors that are not ours the first line only. */
export function failed(layer: Layer, error: unknown, todo?: MsgOrText): Finding {
  if (error instanceof DyliveError) return fail(layer, error.said, todo ?? error.row.hint);
  const line = error instanceof Error ? (error.message.split("\n", 1)[0] ?? error.name) : String(error);
  return fail(layer, line, todo ?? "Please report it.");
}

const WORDS: Readonly<Record<Finding["state"], string>> = { ok: "ok  ", warn: "warn", fail: "FAIL", skipped: "skip" };

/** Returns a finding as people read it. */
export function linesOf({ layer, state, detail, todo }: Finding, language: Language): readonly string[] {
  const words = (said: MsgOrText) => inLanguage(language, said);
  const width = Math.max(...Object.values(LAYERS).map((name) => columnsOf(words(name))));
  const name = words(LAYERS[layer]);
  const first = `${words(WORDS[state])}  ${name}${" ".repeat(width - columnsOf(name))}  ${plain(words(detail))}`;
  return todo === null ? [first] : [first, `${" ".repeat(width + 8)}→ ${plain(words(todo))}`];
}

/** Returns the last word: which layer is broken, and what to do. */
export function verdictOf(findings: readonly Finding[], language: Language): string {
  const broken = findings.find(({ state }) => state === "fail");
  const words = (said: MsgOrText) => inLanguage(language, said);
  if (broken !== undefined)
    return plain(
      words(msg`The broken layer: ${msgOf(LAYERS[broken.layer])}. ${msgOf(broken.todo ?? "")} What is behind it may only follow from it.`),
    );
  const warned = findings.filter(({ state }) => state === "warn").length;
  const unseen = findings.filter(({ state }) => state === "skipped").length;
  const warnings = warned === 0 ? [] : [warned === 1 ? "1 warning." : msg`${warned} warnings.`];
  const unlooked = unseen === 0 ? [] : [msg`${unseen} not looked at.`];
  return ["Nothing is broken.", ...warnings, ...unlooked].map(words).join(language === "zh" ? "" : " ");
}
