import { running } from "../collector/running.js";
import { describeManager } from "./manager-suite.js";

describeManager("supervisor", (options) => running({}, options));
