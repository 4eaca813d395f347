import { randomBytes } from "node:crypto";
import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { acceptedLanguage, type Language } from "../../i18n/words.js";
import { DyliveError } from "../../runtime/errors.js";
import type { Authenticator } from "../authentication.js";
import { errorText, failureIn, failureOf } from "../failure.js";
import type { LiveStreams } from "./live.js";
import { WsConnection } from "./ws-connection.js";

/** Address of the WebSocket. */
const WS_PATH = "/v1/ws";

/** Turns upgrade requests for {@link WS_PATH} into connections; refuses the others. */
export class WsUpgrade {
  readonly #live: LiveStreams;
  readonly #authenticator: Authenticator;
  readonly #server: WebSocketServer;

  constructor(live: LiveStreams, authenticator: Authenticator) {
    this.#live = live;
    this.#authenticator = authenticator;
    // Compression would make every connection's bytes its own: no frame could be shared.
    const options = {
      noServer: true,
      maxPayload: live.limits.messageBytes,
      perMessageDeflate: false,
      clientTracking: false,
      autoPong: false,
    };
    this.#server = new WebSocketServer(options);
  }

  /** Answers an upgrade request. `head` is what came after it. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Node has taken its own listener off.
    socket.on("error", () => {});
    try {
      if (request.url?.split("?", 1)[0] !== WS_PATH) throw new DyliveError("no_address", `the WebSocket is at ${WS_PATH}`);
      this.#live.assertCapacity();
      const token = await this.#authenticator.enter(request, "read", "query");
      if (socket.destroyed) return;
      this.#server.handleUpgrade(request, socket, head, (ws) => {
        try {
          this.#live.quota.take(token.id, 1);
        } catch {
          // What its client still sends may be no frame: without a listener that would end the process.
          ws.on("error", () => {});
          ws.close(1008, "too_many_subscriptions");
          return;
        }
        const connection = new WsConnection(ws, socket, token, this.#live, 1);
        this.#live.admit(connection, connection.gone);
      });
    } catch (error) {
      this.#refuse(socket, error, acceptedLanguage(request.headers["accept-language"]));
    }
  }

  #refuse(socket: Duplex, error: unknown, language: Language): void {
    const requestId = randomBytes(6).toString("hex");
    const told = failureOf(error, requestId);
    if (told.code === "internal") this.#live.logger.error({ err: error, requestId }, "a WebSocket could not be opened");
    const body = errorText(failureIn(language, told), requestId);
    const head = `HTTP/1.1 ${told.status} ${STATUS_CODES[told.status]}\r\ncontent-type: application/json; charset=utf-8\r\ncache-control: no-store`;
    socket.end(`${head}\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroy());
  }
}
