import { type Mock, vi } from "vitest";
import type { NewEvent } from "../../../src/events/event.js";
import type { Clock } from "../../../src/runtime/clock.js";
import type { Log } from "../../../src/store/log.js";
import { pageOf } from "../../../src/store/page.js";
import type { Positions } from "../../../src/store/sql/positions.js";
import type { FakeClock } from "../../clock.js";
import { type ApiServer, type ApiServerOptions, serveApi } from "../api-server.js";

/** The broadcast that events of these tests are of. */
export const SESSION = "7000000000000000001";

/** An API with a live room, 123, that is polled at `/douyin/liveroom/chat`. */
export interface ChatServer<C extends Clock = FakeClock> extends ApiServer<C> {
  /** Adds events to room 123. */
  add(...events: NewEvent[]): Promise<void>;
  readonly setPosition: Mock<Positions["set"]>;
  /** The positions that are kept, in the order in which they were first set. */
  positions(): Promise<(number | null)[]>;
  /** Holds back positions that are to be kept, until what it returns is called. */
  holdPositions(): () => void;
  /** A token that may read. */
  readonly reader: string;
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

export async function serveChat<C extends Clock = FakeClock>(options: ApiServerOptions<C> = {}): Promise<ChatServer<C>> {
  const server = await serveApi(options);
  const { api, store, manager, tell, tokens } = server;
  manager.say(await tell("123"), "live");
  await store.rooms.ensure([
    { kind: "web_rid", value: "123" },
    { kind: "room_id", value: SESSION },
  ]);
  const url = (query: Record<string, string | number>) => {
    const search = new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]));
    return `${api.url}/douyin/liveroom/chat?${search}`;
  };
  const set = store.positions.set.bind(store.positions);
  const setPosition = vi.spyOn(store.positions, "set");
  return {
    ...server,
    add: async (...events) => void (await tell("123", ...events)),
    setPosition,
    positions: () => {
      const kept = new Set(setPosition.mock.calls.map(([reader]) => reader));
      return Promise.all([...kept].map((reader) => store.positions.get(reader)));
    },
    holdPositions: () => {
      let release = () => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      setPosition.mockImplementation((...given) => held.then(() => set(...given)));
      return release;
    },
    reader: tokens.read,
    url,
    get: async (query = {}, init = {}) => answerOf(await fetch(url({ token: tokens.read, room_id: "123", ...query }), init)),
  };
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const body = JSON.parse(text) as Answer["body"];
  const texts = Array.isArray(body.data) ? body.data.map((event) => event["text"] ?? event["msg"]) : [];
  return { status: response.status, headers: response.headers, text, body, texts };
}

/** Lets one reading of a log look at `span` sequence numbers at most, where the engines look at thousands. */
export function readInSteps(log: Log, span: number): void {
  const [readRoom, readRoomBefore] = [log.readRoom.bind(log), log.readRoomBefore.bind(log)];
  vi.spyOn(log, "readRoom").mockImplementation(async (room, after, limit, where) => {
    const { rows, scanned, head, pos } = await readRoom(room, after, limit, where);
    const last = Math.min(scanned, after + span);
    return pageOf(
      rows.filter(({ seq }) => seq <= last),
      { scanned: last, head, pos },
    );
  });
  vi.spyOn(log, "readRoomBefore").mockImplementation(async (room, before, limit, where) => {
    const { rows, scanned, head, pos } = await readRoomBefore(room, before, limit, where);
    const first = Math.max(scanned, before - span);
    return pageOf(
      rows.filter(({ seq }) => seq >= first),
      { scanned: first, head, pos },
    );
  });
}
