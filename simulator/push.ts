import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { type ConnectionTruth, PushConnection } from "./connection.js";
import { type RefusalForm, refusal, refusalBytes } from "./handshake.js";
import { splitHost } from "./hosts.js";
import { Late } from "./outgoing.js";
import type { SimulatedPlatform } from "./platform.js";
import { parseCookies, viewerOf } from "./reply.js";

/** A handshake that was refused, with the reason that the client is not told. */
export interface RefusedHandshake {
  readonly at: number;
  readonly roomId: string;
  readonly reason: string;
}

/** Connection as it is kept: itself while it is open, its record when it is over. */
interface KeptSocket {
  readonly roomId: string;
  is: PushConnection | ConnectionTruth;
}

/** The push server: lets clients in, or refuses them as the platform does. */
export class PushServer {
  readonly #kept: KeptSocket[] = [];
  readonly refusals: RefusedHandshake[] = [];
  readonly #platform: SimulatedPlatform;
  // Clients send heartbeats and acks only; the platform offers no compression of WebSocket's own.
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 1024 * 1024 });
  #lastId = 0;

  constructor(platform: SimulatedPlatform) {
    this.#platform = platform;
  }

  /** Answers an upgrade request, late when the platform is slow. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { clock } = this.#platform.options;
    new Late(clock, () => this.#platform.lateMs).run(() => this.#answer(request, socket, head));
  }

  #answer(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A client that goes away in the middle of the handshake is none of our errors.
    socket.on("error", () => socket.destroy());
    const url = new URL(request.url ?? "/", "http://simulator");
    const { host, path } = splitHost(url.pathname);
    const query = url.searchParams;
    const cookies = parseCookies(request.headers.cookie);
    const roomId = query.get("room_id") ?? "";
    const platform = this.#platform;
    const found = platform.byRoomId(roomId);
    const rules = { signer: platform.signer, acceptAnySignature: platform.options.acceptAnySignature, knowsRoom: () => found !== null };
    const refused = /^webcast\d*-ws-web-[a-z]+\.douyin\.com$|^live\.douyin\.com$/.test(host)
      ? refusal({ path, query, cookies }, rules)
      : { form: "blocked" as const, reason: `host is ${host}` };
    const viewer = viewerOf(cookies, query.get("user_unique_id") ?? "");
    const asked = platform.broken.get(host) ?? (found === null ? undefined : platform.refusing.get(found.room)?.(viewer));
    const form = asked ?? refused?.form;
    if (form !== undefined || found === null) {
      this.#refuse(socket, roomId, refused?.reason ?? "told to refuse", form ?? "blocked");
      return;
    }
    // Some clients set the headers of the handshake once more themselves; ws takes them once.
    if (/^websocket(?:, *websocket)+$/i.test(request.headers.upgrade ?? "")) request.headers.upgrade = "websocket";
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const isLoggedIn = platform.knowsLogin(cookies);
      const id = ++this.#lastId;
      const connection = new PushConnection({
        id,
        socket: webSocket,
        schema: platform.options.schema,
        now: () => platform.now(),
        random: platform.forConnection(id),
        roomId,
        userUniqueId: query.get("user_unique_id") ?? "",
        ttwid: cookies.get("ttwid") ?? "",
        loggedIn: isLoggedIn,
        viewer,
        sampling: found.room.sampling,
        moods: platform.moods,
        gifts: () => platform.givesGifts(isLoggedIn),
        gzip: query.get("compress") === "gzip",
        late: new Late(platform.options.clock, () => platform.lateMs),
        reset: () => (socket instanceof Socket ? socket.resetAndDestroy() : socket.destroy()),
      });
      const kept: KeptSocket = { roomId, is: connection };
      keepNewest(this.#kept, kept);
      const persist = Number(query.get("need_persist_msg_count") ?? 0);
      found.broadcast.join(connection, Number.isInteger(persist) ? persist : 0);
      const leave = connection.onEnd;
      connection.onEnd = () => {
        leave();
        kept.is = connection.truth();
      };
    });
  }

  /** Returns the records of a broadcast's connections, oldest first. */
  truths(roomId: string): ConnectionTruth[] {
    return this.#kept.filter((kept) => kept.roomId === roomId).map(({ is }) => (is instanceof PushConnection ? is.truth() : is));
  }

  /** Ends every connection. */
  close(): void {
    for (const { is } of [...this.#kept]) if (is instanceof PushConnection) is.end("cut");
    this.#server.close();
  }

  #refuse(socket: Duplex, roomId: string, reason: string, form: RefusalForm): void {
    const at = this.#platform.now();
    keepNewest(this.refusals, { at, roomId, reason });
    socket.end(refusalBytes(this.#platform.makeLogId(), form));
  }
}

function keepNewest<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > KEPT) list.splice(0, list.length - KEPT);
}

/** Connections and refusals kept for the truth. */
const KEPT = 10_000;
