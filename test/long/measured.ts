import { appendFileSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../.tmp/", import.meta.url));

/** Notes a figure of a full-size test; `npm run test:long` puts them into docs/measured.md. */
export function measured(what: string, figures: string): void {
  mkdirSync(FOLDER, { recursive: true });
  appendFileSync(`${FOLDER}measured.jsonl`, `${JSON.stringify({ what, figures })}\n`);
}
