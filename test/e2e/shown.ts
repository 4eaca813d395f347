import type { LiveEvent } from "../../src/events/event.js";

/** Whether the compatible interface gives an event, by default. */
export function isShown(event: LiveEvent): boolean {
  return (
    event.type === "chat" ||
    event.type === "join" ||
    event.type === "follow" ||
    event.type === "share" ||
    (event.type === "like" && event.count > 0) ||
    (event.type === "gift" && event.delta > 0)
  );
}
