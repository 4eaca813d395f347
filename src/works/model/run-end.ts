import { literals } from "../../events/field.js";

const ENDS = ["end", "limit", "wall", "captcha", "blocked", "stuck", "stopped"] as const;
const IN_WORDS = "the platform's end, our limit, its wall for guests, a captcha, a refusal, pages without progress, somebody";

/** By what a run through a page ended. */
export const RunEndSchema = literals([...ENDS], IN_WORDS);

/** By what a run through a list of works ended: that may be known from before, or be kept from everybody. */
export const ListEndSchema = literals(
  [...ENDS, "known", "withheld"],
  `${IN_WORDS}, works that are known from before, an account that shows none because it is private or banned`,
);
