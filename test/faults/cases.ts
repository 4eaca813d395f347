import type { Fault, Sight } from "./struck.js";
import { RID, SCENARIO } from "./struck.js";

const state =
  (state: string, reason: RegExp) =>
  ({ status }: Sight): boolean =>
    status?.state === state && reason.test(status.evidence.reason);
const error =
  (code: string) =>
  ({ error }: Sight): boolean =>
    error?.code === code;
const closedAt = (sim: Sight["sim"]) => sim.connections.find(({ closedAt }) => closedAt !== null)?.closedAt;
const anew = ({ sim }: Sight): boolean => sim.connections.length > 1;
const again = ({ status }: Sight): string => `${status?.state}; \`reconnects: ${status?.evidence.reconnects}\``;
/** The host that im/fetch names first. */
const NAMED_HOST = "webcast100-ws-web-hl.douyin.com";

/** A connection that ends, in every way that was seen (facts/protocol.md 2.6 and section 5). */
const CONNECTIONS: readonly Fault[] = [
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
    shows: error("unreachable"),
    within: 1000,
    lasts: 5000,
    mend: (rooms) => rooms.unplug(false),
    recovers: 30_000,
    gap: null,
  },
];

/** A connection that is open and brings nothing. */
const SILENCES: readonly Fault[] = [
  {
    name: "Silent stall: only messages that no people cause, until one connects anew",
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

/** A platform that does not want us. */
const REFUSALS: readonly Fault[] = [
  {
    name: "The handshake is refused: HTTP 200 with DEVICE_BLOCKED and 415",
    strike: (rooms) => {
      rooms.refuse(RID);
      rooms.cut(RID);
    },
    shows: state("blocked", /HTTP 200 .*DEVICE_BLOCKED.*415/),
    within: 3000,
    lasts: 60_000,
    mend: (rooms) => rooms.refuse(RID, false),
    recovers: 240_000,
    gap: /code 1006/,
  },
  {
    name: "The handshake is refused: HTTP 200 without a reason",
    strike: (rooms) => {
      rooms.refuse(RID, true, "bare");
      rooms.cut(RID);
    },
    shows: state("blocked", /HTTP 200 instead of opening$/),
    within: 3000,
    mend: (rooms) => rooms.refuse(RID, false),
    recovers: 30_000,
    gap: /code 1006/,
  },
  {
    name: "The connection is closed with code 1008 or 1013 (against the rules, come back later)",
    strike: (rooms) => rooms.close(RID, 1008),
    shows: state("blocked", /code 1008/),
    within: 1000,
    recovers: 30_000,
    gap: /code 1008/,
  },
  {
    name: "The push host that the platform named refuses everybody (out of date)",
    strike: (rooms) => {
      rooms.breakHost(NAMED_HOST, 200);
      rooms.cut(RID);
    },
    shows: state("blocked", /HTTP 200/),
    within: 3000,
    recovers: 30_000,
    gap: /code 1006/,
  },
  {
    name: "A server in between is out of order: the handshake is answered with HTTP 502",
    strike: (rooms) => {
      rooms.refuse(RID, true, 502);
      rooms.cut(RID);
    },
    shows: state("connecting", /HTTP 502/),
    within: 3000,
    lasts: 30_000,
    mend: (rooms) => rooms.refuse(RID, false),
    recovers: 60_000,
    gap: /code 1006/,
  },
  {
    name: "A captcha page instead of the room's page when the room is asked for",
    before: true,
    strike: (rooms) => rooms.captcha(),
    shows: error("room_unknown"),
    within: 1000,
    lasts: 5000,
    mend: (rooms) => rooms.captcha(false),
    recovers: 30_000,
    gap: null,
  },
  {
    name: "HTTP 200 and not a byte instead of the room's page",
    before: true,
    strike: (rooms) => rooms.breakHost("live.douyin.com", 200),
    shows: error("room_unknown"),
    within: 1000,
    mend: (rooms) => rooms.breakHost("live.douyin.com", null),
    recovers: 30_000,
    gap: null,
  },
  {
    name: "HTTP 444 instead of the room's page",
    before: true,
    strike: (rooms) => rooms.breakHost("live.douyin.com", 444),
    shows: error("room_unknown"),
    within: 1000,
    mend: (rooms) => rooms.breakHost("live.douyin.com", null),
    recovers: 30_000,
    gap: null,
  },
];

/** Messages that are not what they should be. */
const MESSAGES: readonly Fault[] = [
  {
    name: "A frame whose gzip is corrupt",
    strike: (rooms) => rooms.damage(RID, "gzip"),
    shows: ({ status }) => (status?.evidence.drops["damaged"] ?? 0) > 0,
    within: 10_000,
    recovers: 5000,
    gap: /damaged on its way/,
  },
  {
    name: "A frame without its end",
    strike: (rooms) => rooms.damage(RID, "truncated"),
    shows: ({ status }) => (status?.evidence.drops["damaged"] ?? 0) > 0,
    within: 10_000,
    recovers: 5000,
    gap: /damaged on its way/,
  },
  {
    name: "A damaged frame in a room of twelve messages a second, more than the platform replays for a new connection",
    scenario: { everySeconds: { stats: 5, adaptation: 4, chat: 0.15, like: 0.2 } },
    strike: (rooms) => rooms.damage(RID, "gzip"),
    shows: ({ status }) => (status?.evidence.drops["damaged"] ?? 0) > 0,
    shown: ({ status }) => `${status?.state}; \`drops.damaged: ${status?.evidence.drops["damaged"]}\``,
    within: 10_000,
    recovers: 1000,
    gap: /damaged on its way/,
    loses: true,
  },
  {
    name: "Messages that were sent come again",
    strike: (rooms) => void rooms.repeat(RID, 5),
    shows: ({ status }) => (status?.evidence.drops["duplicate"] ?? 0) >= 5,
    shown: ({ status }) => `${status?.state}; \`drops.duplicate\` rises`,
    within: 1000,
    recovers: 1000,
    gap: null,
  },
  {
    name: "Everything comes 3 s late, for 20 s",
    strike: (rooms) => rooms.latency(3000),
    shows: ({ status, events }) =>
      status?.state === "live" && events.some(({ type, receivedAt, time }) => type === "chat" && receivedAt - time >= 3000),
    shown: ({ status }) => `${status?.state}; \`receivedAt\` is later than \`time\``,
    within: 20_000,
    lasts: 20_000,
    mend: (rooms) => rooms.latency(0),
    recovers: 5000,
    gap: null,
  },
  {
    name: "Gifts are kept from guests",
    scenario: { viewers: 4, everySeconds: { ...SCENARIO.everySeconds, gift: 6 } },
    strike: (rooms) => rooms.gifts("logged_in"),
    shows: ({ status }) => status?.evidence.gifts === "suppressed",
    shown: ({ status }) => `${status?.state}; \`gifts: ${status?.evidence.gifts}\``,
    within: 120_000,
    mend: (rooms) => rooms.gifts("everyone"),
    over: ({ status }) => status?.evidence.gifts === "flowing",
    recovers: 60_000,
    gap: null,
  },
  {
    name: "The room hides who its people are (uid 111111, names `x***`)",
    scenario: { anonymised: true },
    before: true,
    strike: () => {},
    shows: ({ status }) => status?.evidence.masked === true,
    shown: ({ status }) => `${status?.state}; \`masked: ${status?.evidence.masked}\``,
    within: 60_000,
    recovers: 1000,
    gap: null,
  },
];

/** Broadcasts that end and begin. */
const BROADCASTS: readonly Fault[] = [
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

/** Every fault, as docs/faults.md tells them. */
export const FAULTS: Readonly<Record<string, readonly Fault[]>> = {
  "Connections that end": CONNECTIONS,
  "Connections that are open and silent": SILENCES,
  "Refusals and pages that say nothing": REFUSALS,
  "Messages that are not what they should be": MESSAGES,
  "Broadcasts that end and begin": BROADCASTS,
};
