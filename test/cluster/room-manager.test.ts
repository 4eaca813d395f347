import { running } from "../collector/running.js";
import { describeManager } from "./manager-suite.js";

describeManager("rooms of a process that is alone", (options) => running({}, options));
