import { describeManager } from "./manager-suite.js";
import { running } from "./running.js";

describeManager("supervisor", (options) => running({}, options));
