import type { Exports } from "../exports/exports.js";
import type { JobDesk } from "./jobs.js";

/** Returns exports that are made where jobs are done: reading and writing a few hundred thousand events takes seconds. */
export function exportsAt(desk: JobDesk): Exports {
  return {
    open: (...ask) => desk.run("export.open", ask),
    next: (...ask) => desk.run("export.next", ask),
    close: (...ask) => desk.run("export.close", ask),
  };
}
