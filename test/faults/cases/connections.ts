import type { Fault } from "../struck.js";
import { RID } from "../struck.js";
import { closedAt, refused, state } from "./seen.js";

/** A connection that ends, in every way that was seen (facts/protocol.md 2.6 and section 5). */
export const CONNECTIONS: readonly Fault[] = [
  {
    name: "TCP is cut without a close frame (as when a PK begins)",
    strike: (rooms) => rooms.cut(RID),
    shows: state("connecting", /code 1006/),
    within: 1000,
    recovers: 5000,
    gap: /code 1006/,
  },
  {
    name: "TCP is reset after the connection stood for a while (1-2 h in life, 40 s here)",
    strike: (rooms) => rooms.resetAfter(RID, 40_000),
    since: closedAt,
    shows: state("connecting", /code 1006/),
    within: 1000,
    mend: (rooms) => rooms.resetAfter(RID, null),
    recovers: 5000,
    gap: /code 1006/,
  },
  {
    name: "Every connection is dropped after 21 s, for two minutes",
    strike: (rooms) => rooms.resetAfter(RID, 21_000),
    since: closedAt,
    shows: state("connecting", /code 1006/),
    within: 1000,
    lasts: 120_000,
    mend: (rooms) => rooms.resetAfter(RID, null),
    recovers: 60_000,
    gap: /code 1006/,
  },
  {
    name: "The connection is closed with code 1001 or 1012 (the server goes away)",
    strike: (rooms) => rooms.close(RID, 1012),
    shows: state("connecting", /code 1012/),
    within: 1000,
    recovers: 5000,
    gap: /code 1012/,
  },
  {
    name: "A frame of the type `close` comes",
    strike: (rooms) => rooms.close(RID, "frame"),
    shows: state("connecting", /said that the connection is over/),
    within: 1000,
    recovers: 5000,
    gap: /said that the connection is over/,
  },
  {
    name: "There is no network, for a minute",
    strike: (rooms) => rooms.unplug(),
    shows: state("failed", /room page failed/),
    within: 10_000,
    lasts: 60_000,
    mend: (rooms) => rooms.unplug(false),
    recovers: 60_000,
    gap: /code 1006/,
  },
  {
    name: "There is no network when the room is asked for",
    before: true,
    strike: (rooms) => rooms.unplug(),
    shows: refused("unreachable"),
    within: 1000,
    lasts: 5000,
    mend: (rooms) => rooms.unplug(false),
    recovers: 30_000,
    gap: null,
  },
];
