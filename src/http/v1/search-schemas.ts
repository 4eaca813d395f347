import { Type } from "typebox";
import { Next } from "./fields.js";

/** Result of a search. */
export const FoundSchema = Type.Object(
  {
    events: Type.Array(Type.Ref("LiveEvent"), { description: "newest first; may be fewer than asked for while there is a next page" }),
    next: Next,
    behind: Type.Integer({
      minimum: 0,
      description: "events of these rooms that cannot be found yet: the index is made some seconds after",
    }),
  },
  { $id: "Found", description: "a page of what was found" },
);
