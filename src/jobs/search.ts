import type { Search } from "../store/search.js";
import type { JobDesk } from "./jobs.js";

/** Returns search that is done where jobs are done: comparing some thousand texts takes its time. */
export function searchAt(desk: JobDesk): Search {
  return {
    progress: (...ask) => desk.run("search.progress", ask),
    advance: (...ask) => desk.run("search.advance", ask),
    reset: (...ask) => desk.run("search.reset", ask),
    find: (...ask) => desk.run("search.find", ask),
    purge: (...ask) => desk.run("search.purge", ask),
    verify: (...ask) => desk.run("search.verify", ask),
  };
}
