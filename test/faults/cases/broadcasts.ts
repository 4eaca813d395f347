import type { Fault } from "../struck.js";
import { RID } from "../struck.js";
import { again, anew, state } from "./seen.js";

/** Broadcasts that end and begin. */
export const BROADCASTS: readonly Fault[] = [
  {
    name: "The broadcast ends with a word (ControlMessage 3), and another begins",
    strike: (rooms) => rooms.end(RID),
    shows: state("waiting", /not live/),
    within: 1000,
    lasts: 60_000,
    mend: (rooms) => void rooms.restart(RID),
    recovers: 30_000,
    gap: null,
  },
  {
    name: "The broadcast ends without a word, and another begins",
    strike: (rooms) => rooms.end(RID, "unsaid"),
    shows: state("waiting", /not live/),
    within: 90_000,
    lasts: 60_000,
    mend: (rooms) => void rooms.restart(RID),
    recovers: 30_000,
    gap: null,
  },
  {
    name: "Another broadcast begins while the old connection stays open and silent",
    strike: (rooms) => void rooms.restart(RID),
    shows: ({ status, sim }) => status?.sessionId === sim.roomId,
    shown: ({ status }) => `${status?.state}; \`sessionId\` is the new one`,
    within: 75_000,
    recovers: 5000,
    gap: null,
  },
  {
    name: "Another broadcast begins and the old connection is cut",
    calm: 70_350,
    strike: (rooms) => {
      rooms.restart(RID);
      rooms.cut(RID);
    },
    shows: ({ status, sim }) => status?.sessionId === sim.roomId,
    shown: ({ status }) => `${status?.state}; \`sessionId\` is the new one`,
    within: 15_000,
    recovers: 5000,
    gap: /code 1006/,
  },
  {
    name: "The end is announced, and the page says live",
    strike: (rooms) => void rooms.send(RID, "WebcastControlMessage", { action: 3 }),
    shows: anew,
    shown: again,
    within: 3000,
    recovers: 5000,
    gap: /page says live/,
  },
];
