import { type Static, Type } from "typebox";
import { Count, literals, Nullable, Text } from "../../events/field.js";
import { AuthorSchema } from "./author.js";
import { MixSchema } from "./work.js";

const ENDS = ["end", "limit", "wall", "captcha", "blocked", "stuck", "stopped"] as const;
const IN_WORDS = "the platform's end, our limit, its wall for guests, a captcha, a refusal, pages without progress, a person";

/** By what a run through a page ended. */
export const RunEndSchema = literals([...ENDS], IN_WORDS);

/** By what a run through a list of works ended: that may be known from before, or be kept from everybody. */
const ListEndSchema = literals(
  [...ENDS, "known", "withheld"],
  `${IN_WORDS}, works that are known from before, an account that shows none because it is private or banned`,
);

/** A run through the works of an author, or of a mix. It is never just done: it says by what it ended, and why. */
export const WorkListRunSchema = Type.Object(
  {
    secUid: Text("the sec_uid of the author whose works they are; null for a mix"),
    author: Nullable(AuthorSchema, "whose works they are, by the profile; null for a mix, and where the page did not tell"),
    mix: Nullable(MixSchema, "the mix whose works they are; null for an author's"),
    shown: Count("works that the platform says there are: often about 20 where it shows no more"),
    collected: Type.Integer({ minimum: 0, description: "works that reached us, each counted once" }),
    hidden: Type.Integer({ minimum: 0, description: "works that the list names, and only the author or their friends can see" }),
    limit: Type.Integer({ minimum: 1, description: "it ends after so many works" }),
    stopAfterKnown: Count("it ends after so many works in a row that are known from before; null: it does not, nor does that of a mix"),
    endedBy: Nullable(ListEndSchema, "null while it runs, and where it broke off"),
    reason: Text("why it ended, in words"),
    startedAt: Type.Integer({ description: "ms UTC" }),
    endedAt: Nullable(Type.Integer({ description: "ms UTC" })),
  },
  { $id: "WorkListRun", description: "a run through the works of an author, or of a mix" },
);
export type WorkListRun = Static<typeof WorkListRunSchema>;
