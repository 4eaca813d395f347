import { type Static, Type } from "typebox";
import { literals, Nullable, Text } from "../../events/field.js";
import { PersonSchema } from "./author.js";

/** Ways in which a look at an author's works ends. */
export const LOOK_OUTCOMES = ["ok", "wall", "withheld", "captcha", "blocked", "stuck", "gone", "erased", "failed"] as const;
/** Outcomes after which all that may be new was seen: what lies behind a wall is older, or not shown to guests. */
export const WELL: ReadonlySet<(typeof LOOK_OUTCOMES)[number]> = new Set(["ok", "wall"]);

/** A watch on an author of works: each work that they publish becomes an event. Times are ms UTC. */
export const AuthorWatchSchema = Type.Object(
  {
    secUid: Type.String({ description: "the author's lasting public id (MS4w…)" }),
    author: Nullable(PersonSchema, "who that is, as their page last said; null before it did"),
    addedAt: Type.Integer({ description: "when the watch began" }),
    nextAt: Type.Integer({ description: "when their page is to be looked at next; it may be over while others have their turn" }),
    look: Nullable(
      Type.Object({
        at: Type.Integer({ description: "when it ended" }),
        outcome: literals(
          [...LOOK_OUTCOMES],
          "down to what was known, only the first ones shown, none shown (a private or banned account), a captcha, a refusal, pages without progress, no such account, an author who was erased here within the last hour, a failure",
        ),
        reason: Text("why, in words"),
      }),
      "the last look; null before the first",
    ),
    failingSince: Nullable(
      Type.Integer({ description: "since when no look came to what was known" }),
      "null while the looks go well (ok, wall)",
    ),
    learnedAt: Nullable(
      Type.Integer({ description: "when what was there already was learned: what is published from then on is announced" }),
      "null before that",
    ),
    newest: Nullable(
      Type.Object({
        id: Type.String({ description: "the platform's id of the work" }),
        time: Type.Integer({ description: "when it was published" }),
      }),
      "the newest work that is known; older ones that turn up later are not announced as new",
    ),
    published: Type.Integer({ minimum: 0, description: "works that were announced as new since the watch began" }),
  },
  { $id: "AuthorWatch", description: "a watch on an author of works: each work that they publish becomes an event of room 0" },
);
export type AuthorWatch = Static<typeof AuthorWatchSchema>;
/** By what a look ended. */
export type LookOutcome = NonNullable<AuthorWatch["look"]>["outcome"];
