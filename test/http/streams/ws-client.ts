import { once } from "node:events";
import { WebSocket } from "ws";

type Msg = Readonly<Record<string, unknown>> & { readonly type: string };

/** A client of `/v1/ws`. */
export class WsClient {
  readonly socket: WebSocket;
  /** Objects that the server sent, in order. */
  readonly told: Msg[] = [];
  /** Batches of events, in order. */
  readonly batches: { readonly room: number; readonly seq: number; readonly type: string; readonly text?: string }[][] = [];
  /** Cursors after each of the events, in order. */
  readonly cursors: string[] = [];
  closed: { readonly code: number; readonly reason: string } | null = null;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => {
      const message = JSON.parse(String(data)) as Msg;
      if (message.type !== "events") return void this.told.push(message);
      this.batches.push(message["events"] as never);
      this.cursors.push(...(message["cursors"] as string[]));
    });
    socket.on("error", () => {});
    socket.once("close", (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
  }

  static async open(url: string, token: string): Promise<WsClient> {
    const socket = new WebSocket(`${url.replace("http", "ws")}/v1/ws`, { headers: { authorization: `Bearer ${token}` } });
    const client = new WsClient(socket);
    await once(socket, "open");
    return client;
  }

  get events() {
    return this.batches.flat();
  }

  send(command: Readonly<Record<string, unknown>> | string): void {
    this.socket.send(typeof command === "string" ? command : JSON.stringify(command));
  }

  typed(type: string): Msg[] {
    return this.told.filter((message) => message.type === type);
  }

  close(): void {
    this.socket.terminate();
  }
}
