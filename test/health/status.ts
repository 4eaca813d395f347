import { seenIn } from "../../src/health/sightings.js";
import { NO_GAPS, type RoomStatus } from "../../src/health/state.js";

const EVIDENCE: RoomStatus["evidence"] = {
  reason: "test",
  since: 0,
  lastFrameAt: null,
  lastInteractiveAt: null,
  counts: {},
  reconnects: 0,
  drops: {},
  login: { account: null, login: "unknown" },
  gifts: "unknown",
  giftsSeen: { since: null, diamondsWitnessed: 0, diamondsMissing: 0 },
  masked: null,
  likesSeen: null,
  storage: { received: 0, stored: 0, lastStoredAt: null, waiting: 0, waitingSince: null },
  gaps: NO_GAPS,
  sessions: [],
  seen: seenIn({ sessions: [], counts: {} }),
};

/** The status of room 1, live and of which nothing was seen, but for what is given. */
export function roomStatus({
  evidence,
  storage,
  ...status
}: Partial<Omit<RoomStatus, "evidence">> & {
  readonly evidence?: Partial<RoomStatus["evidence"]>;
  readonly storage?: Partial<RoomStatus["evidence"]["storage"]>;
} = {}): RoomStatus {
  return {
    ...{ room: 1, state: "live", sessionId: null, broadcast: { roomId: null, cover: null, online: null, totalViewers: null, likes: null } },
    ...status,
    evidence: { ...EVIDENCE, storage: { ...EVIDENCE.storage, ...storage }, ...evidence },
  };
}
