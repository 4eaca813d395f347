import type { Retention } from "../store/retention.js";
import type { JobDesk } from "./jobs.js";

/** Returns retention that is done where jobs are done: giving room back takes the write lock for its time. */
export function retentionAt(desk: JobDesk): Retention {
  return {
    limits: (...ask) => desk.run("retention.limits", ask),
    setLimits: (...ask) => desk.run("retention.setLimits", ask),
    size: (...ask) => desk.run("retention.size", ask),
    storeSize: (...ask) => desk.run("retention.storeSize", ask),
    giveBack: (...ask) => desk.run("retention.giveBack", ask),
    days: (...ask) => desk.run("retention.days", ask),
    dropDays: (...ask) => desk.run("retention.dropDays", ask),
    horizon: (...ask) => desk.run("retention.horizon", ask),
    setHorizon: (...ask) => desk.run("retention.setHorizon", ask),
  };
}
