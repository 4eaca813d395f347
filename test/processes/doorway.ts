import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** The way to a database, which can be shut: what is connected is cut off, and nobody comes in. */
export class Doorway {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #shut = false;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  /** @param url of the database */
  static async to(url: string): Promise<Doorway> {
    const target = new URL(url);
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const way = new URL(url);
    way.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const doorway = new Doorway(server, way.href);
    server.on("connection", (near) => doorway.#pass(near, connect(Number(target.port), target.hostname)));
    return doorway;
  }

  shut(): void {
    this.#shut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  open(): void {
    this.#shut = false;
  }

  close(): void {
    this.shut();
    this.#server.close();
  }

  #pass(near: Socket, far: Socket): void {
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => {}); // its end follows
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
    if (this.#shut) near.destroy();
  }
}
