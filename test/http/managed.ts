import { pino } from "pino";
import { afterEach } from "vitest";
import type { NewEvent } from "../../src/events/event.js";
import { createToken, type NewToken } from "../../src/http/auth.js";
import { Metrics } from "../../src/http/metrics.js";
import { type Api, startApi } from "../../src/http/server.js";
import { AppendHealth } from "../../src/store/append-health.js";
import type { RoomKey } from "../../src/store/log.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { FakeOperator } from "./fake-admin-service.js";
import { FakeClock } from "./fake-clock.js";
import { FakeMaintenance } from "./fake-maintenance.js";
import { FakeManager } from "./fake-manager.js";

/** What was answered. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON of the answer; null when it is none. */
  readonly body: unknown;
  /** A part of the JSON: `at("events", 0, "id")`; undefined where there is none. */
  at(...path: readonly (string | number)[]): unknown;
}

/** An API over a store in memory, with a manager that needs no platform. */
export interface Managed {
  readonly api: Api;
  readonly store: Store;
  readonly manager: FakeManager;
  readonly operator: FakeOperator;
  readonly mender: FakeMaintenance;
  readonly clock: FakeClock;
  readonly metrics: Metrics;
  readonly appends: AppendHealth;
  readonly lines: string[];
  /** Tokens by scope. */
  readonly tokens: Readonly<Record<"read" | "manage" | "admin", string>>;
  token(wanted?: Partial<NewToken>): Promise<string>;
  /** Stores events of a room that is known by this name; its key. */
  tell(name: string, ...events: NewEvent[]): Promise<RoomKey>;
  /** Calls a path; as an admin with a bearer unless told otherwise. */
  call(path: string, init?: RequestInit & { token?: string | null; json?: unknown }): Promise<Reply>;
}

const running: Api[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((api) => api.close()));
});

export interface ManagedOptions {
  readonly requestMs?: number;
  readonly webRoot?: string;
  readonly processMetrics?: boolean;
  /** Stands in for parts of the store. */
  readonly replace?: (store: Store) => Store;
}

export async function manage({
  requestMs,
  webRoot,
  processMetrics = false,
  replace = (store) => store,
}: ManagedOptions = {}): Promise<Managed> {
  const clock = new FakeClock();
  const metrics = new Metrics(clock, processMetrics);
  const appends = new AppendHealth();
  const opened = openSqliteStore({ path: ":memory:", clock });
  opened.log.observe({
    asked: () => appends.asked(clock.now()),
    stored: (events, ms) => {
      appends.took(clock.now());
      metrics.appended(ms);
      metrics.stored(events);
    },
    failed: (error) => appends.failed(error, clock.now()),
  });
  const store = replace(opened);
  const manager = new FakeManager(store);
  const operator = new FakeOperator();
  const mender = new FakeMaintenance();
  const lines: string[] = [];
  const logger = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
  const token = async (wanted: Partial<NewToken> = {}) =>
    (await createToken(opened.tokens, { name: "test", scope: "read", now: clock.now(), ...wanted })).token;
  const tokens = { read: await token(), manage: await token({ scope: "manage" }), admin: await token({ scope: "admin" }) };
  const api = await startApi({
    host: "127.0.0.1",
    port: 0,
    store,
    rooms: manager,
    clock,
    logger,
    metrics,
    appends,
    admin: operator,
    maintenance: mender,
    ...(requestMs !== undefined && { requestMs }),
    ...(webRoot !== undefined && { webRoot }),
  });
  running.push(api);

  const epochs = new Map<RoomKey, number>();
  async function tell(name: string, ...events: NewEvent[]): Promise<RoomKey> {
    const room = await store.rooms.ensure([{ kind: "web_rid", value: name }], { webRid: name });
    const epoch = epochs.get(room) ?? (await store.rooms.claim(room));
    epochs.set(room, epoch);
    await store.log.append([{ room, epoch, events: events.map((event) => ({ ...event, room })) }]);
    return room;
  }

  async function call(path: string, init: RequestInit & { token?: string | null; json?: unknown } = {}): Promise<Reply> {
    const { token: asked, json, ...rest } = init;
    const bearer = asked === undefined ? tokens.admin : asked;
    const headers = new Headers(rest.headers);
    if (bearer !== null) headers.set("authorization", `Bearer ${bearer}`);
    if (json !== undefined) headers.set("content-type", "application/json");
    const sent = json === undefined ? rest.body : JSON.stringify(json);
    const response = await fetch(api.url + path, { ...rest, headers, ...(sent != null && { body: sent }) });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
    const body: unknown = isJson ? JSON.parse(text) : null;
    const at = (...path: readonly (string | number)[]) =>
      path.reduce<unknown>(
        (part, key) => (typeof part === "object" && part !== null ? (part as Record<string, unknown>)[key] : undefined),
        body,
      );
    return { status: response.status, headers: response.headers, text, body, at };
  }
  return { api, store, manager, operator, mender, clock, metrics, appends, lines, tokens, token, tell, call };
}
