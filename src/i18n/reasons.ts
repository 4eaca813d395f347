import { recorded } from "../runtime/msg.js";
import { Chinese } from "./chinese.js";
import { ERRORS_IN_CHINESE } from "./zh/errors.js";
import { REASONS } from "./zh/reasons.js";
import { WORKS } from "./zh/works.js";

const CHINESE = new Chinese([REASONS, WORKS, ERRORS_IN_CHINESE]);

/** Returns a reason or a piece of news that was written down in English, in Chinese; as it is where the tables have none for it. The dashboard has this file too. */
export function reasonInChinese(reason: string): string {
  return CHINESE.say(recorded(reason));
}
