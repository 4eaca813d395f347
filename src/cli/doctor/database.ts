import { DyliveError } from "../../runtime/errors.js";
import type { Look } from "../../store/postgres/admin.js";
import { type Finding, failed, ok, warn } from "./finding.js";
import { soundness } from "./machine.js";

const MIB = 1024 * 1024;
/** Version of PostgreSQL that the tests run with. */
const VERSION = 17;
/** Round trip, in ms, beyond which everything that asks the database feels it. */
const SLOW_MS = 50;

/** Checks whether the database can be reached, is ours, and holds together, as far as a few seconds can tell. Changes nothing. */
export async function database(url: string): Promise<Finding> {
  try {
    const { lookAt } = await import("../../store/postgres/admin.js");
    const look = await lookAt(url);
    const shown = `PostgreSQL ${look.server} at ${look.name}, ${sizeOf(look)}`;
    return (
      complaintOf(look, shown) ?? (look.schema < look.known ? ok("store", shown) : await soundness({ engine: "postgres", url }, shown))
    );
  } catch (error) {
    const todo =
      error instanceof DyliveError && error.code === "bad_config" ? "Correct DATABASE_URL: docs/scale.md has its form." : undefined;
    return failed("store", error, todo);
  }
}

function sizeOf({ schema, known, bytes }: Look): string {
  if (schema === 0) return "empty; the store is made at the first start";
  return `schema ${schema}, ${(bytes / MIB).toFixed(1)} MiB${schema < known ? "; it is brought up to date at the next start" : ""}`;
}

function complaintOf({ server, notDurable, roundTripMs }: Look, shown: string): Finding | null {
  if (Number.parseInt(server, 10) < VERSION)
    return warn("store", `${shown}: older than what dylive is tested with`, `Use PostgreSQL ${VERSION} or newer.`);
  if (roundTripMs > SLOW_MS)
    return warn(
      "store",
      `${shown}: it takes ${Math.round(roundTripMs)} ms to answer`,
      "Run dylive nearer to the database, or look at its load.",
    );
  if (notDurable.length === 0) return null;
  return warn("store", `${shown}: ${notDurable.join(", ")}, so events that were given out may be lost when the power goes`, "Turn it on.");
}
