import { appendFileSync } from "node:fs";

/** One line of the table of docs/measured.md. */
interface Claim {
  /** What is claimed, which names its line. */
  readonly what: string;
  readonly figure: string;
  /** What dylive is measured against in the same run; null for figures that stand alone. */
  readonly rival: string | null;
  /** What is asked of dylive, and whether this figure is that; null where nothing is asked. */
  readonly asked: { readonly text: string; readonly met: boolean } | null;
}

/** The option by which `npm run bench` says where claims go. */
const CLAIMS = "--claims=";

/** Prints a claim, and notes it for the table where this run is one for the table. */
export function claim(made: Claim): void {
  const asked = made.asked === null ? "" : `; asked ${made.asked.text}: ${made.asked.met ? "met" : "missed"}`;
  console.log(`${made.what}: ${made.figure}${made.rival === null ? "" : ` against ${made.rival}`}${asked}`);
  const file = process.argv.find((option) => option.startsWith(CLAIMS))?.slice(CLAIMS.length);
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(made)}\n`);
}

/**
 * Claims so many times a rival's rate.
 *
 * @param atLeast the ratio that is asked; null where none is
 */
export function claimRatio(what: string, rival: string, ratio: number, atLeast: number | null): void {
  const asked = atLeast === null ? null : { text: `${atLeast}×`, met: ratio >= atLeast };
  claim({ what, figure: `${ratio.toFixed(ratio < 2 ? 2 : 1)}×`, rival, asked });
}
