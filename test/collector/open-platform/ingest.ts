import { pino } from "pino";
import { startOpenPlatform } from "../../../simulator/open-platform/open-platform.js";
import { Official } from "../../../src/collector/open-platform/official.js";
import type { LiveEvent } from "../../../src/events/event.js";
import { type Api, startApi } from "../../../src/http/server.js";
import type { Clock } from "../../../src/runtime/clock.js";
import { DyliveError } from "../../../src/runtime/errors.js";
import type { PendingBytes } from "../../../src/runtime/rate-limiter.js";
import type { StoreLog } from "../../../src/store/log.js";
import { openSqliteStore } from "../../../src/store/sqlite/store.js";
import type { Store } from "../../../src/store/store.js";
import { readAll } from "../../contracts/harness.js";
import { FakeManager } from "../../http/fake-manager.js";

type SimulatedOpenPlatform = Awaited<ReturnType<typeof startOpenPlatform>>;

export const APP = "tt07e3715e98c9aac0";
export const ROOM_ID = "7214015683695250235";
export const APP_SECRET = "app-secret-0123456789";
export const PATH = "unguessable42";
export const DATA_SECRETS = { live_comment: "c0mment", live_gift: "g1ft", live_like: "l1ke", live_fansclub: "cl*b", "*": "0ther" };

/** The platform's own 2 s would make tests depend on how busy the machine is. */
const PATIENCE_MS = 60_000;

/** The receiver with the simulated platform that pushes to it. */
export interface Ingest {
  readonly platform: SimulatedOpenPlatform;
  readonly official: Official;
  readonly api: Api;
  readonly store: Store;
  /** Lines logged so far, at every level. */
  readonly lines: string[];
  /** What could not be stored and was kept aside. */
  readonly aside: string[];
  /** Whether the store takes anything: `down` fails at once, `hung` never answers. */
  outage: "none" | "down" | "hung";
  events(roomId?: string): Promise<readonly LiveEvent[]>;
  /** Stops the server but not the platform or the store. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export interface IngestOptions {
  readonly clock: Clock;
  /** Memory for what waits; ample by default. */
  readonly held?: PendingBytes;
  readonly store?: Store;
  readonly platform?: SimulatedOpenPlatform;
  readonly app?: Partial<ConstructorParameters<typeof Official>[0]>;
}

/** Everything on loopback: the API with the receiver, and the platform in which the app is registered and mounted in one room. */
export async function startIngest(options: IngestOptions): Promise<Ingest> {
  const { clock, app, held = { bytes: 0, maxBytes: 64_000_000 } } = options;
  const platform = options.platform ?? (await startOpenPlatform({ clock, patienceMs: PATIENCE_MS }));
  const opened = options.store ?? openSqliteStore({ path: ":memory:", clock });
  const state: { outage: Ingest["outage"] } = { outage: "none" };
  const store = { ...opened, log: failing(opened.log, () => state.outage) };
  const lines: string[] = [];
  const aside: string[] = [];
  const logger = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
  const official = new Official(
    {
      appId: APP,
      path: PATH,
      dataSecrets: Object.fromEntries(Object.entries(DATA_SECRETS).map(([type, secret]) => [type, [`new-${secret}`, secret]])),
      windowMs: 300_000,
      secret: APP_SECRET,
      tokenUrl: "https://developer.toutiao.com/api/apps/v2/token",
      upstream: platform.url,
      ...app,
    },
    {
      store,
      clock,
      held,
      setAside: (event) => aside.push(event.id),
      onLost: (pushes) => aside.push(`${pushes} pushes`),
      onFailed: (about, error) => logger.warn({ ...about, err: error }, "asked in vain"),
    },
  );
  official.work();
  const api = await startApi({ host: "127.0.0.1", port: 0, store, rooms: new FakeManager(store), clock, logger, official: [official] });
  platform.register({ appId: APP, secret: APP_SECRET, dataSecrets: DATA_SECRETS, pushUrl: `${api.url}/ingest/douyin-open/${PATH}` });
  if (options.platform === undefined) platform.mount(APP, ROOM_ID);

  let stopped: Promise<void> | null = null;
  const stop = () => {
    stopped ??= api.close().then(() => official.close());
    return stopped;
  };
  return {
    platform,
    official,
    api,
    store: opened,
    lines,
    aside,
    get outage() {
      return state.outage;
    },
    set outage(outage) {
      state.outage = outage;
    },
    async events(roomId = ROOM_ID) {
      const room = await opened.rooms.find({ kind: "official", value: `${APP}:${roomId}` });
      return room === null ? [] : (await readAll(opened.log, room)).events;
    },
    stop,
    async close() {
      await stop();
      await platform.close();
      await opened.close();
    },
  };
}

/** The log, whose appends fail or hang as a database that is down or locked. */
function failing(log: StoreLog, outage: () => Ingest["outage"]): StoreLog {
  return new Proxy(log, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== "function") return value;
      if (key !== "append") return value.bind(target);
      return (...given: Parameters<StoreLog["append"]>) => {
        if (outage() === "down") return Promise.reject(new DyliveError("internal", "the database failed (disk I/O error)"));
        if (outage() === "hung") return hang(outage).then(() => target.append(...given));
        return target.append(...given);
      };
    },
  });
}

async function hang(outage: () => Ingest["outage"]): Promise<void> {
  while (outage() === "hung") await new Promise((resolve) => setTimeout(resolve, 5));
}
