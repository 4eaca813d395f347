import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A link to a server that can be cut as a network is: nothing comes through, nobody is told, and it may come back. */
export interface Link {
  /** The server's address by way of this link. */
  url(address: string): string;
  /** From now on every byte is lost, of connections that stand and of new ones. */
  cut(): void;
  /** New connections go through again; those that lost bytes stay as they are. */
  mend(): void;
  close(): Promise<void>;
}

/** Makes a link on loopback to a server on loopback. @param at the link's own port; a free one by default */
export async function linkTo(port: number, at = 0): Promise<Link> {
  let lost = false;
  const sockets = new Set<Socket>();
  const server = createServer((inner) => {
    const outer = lost ? null : connect(port, "127.0.0.1");
    let broken = lost;
    const pass = (from: Socket, to: Socket | null) => {
      sockets.add(from);
      from.on("error", () => {});
      from.on("data", (bytes) => {
        broken ||= lost;
        if (!broken) to?.write(bytes);
      });
      from.on("close", () => {
        sockets.delete(from);
        if (!lost && !broken) to?.destroy();
      });
    };
    pass(inner, outer);
    if (outer !== null) pass(outer, inner);
  });
  server.listen(at, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const own = address !== null && typeof address === "object" ? address.port : 0;
  return {
    url: (url) => url.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${own}`),
    cut: () => {
      lost = true;
    },
    mend: () => {
      lost = false;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
