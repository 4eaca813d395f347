// Guards: a process that is alone collects the rooms that are watched or asked for, and no others.
// Slow cases of the suite have `tags: ["full"]`.
import { running } from "../collector/running.js";
import { describeManager } from "./manager-suite.js";

describeManager("rooms of a process that is alone", (options) => running({}, options));
