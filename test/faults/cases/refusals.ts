import type { Fault } from "../struck.js";
import { RID } from "../struck.js";
import { again, refused, state } from "./seen.js";

/** The host that im/fetch names first. */
const NAMED_HOST = "webcast100-ws-web-hl.douyin.com";

/** A platform that does not want us. */
export const REFUSALS: readonly Fault[] = [
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
    shows: refused("room_unknown"),
    within: 1000,
    lasts: 5000,
    mend: (rooms) => rooms.captcha(false),
    recovers: 30_000,
    gap: null,
  },
  {
    name: "A captcha page for a minute while the connection is lost and opened again",
    calm: 70_350,
    strike: (rooms) => {
      rooms.captcha();
      rooms.cut(RID);
    },
    shows: ({ sim, status }) => sim.connections.length > 1 && status?.state === "live",
    shown: again,
    within: 5000,
    lasts: 60_000,
    mend: (rooms) => rooms.captcha(false),
    over: ({ status, sim, events }) =>
      status?.state === "live" && sim.connections.length === 2 && events.every((event) => event.type !== "state" || event.to !== "failed"),
    recovers: 1000,
    gap: /code 1006/,
  },
  {
    name: "HTTP 200 and not a byte instead of the room's page",
    before: true,
    strike: (rooms) => rooms.breakHost("live.douyin.com", 200),
    shows: refused("room_unknown"),
    within: 1000,
    mend: (rooms) => rooms.breakHost("live.douyin.com", null),
    recovers: 30_000,
    gap: null,
  },
  {
    name: "HTTP 444 instead of the room's page",
    before: true,
    strike: (rooms) => rooms.breakHost("live.douyin.com", 444),
    shows: refused("room_unknown"),
    within: 1000,
    mend: (rooms) => rooms.breakHost("live.douyin.com", null),
    recovers: 30_000,
    gap: null,
  },
];
