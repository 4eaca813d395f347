// Guards: An answer whose socket closes unread ends no process, and nothing cut is taken for whole.
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Agent, buildConnector, request } from "undici";
import { expect, it, onTestFinished } from "vitest";
import { httpAgent, openConnector, steady } from "../../src/runtime/allowed-hosts.js";
import { until } from "../until.js";

/** Sizes of a body around what is buffered until it is read. */
const SIZES = [65_536, 70_000, 300_000];
const HEAD = "HTTP/1.1 200 OK\r\nConnection: close\r\n";
const LENGTHS = {
  whole: (size: number) => `${HEAD}Content-Length: ${size}\r\n\r\n`,
  "broken off": (size: number) => `${HEAD}Content-Length: ${2 * size}\r\n\r\n`,
  "without a length": () => `${HEAD}\r\n`,
};
const ENDS = {
  ended: (socket: Socket) => socket.end(),
  reset: (socket: Socket) => socket.resetAndDestroy(),
};

/** Answers each request with a head and so many bytes, and gives out the socket. */
async function answering(head: string, size: number): Promise<{ readonly url: string; readonly socket: Promise<Socket> }> {
  const server = createServer();
  const socket = new Promise<Socket>((resolve) => {
    server.on("connection", (opened) => {
      opened.on("error", () => {});
      opened.once("data", () => opened.write(head));
      opened.once("data", () => opened.write(Buffer.alloc(size, "x"), () => resolve(opened)));
      onTestFinished(() => void opened.destroy());
    });
  });
  server.listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, socket };
}

const cases = (Object.keys(LENGTHS) as (keyof typeof LENGTHS)[]).flatMap((length) =>
  (Object.keys(ENDS) as (keyof typeof ENDS)[]).flatMap((end) => SIZES.map((size) => ({ length, end, size }))),
);

it("answers whose sockets close while nobody reads them do not end the process", async () => {
  const sockets: Socket[] = [];
  const connect = steady((options, done) =>
    buildConnector({})(options, (...made) => {
      if (made[1] !== null) sockets.push(made[1]);
      done(...made);
    }),
  );
  for (const { length, end, size } of cases) {
    const agent = new Agent({ connect });
    const { url, socket } = await answering(LENGTHS[length](size), size);
    const { body } = await request(url, { dispatcher: agent });
    body.on("error", () => {});
    // Until as much has come as is taken without a reader.
    await until(() => (sockets.at(-1)?.bytesRead ?? 0) >= Math.min(size, 65_536));
    const closed = new Promise((resolve) => sockets.at(-1)?.once("close", resolve));
    ENDS[end](await socket);
    // What is buffered hides an end in order.
    if (end === "reset") await closed;
    const read = await body.bytes().then(
      ({ length: bytes }) => bytes,
      () => "broken off",
    );
    // What was reset may have come whole before; nothing is taken for whole that is not.
    const may = [...(length === "broken off" ? [] : [size]), ...(end === "ended" && length !== "broken off" ? [] : ["broken off"])];
    expect([length, end, size, may]).toEqual([length, end, size, expect.arrayContaining([read])]);
    await agent.destroy();
  }
});

it("every connector of ours is made so", async () => {
  for (const dispatcher of [httpAgent, new Agent({ connect: openConnector() })]) {
    const { url, socket } = await answering(LENGTHS["broken off"](65_536), 65_536);
    const { body } = await request(url, { dispatcher });
    const failed = new Promise((resolve) => body.once("error", resolve));
    (await socket).end();
    await failed;
  }
});
