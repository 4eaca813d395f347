import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers a request of a host of media. */
type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A stand-in whose hosts of media answer as a test says: each address by its host and path. */
export class MediaServer {
  readonly url: string;
  /** What was asked for, by address, with its headers, in order. */
  readonly asked: { readonly at: string; readonly headers: IncomingMessage["headers"] }[] = [];
  readonly #server: Server;
  readonly #answers = new Map<string, Answer>();

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("request", (request, response) => {
      const at = (request.url ?? "").replace(/^\/@/, "");
      this.asked.push({ at, headers: request.headers });
      const answer = this.#answers.get(at);
      if (answer === undefined) response.writeHead(404).end();
      else answer(response, request);
    });
  }

  static async start(): Promise<MediaServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new MediaServer(server);
  }

  /** @param at host and path, as `v3-web.douyinvod.com/film` */
  answers(at: string, answer: Answer): void {
    this.#answers.set(at, answer);
  }

  redirects(at: string, location: string): void {
    this.answers(at, (response) => response.writeHead(302, { location, "set-cookie": "visitor=1" }).end("Found"));
  }

  /** Gives bytes, from where they are asked for. */
  gives(at: string, bytes: Buffer): void {
    this.answers(at, (response, { headers }) => {
      const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
      const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
      response.writeHead(from > 0 ? 206 : 200, from > 0 ? { "content-range": range } : {}).end(bytes.subarray(from));
    });
  }

  /** Forgets what was asked for. */
  forget(): void {
    this.asked.length = 0;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
