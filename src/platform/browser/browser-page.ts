import type { Page, Request, Response, WebSocket } from "playwright-core";
import { type Clock, linkedController } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { PendingBytes } from "../../runtime/rate-limiter.js";
import { isPlatformHost, type Reply } from "../access/platform.js";
import { type Received, ReceiveQueue, readFrame, readResponse, type Source } from "../access/read.js";
import type { Drift } from "../wire/drift.js";
import { WireError } from "../wire/reader.js";
import { answerOf, clickEmptyPlace, closePage, visit } from "./page.js";

/** Dependencies of the source of one room's page. */
interface BrowserSourceOptions {
  /** Gives an empty page as the visitor who watches. */
  readonly newPage: (signal: AbortSignal) => Promise<Page>;
  /** The room's page. */
  readonly url: string;
  readonly clock: Clock;
  readonly drift: Drift;
  /** Called with every frame as it comes. */
  readonly onReceived?: (frame: Received) => void;
  /** Bytes of memory that wait in all connections which share a bound; absent is one of its own. */
  readonly held?: PendingBytes;
  /** Called with the platform's list of gifts when the page asks for it. */
  readonly onGiftList?: (reply: Pick<Reply, "status" | "body">) => void;
  /** Called when the page has opened its connection only after a click. */
  readonly onClickNeeded?: () => void;
}

/**
 * Opens a room's page as a viewer does and reads what the page itself receives: the answer of im/fetch and the frames of its push
 * socket. The page signs, acknowledges and sends heartbeats. It ends when the page's connection ends; the site's page would connect
 * again by itself, but only a new page is known to be right about the room.
 */
export function browserSource(options: BrowserSourceOptions): Source {
  return { name: "browser", open: (signal) => receive(options, signal) };
}

async function* receive(options: BrowserSourceOptions, signal: AbortSignal): AsyncGenerator<readonly Received[]> {
  const page = await options.newPage(signal);
  const local = linkedController(signal);
  // The page cannot be held back as a socket can: it ends instead of filling the memory, and the gap is known.
  const flow = {
    pause: () => queue.end(new DyliveError("internal", "frames came faster than they were stored")),
    resume: () => {},
  };
  const queue = new ReceiveQueue(flow, options.onReceived, options.held);
  const abort = () => queue.end();
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    listen(page, queue, options, local.signal);
    visit(page, options.url, local.signal).catch((error: unknown) => queue.end(error));
    yield* queue.batches();
  } finally {
    signal.removeEventListener("abort", abort);
    local.abort();
    local.release();
    await closePage(page, options.clock);
  }
}

function listen(page: Page, queue: ReceiveQueue, options: BrowserSourceOptions, signal: AbortSignal): void {
  const { clock, drift, onGiftList, onClickNeeded } = options;
  const open = new Set<WebSocket>();
  let connected = false;
  let clicked = false;
  page.on("crash", () => queue.end(new DyliveError("browser_failed", "the room's page crashed", new Error("crash"))));
  page.on("close", () =>
    queue.end(new DyliveError("browser_failed", "the room's page is gone; the browser may have ended", new Error("close"))),
  );
  page.on("response", (response) => {
    const request = response.request();
    // Also the answer after the first challenge, for which the page loads itself again.
    if (request.isNavigationRequest() && response.frame() === page.mainFrame()) {
      const refused = refusalOf(response.status());
      // Only once the answer is there in full: Chromium never closes a page that is asked to in the middle of a navigation.
      const end = () => queue.end(refused);
      if (refused !== null) response.finished().then(end, end);
    }
    if (!isPlatformPath(response.url(), "/webcast/im/fetch/")) return;
    void firstState(response, clock, drift).then((received) => received !== null && queue.push(received));
  });
  // Not at the response: its body may be lost before it is whole.
  page.on("requestfinished", (request) => {
    if (onGiftList === undefined || request.method() !== "GET" || !isPlatformPath(request.url(), "/webcast/gift/list/")) return;
    void giftListOf(request).then((reply) => reply !== null && onGiftList(reply));
  });
  page.on("websocket", (socket) => {
    if (!isPlatformPath(socket.url(), "/webcast/im/push/")) return;
    if (clicked && !connected) onClickNeeded?.();
    connected = true;
    open.add(socket);
    socket.on("framereceived", ({ payload }) => {
      if (typeof payload === "string") return; // frames are binary; a text message is not the platform's protocol
      const { received, frame } = readFrame(payload, clock.now(), drift);
      queue.push(received);
      if (frame?.payloadType === "close") queue.end();
    });
    socket.on("socketerror", (error) => queue.end(refusalIn(error)));
    socket.on("close", () => {
      open.delete(socket);
      if (open.size === 0) queue.end(new DyliveError("unreachable", "the connection of the room's page was closed"));
    });
  });
  const click = async () => {
    if (connected) return;
    clicked = true;
    await answerOf(clickEmptyPlace(page), signal);
  };
  // One project saw pages wait for a click before they connect (facts/changes-2026.md 7); most connect within a few seconds.
  clock
    .sleep(15_000, signal)
    .then(click)
    .catch(() => {}); // a page that cannot be clicked does not connect, which is said below
  clock.sleep(30_000, signal).then(
    async () => {
      if (connected) return;
      const title = await answerOf(page.title(), signal).catch(() => "");
      queue.end(
        title.includes("验证码")
          ? new DyliveError("blocked", "the site shows a captcha instead of the room")
          : new DyliveError("unreachable", "the room's page opened no push connection; the room may not be live"),
      );
    },
    () => {},
  );
}

/** Reads the answer of a request for the list of gifts; null if it was lost or is too long. The platform's had 3.6 MB in October 2026. */
async function giftListOf(request: Request): Promise<Pick<Reply, "status" | "body"> | null> {
  try {
    const response = await request.response();
    if (response === null || Number((await response.allHeaders())["content-length"] ?? 0) > 16 * 1024 * 1024) return null;
    return { status: response.status(), body: await response.body() };
  } catch {
    return null;
  }
}

function refusalOf(status: number): DyliveError | null {
  if (status < 400) return null;
  const code = status === 404 || status === 410 ? "no_account" : status >= 500 ? "unreachable" : "blocked";
  return new DyliveError(code, msg`the room page answered HTTP ${status}`);
}

/** Reads the answer of im/fetch, if it holds messages. */
async function firstState(response: Response, clock: Clock, drift: Drift): Promise<Received | null> {
  try {
    if (response.status() !== 200 || !(response.headers()["content-type"] ?? "").includes("protobuf")) return null;
    const body = await response.body();
    return body.length === 0 ? null : readResponse(body, clock.now(), drift);
  } catch (error) {
    if (error instanceof WireError) drift.failed(error.code);
    return null; // the page went on to something else; the socket brings the messages, too
  }
}

function isPlatformPath(url: string, path: string): boolean {
  const { hostname, pathname } = new URL(url);
  return isPlatformHost(hostname) && pathname.startsWith(path);
}

/** Reads a refusal from an error's words: Chromium tells of a handshake in words only. */
function refusalIn(error: string): DyliveError {
  const status = /Unexpected response code: (\d+)/.exec(error)?.[1];
  return status === undefined
    ? new DyliveError("unreachable", msg`the connection of the room's page failed: ${error}`, new Error(error))
    : new DyliveError(
        Number(status) >= 500 ? "unreachable" : "blocked",
        msg`the push server answered the room's page with HTTP ${status} instead of opening`,
      );
}
