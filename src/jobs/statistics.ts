import type { Statistics } from "../store/statistics.js";
import type { JobDesk } from "./jobs.js";

/** Returns statistics that are read and written where jobs are done: a rank of a hundred thousand people takes its time. */
export function statisticsAt(desk: JobDesk): Statistics {
  return {
    progress: (...ask) => desk.run("statistics.progress", ask),
    task: (...ask) => desk.run("statistics.task", ask),
    sweep: (...ask) => desk.run("statistics.sweep", ask),
    commit: (...ask) => desk.run("statistics.commit", ask),
    reset: (...ask) => desk.run("statistics.reset", ask),
    forget: (...ask) => desk.run("statistics.forget", ask),
    expire: (...ask) => desk.run("statistics.expire", ask),
    sessions: (...ask) => desk.run("statistics.sessions", ask),
    minutes: (...ask) => desk.run("statistics.minutes", ask),
    people: (...ask) => desk.run("statistics.people", ask),
    gifts: (...ask) => desk.run("statistics.gifts", ask),
    words: (...ask) => desk.run("statistics.words", ask),
    person: (...ask) => desk.run("statistics.person", ask),
  };
}
