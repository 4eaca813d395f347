import type { Fault } from "../struck.js";
import { RID } from "../struck.js";
import { again, anew, state } from "./seen.js";

/** A connection that is open and brings nothing. */
export const SILENCES: readonly Fault[] = [
  {
    name: "Silent stall: only messages that no people cause, until one reconnects",
    strike: (rooms) => rooms.deafen(RID),
    shows: state("stalled", /although the room's page says live/),
    within: 75_000,
    recovers: 5000,
    gap: /open but silent/,
  },
  {
    name: "The same, and the new connection falls silent a minute later",
    strike: (rooms) => rooms.deafen(RID),
    shows: state("stalled", /although the room's page says live/),
    within: 75_000,
    lasts: 60_000,
    mend: (rooms) => rooms.deafen(RID),
    over: ({ sim, status }) => sim.connections.length > 2 && status?.state === "live",
    recovers: 42_000,
    gap: /open but silent/,
  },
  {
    name: "Silent stall that the first new connection shares, and the second does not",
    strike: (rooms) => rooms.stall(RID),
    shows: state("stalled", /although the room's page says live/),
    within: 75_000,
    lasts: 5000,
    mend: (rooms) => {
      rooms.deafen(RID);
      rooms.stall(RID, false);
    },
    recovers: 75_000,
    gap: /open but silent/,
  },
  {
    name: "Silent stall for every connection, for two minutes",
    strike: (rooms) => rooms.stall(RID),
    shows: state("stalled", /although the room's page says live/),
    within: 75_000,
    lasts: 120_000,
    mend: (rooms) => rooms.stall(RID, false),
    recovers: 15_000,
    gap: /open but silent/,
  },
  {
    name: "Heartbeats are answered and nothing else comes",
    strike: (rooms) => rooms.deafen(RID, "nothing"),
    shows: state("stalled", /although the room's page says live/),
    within: 75_000,
    recovers: 5000,
    gap: /open but silent/,
  },
  {
    name: "Nothing comes through, not even answers to heartbeats, and TCP stays open",
    strike: (rooms) => {
      rooms.freeze(RID);
      rooms.freeze(RID, false);
    },
    shows: state("stalled", /although the room's page says live/),
    within: 42_000,
    recovers: 5000,
    gap: /open but silent/,
  },
  {
    name: "The same in a room where people are seldom heard",
    scenario: { everySeconds: { stats: 5, adaptation: 4, chat: 12 } },
    strike: (rooms) => {
      rooms.freeze(RID);
      rooms.freeze(RID, false);
    },
    shows: anew,
    shown: again,
    within: 42_000,
    recovers: 40_000,
    gap: /not even heartbeats were answered/,
  },
  {
    name: "A connection is accepted and never brings a byte",
    before: true,
    strike: (rooms) => rooms.freeze(RID),
    shows: anew,
    within: 42_000,
    mend: (rooms) => rooms.freeze(RID, false),
    recovers: 60_000,
    gap: /not even heartbeats were answered/,
  },
  {
    name: "A captcha stands before the room's page while the connection is silent",
    strike: (rooms) => {
      rooms.captcha();
      rooms.deafen(RID);
    },
    shows: state("stalled", /did not say whether the room is live/),
    within: 75_000,
    lasts: 10_000,
    mend: (rooms) => rooms.captcha(false),
    recovers: 150_000,
    gap: /open but silent/,
  },
  {
    name: "The page says once that the broadcast is over, which is wrong, while the connection is silent",
    strike: (rooms) => {
      rooms.misread(RID);
      rooms.deafen(RID);
    },
    shows: anew,
    shown: again,
    within: 75_000,
    recovers: 5000,
    gap: /said that the broadcast was over/,
  },
];
