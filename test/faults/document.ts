import { page, withPart } from "../docs/markdown.js";
import type { Outcome } from "./struck.js";

/** docs/faults.md with what was seen. */
export function document(
  kinds: readonly (readonly [kind: string, rows: readonly (readonly [name: string, outcome: Outcome])[]])[],
): string {
  const tables = kinds.map(
    ([kind, rows]) =>
      `\n## ${kind}\n\n| fault | shown | noticed | gap | after recovery |\n|---|---|---|---|---|\n${rows.map((each) => row(...each)).join("\n")}\n`,
  );
  return withPart(page("docs/faults.md"), "faults", tables.join(""));
}

function row(name: string, { shown, noticedMs, recoveredMs, gaps, lost, twice }: Outcome): string {
  const [first] = gaps;
  const reasons = [...new Set(gaps.map(({ reason }) => reason))].join("; ");
  const gap = first === undefined ? "none" : `${gaps.length > 1 ? `${gaps.length} times` : about(first.ms)}: ${reasons}`;
  const losses = lost === 0 ? "nothing lost" : `${lost} messages lost, all inside the gap`;
  return `| ${name} | ${shown.replaceAll("|", "\\|")} | ${about(noticedMs)} | ${gap} | as before after ${about(recoveredMs)}; ${losses}, ${twice} twice |`;
}

function about(ms: number): string {
  return ms <= 1500 ? "1.5 s at most" : `${Math.round(ms / 1000)} s`;
}
