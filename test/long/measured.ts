import { appendFileSync, mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../.tmp/", import.meta.url));

/** Notes a figure of a full-size test; `npm run test:long` puts them into docs/measured.md. */
export function measured(what: string, figures: string): void {
  mkdirSync(FOLDER, { recursive: true });
  appendFileSync(`${FOLDER}measured.jsonl`, `${JSON.stringify({ what, figures })}\n`);
}

/** Resident memory of processes, in MB, from Linux's own books; shared pages count once per process. */
export async function residentMb(ids: readonly number[]): Promise<number> {
  const texts = await Promise.all(ids.map((id) => readFile(`/proc/${id}/status`, "utf8").catch(() => "")));
  return Math.round(texts.reduce((sum, text) => sum + Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1] ?? 0), 0) / 1024);
}
