import { type CollectorEventType, PHASES, type Phase } from "../../src/collector/machine.js";
import { ANYWHERE, TRANSITIONS } from "../../src/collector/transitions.js";
import { page, withPart } from "./markdown.js";
import { cell, table } from "./table.js";

/** What follows an event in a phase: a line for each condition. */
function lines(phase: Phase, type: CollectorEventType): readonly (readonly [when: string, to: string, does: string])[] {
  const all = TRANSITIONS[phase][type] ?? [];
  return all.map(({ when, to, does = [] }) => [
    when?.[0] ?? (all.length > 1 ? "else" : ""),
    to === phase ? "" : `\`${to}\``,
    wordsOf(does),
  ]);
}

function wordsOf(does: readonly { readonly words: string }[]): string {
  return does.flatMap(({ words }) => (words === "" ? [] : words)).join("; ");
}

/** Gathers the things that have one key, in the order in which the first of each came. */
function gathered<T>(things: readonly T[], keyOf: (thing: T) => unknown): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const thing of things) {
    const key = JSON.stringify(keyOf(thing));
    groups.set(key, [...(groups.get(key) ?? []), thing]);
  }
  return [...groups.values()];
}

const names = (all: readonly string[]) => [...new Set(all)].map((name) => `\`${name}\``).join(", ");

/** docs/rooms-and-links.md with the phases and transitions of a collection as the source has them; the rest is as it stands. */
export function roomsPage(): string {
  const cells = (Object.keys(PHASES) as Phase[]).flatMap((phase) =>
    (Object.keys(TRANSITIONS[phase]) as CollectorEventType[]).map((type) => ({ phase, type, lines: lines(phase, type) })),
  );
  // What is the same by several events, and in several phases, is shown once.
  const byEvents = gathered(cells, ({ phase, lines: all }) => [phase, all]);
  const groups = gathered(byEvents, (same) => [same.map(({ type }) => type), same[0]?.lines]).map((same) => same.flat());
  const rows = groups.flatMap((same) =>
    (same[0]?.lines ?? []).map((line, at) => {
      const heads = [same.map(({ phase }) => phase), same.map(({ type }) => type)].map(names);
      return [...(at === 0 ? heads : ["", ""]), ...line];
    }),
  );
  const anywhere = Object.entries(ANYWHERE).flatMap(([type, transitions]) =>
    transitions.map(({ to, does = [] }) => ["any but `over`", names([type]), "", names([to]), wordsOf(does)]),
  );
  const meanings = table(
    ["phase", "the collector"],
    Object.entries(PHASES).map(([phase, words]) => [names([phase]), words]),
  );
  const all = [...rows, ...anywhere].map((row) => row.map(cell));
  const transitions = table(["in", "on", "where", "goes to", "and does"], all);
  return withPart(page("docs/rooms-and-links.md"), "collection", `${meanings}\n${transitions}`);
}
