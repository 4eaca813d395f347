import type { NewEvent } from "../../../src/events/event.js";
import type { Context, Envelope } from "../../../src/platform/messages/head.js";
import { normalise } from "../../../src/platform/messages/normalise.js";
import { expectValid } from "../../events/check.js";
import { context } from "./encode.js";

/** An envelope as gifts of 2026 have it. */
export const COMMON = { msgId: "7624523651580285990", roomId: "7624505674873244442", createTime: "1775222770095" };
/** A user as the captures have it. */
export const USER = {
  id: "111482481280",
  shortId: "1386443418",
  nickname: "菊0",
  displayId: "1386443418",
  secUid: "MS4wLjABAAAA6CLH",
  gender: 2,
};

/** The one event of an envelope, checked against its schema. */
export function event(from: Envelope, changes: Partial<Context> = {}): NewEvent {
  const draft = normalise(from, context(changes));
  if (draft === null) throw new Error("no event");
  expectValid(draft.event);
  return draft.event;
}
