// A process of its own that opens streams, reads them, and tells how many are open.
import { connect } from "node:net";

/** What it is started with. */
export interface StreamOrders {
  readonly base: string;
  readonly tokens: readonly string[];
  readonly room: number;
  /** With each token. */
  readonly streams: number;
}

/** Connections that are being opened at a time. */
const AT_A_TIME = 50;

const { base, tokens, room, streams }: StreamOrders = JSON.parse(process.argv[2] ?? "{}");
const { hostname, port } = new URL(base);
const wanted = tokens.flatMap((token) => Array.from({ length: streams }, () => token));
let open = 0;

/** Resolves when the stream has said hello. */
function stream(token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(`GET /v1/events/stream?rooms=${room} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`),
    );
    socket.setEncoding("utf8").on("error", reject);
    socket.on("data", (text: string) => {
      if (!text.includes("event: hello")) return;
      open++;
      resolve();
    });
    socket.on("close", () => open--);
  });
}

async function opener(): Promise<void> {
  for (let token = wanted.pop(); token !== undefined; token = wanted.pop()) await stream(token);
}
await Promise.all(Array.from({ length: AT_A_TIME }, opener));
process.on("message", () => process.send?.(open));
process.send?.(open);
