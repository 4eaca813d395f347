import { pino } from "pino";
import { afterEach } from "vitest";
import {
  NO_GAPS,
  type RequestedRoom,
  type RoomOperations,
  type RoomState,
  type RoomStatus,
  type RoomView,
} from "../../src/health/state.js";
import { createToken } from "../../src/http/auth.js";
import { type Api, startApi } from "../../src/http/server.js";
import type { Clock } from "../../src/runtime/clock.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { FakeClock } from "./fake-clock.js";
import { asLog, FakeLog, FakePositions, FakeTokens } from "./fake-store.js";

/** What is seen of a room of which nothing was seen. */
export const NOTHING_SEEN: RoomStatus["evidence"] = {
  reason: "test",
  since: 0,
  lastFrameAt: null,
  lastInteractiveAt: null,
  counts: {},
  reconnects: 0,
  drops: {},
  login: { account: null, login: "unknown" },
  gifts: "unknown",
  masked: null,
  likesSeen: null,
  storage: { received: 0, stored: 0, lastStoredAt: null, waiting: 0, waitingSince: null },
  gaps: NO_GAPS,
};

/** What is told of a broadcast of which nothing was told. */
export const NOTHING_TOLD: RoomStatus["broadcast"] = { cover: null, online: null, totalViewers: null, likes: null };

/** A desk that knows every room as room 1, unless told otherwise. */
export class FakeRoomOperations implements RoomOperations {
  state: RoomState = "live";
  room = 1;
  asked: string[] = [];
  answer: (text: string, signal: AbortSignal) => Promise<RequestedRoom> = async (text) => ({
    room: this.room,
    onlySession: /^\d{19}$/.test(text) ? text : null,
    status: this.status(),
  });

  request(text: string, _settleMs: number, signal: AbortSignal): Promise<RequestedRoom> {
    this.asked.push(text);
    return this.answer(text, signal);
  }

  status(): RoomStatus {
    return { room: this.room, state: this.state, sessionId: null, broadcast: NOTHING_TOLD, evidence: NOTHING_SEEN };
  }

  async list(): Promise<readonly RoomView[]> {
    return [];
  }

  view = (): Promise<RoomView> => Promise.reject(new Error("not used"));
  add = this.view;
  change = this.view;
  pause = this.view;
  resume = this.view;
  remove = this.view;
}

/** An API on a free port with everything behind it in hand. */
export interface Served<C extends Clock = FakeClock> {
  api: Api;
  log: FakeLog;
  positions: FakePositions;
  tokens: FakeTokens;
  desk: FakeRoomOperations;
  clock: C;
  token: string;
  /** Lines logged so far, at every level. */
  lines: string[];
  url(query: Record<string, string | number>): string;
  get(query?: Record<string, string | number>, init?: RequestInit): Promise<Answer>;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: { code: number; msg: string; data: Record<string, unknown>[] };
  /** What the events say, in order. */
  texts: unknown[];
}

const running: Api[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((api) => api.close()));
});

export async function serve<C extends Clock = FakeClock>(options: { webRoot?: string; clock?: C; log?: FakeLog } = {}): Promise<Served<C>> {
  const log = options.log ?? new FakeLog();
  const positions = new FakePositions();
  const tokens = new FakeTokens();
  const desk = new FakeRoomOperations();
  const clock = (options.clock ?? new FakeClock()) as C;
  const lines: string[] = [];
  const logger = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
  const { token } = await createToken(tokens, { name: "test", scope: "read", now: clock.now() });
  const webRoot = options.webRoot === undefined ? {} : { webRoot: options.webRoot };
  const store = { ...openSqliteStore({ path: ":memory:", clock }), log: asLog(log), positions, tokens };
  const api = await startApi({ host: "127.0.0.1", port: 0, store, rooms: desk, clock, logger, ...webRoot });
  running.push(api);
  const url = (query: Record<string, string | number>) =>
    `${api.url}/douyin/liveroom/chat?${new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]))}`;
  const get = async (query: Record<string, string | number> = {}, init: RequestInit = {}) =>
    answerOf(await fetch(url({ token, room_id: "123", ...query }), init));
  return { api, log, positions, tokens, desk, clock, token, lines, url, get };
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const body = JSON.parse(text) as Answer["body"];
  const texts = Array.isArray(body.data) ? body.data.map((event) => event["text"] ?? event["msg"]) : [];
  return { status: response.status, headers: response.headers, text, body, texts };
}
