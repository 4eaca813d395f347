import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, systemClock } from "../../src/runtime/clock.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { json, type SimulatedReply } from "../reply.js";
import {
  AppAccess,
  answerCall,
  type ConfirmedMessage,
  keepFailed,
  type MountedBroadcast,
  type RegisteredApp,
  type Registry,
} from "./calls.js";
import { Pusher, type PushOptions, type PushOutcome } from "./pusher.js";

/** A call that was answered. */
interface AnsweredCall {
  readonly path: string;
  readonly errNo: number | null;
}

/** A page of failed data that was asked for. */
interface AskedPage {
  readonly msgType: string;
  readonly page: number;
}

/** Running stand-in for the Open Platform; what it tells of itself is for tests. */
interface SimulatedOpenPlatform {
  /** Base URL under which hosts are reached, as `url/@HOST/…`. */
  readonly url: string;
  /** Calls so far, oldest first; the newest 10,000. */
  readonly calls: readonly AnsweredCall[];
  register(app: RegisteredApp): AppAccess;
  /** Lets an anchor go live with an app mounted. @returns the launch token that the game is started with */
  mount(appId: string, roomId: string): string;
  /** Ends the broadcast or unmounts the app: its tasks are gone. */
  end(appId: string, roomId: string): void;
  /** Types whose task runs. */
  running(appId: string, roomId: string): readonly string[];
  push(appId: string, roomId: string, msgType: string, body: string, options?: PushOptions): Promise<PushOutcome>;
  acks(appId: string, roomId: string): readonly ConfirmedMessage[];
  failed(appId: string, roomId: string, msgType: string): readonly string[];
  /** Keeps bodies as ones that the platform could not push, without trying. */
  lose(appId: string, roomId: string, msgType: string, bodies: readonly string[]): void;
  /** Stops every task, as the platform may do by itself. */
  stopTasks(appId: string, roomId: string): void;
  /** Makes every access token of an app invalid. */
  forgetTokens(appId: string): void;
  /** Whether confirmations are answered with an error of its own. */
  refuseAcks: boolean;
  /** Pages of failed data that were asked for. */
  readonly pagesAsked: readonly AskedPage[];
  close(): Promise<void>;
}

/** Options of the simulated Open Platform; everything has a default. */
interface OpenPlatformOptions {
  /** The machine's clock by default */
  readonly clock?: Clock;
  /** Time within which a push must be answered, in ms; 2 s, 3 s for gifts */
  readonly patienceMs?: number | null;
}

const CALLS_KEPT = 10_000;
const BODY_MAX_BYTES = 1024 * 1024;

/** Starts a simulated Open Platform on loopback. */
export async function startOpenPlatform({
  clock = systemClock,
  patienceMs = null,
}: OpenPlatformOptions = {}): Promise<SimulatedOpenPlatform> {
  const apps = new Map<string, AppAccess>();
  const broadcasts: MountedBroadcast[] = [];
  const calls: AnsweredCall[] = [];
  const registry: Registry = { apps, broadcasts, pagesAsked: [], refuseAcks: false };
  const pusher = new Pusher(clock, patienceMs);
  const server = createServer((request, response) => {
    void answer(request).then(({ status, headers, body }) => response.writeHead(status, headers as Record<string, string>).end(body));
  });

  async function answer(request: IncomingMessage): Promise<SimulatedReply> {
    const [, host, rest] = /^\/@([a-z0-9.-]+)(\/.*)$/.exec(request.url ?? "") ?? [];
    const url = new URL(rest ?? "/", "http://simulator");
    const body = await readBody(request);
    const { method = "GET", headers } = request;
    const ask = { method, host: host ?? "", path: url.pathname, query: url.searchParams, cookies: new Map(), body, addressed: "", headers };
    const reply = answerCall(registry, ask) ?? json({ message: "not found" }, 404);
    const number = /"(?:err_no|errcode)":(-?\d+)/.exec(String(reply.body))?.[1];
    calls.push({ path: url.pathname, errNo: number === undefined ? null : Number(number) });
    if (calls.length > CALLS_KEPT) calls.shift();
    return reply;
  }

  function deskOf(appId: string): AppAccess {
    const access = apps.get(appId);
    if (access === undefined) throw new DyliveError("not_found", `no app ${appId} is registered`);
    return access;
  }
  function broadcastOf(appId: string, roomId: string): MountedBroadcast {
    const broadcast = broadcasts.find((one) => one.appId === appId && one.roomId === roomId);
    if (broadcast === undefined) throw new DyliveError("not_found", `no broadcast ${roomId} has mounted ${appId}`);
    return broadcast;
  }

  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    register(app) {
      const access = new AppAccess(app, clock);
      apps.set(app.appId, access);
      return access;
    },
    mount(appId, roomId) {
      const launchToken = `launch-${appId}-${roomId}`;
      broadcasts.push({ appId, roomId, launchToken, live: true, running: new Set(), failed: new Map(), acks: [] });
      return launchToken;
    },
    end(appId, roomId) {
      const broadcast = broadcastOf(appId, roomId);
      broadcast.live = false;
      broadcast.running.clear();
    },
    running: (appId, roomId) => [...broadcastOf(appId, roomId).running],
    push: (appId, roomId, msgType, body, options) => pusher.push(deskOf(appId).app, broadcastOf(appId, roomId), msgType, body, options),
    acks: (appId, roomId) => broadcastOf(appId, roomId).acks,
    failed: (appId, roomId, msgType) => broadcastOf(appId, roomId).failed.get(msgType) ?? [],
    lose(appId, roomId, msgType, bodies) {
      for (const body of bodies) keepFailed(broadcastOf(appId, roomId), msgType, body);
    },
    stopTasks: (appId, roomId) => broadcastOf(appId, roomId).running.clear(),
    forgetTokens: (appId) => deskOf(appId).forgetTokens(),
    get refuseAcks() {
      return registry.refuseAcks;
    },
    set refuseAcks(refuse) {
      registry.refuseAcks = refuse;
    },
    pagesAsked: registry.pagesAsked,
    async close() {
      await pusher.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size <= BODY_MAX_BYTES) chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
