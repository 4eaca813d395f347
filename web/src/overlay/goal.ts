import type { Session } from "../api/model.js";
import { amountOf } from "../format/number.js";
import type { Metric } from "./options.js";

/** How far a goal is, by what the server has counted of the broadcast. */
export function countOf({ totals }: Pick<Session, "totals">, metric: Metric): number {
  if (totals === null) return 0;
  switch (metric) {
    case "follows":
      return totals.follows;
    case "likes":
      // The platform samples likes: its own count is the room's.
      return totals.likes.total ?? totals.likes.seen;
    case "diamonds":
      return amountOf(totals.gifts.diamonds);
    case "units":
      return totals.gifts.units;
    case "chats":
      return totals.messages["chat"] ?? 0;
    case "viewers":
      return totals.viewers ?? 0;
  }
}
