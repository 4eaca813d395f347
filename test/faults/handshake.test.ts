// Guards: a handshake that fails or a connection that is closed is told apart as the platform's refusal or the network's fault.
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { platformAt } from "../../src/platform/access/platform.js";
import { httpSigner, pushHeaders, pushUrl } from "../../src/platform/access/push.js";
import { Visitor } from "../../src/platform/access/visitor.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { backoffMs, systemClock } from "../../src/runtime/clock.js";
import { websocketSource } from "../../src/sources/websocket.js";
import { RID } from "./struck.js";

const NEVER = new AbortController().signal;

/** What ends a connection to an address: the error that the source throws, or null. */
async function endOf(connectUrl: () => Promise<string>, headers: Record<string, string> = {}): Promise<unknown> {
  const source = websocketSource({ connectUrl, headers, clock: systemClock, drift: new Drift() });
  try {
    for await (const _ of source.open(NEVER));
    return null;
  } catch (error) {
    return error;
  }
}

/** A server that does with each connection what the test says. */
async function raw(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
}

const answers = (head: string) => (socket: Socket) => void socket.once("data", () => socket.end(`${head}\r\nContent-Length: 0\r\n\r\n`));

describe("a handshake that fails", () => {
  it.each([
    [
      "HTTP/1.1 200 OK\r\nHandshake-Msg: DEVICE_BLOCKED\r\nHandshake-Status: 415",
      "blocked",
      /HTTP 200.*handshake-msg DEVICE_BLOCKED, handshake-status 415\): the platform blocks this visitor or address$/,
    ],
    [
      "HTTP/1.1 417 Expectation Failed\r\nHandshake-Msg: DEVICE_BLOCKED",
      "blocked",
      /HTTP 417.*: the platform blocks this visitor or address$/,
    ],
    ["HTTP/1.1 415 Unsupported Media Type", "blocked", /HTTP 415 instead of opening: the platform blocks this visitor or address$/],
    ["HTTP/1.1 417 named cookie not present", "blocked", /HTTP 417 instead of opening: the visitor's cookie is missing$/],
    ["HTTP/1.1 417 X\r\nHandshake-Msg: named cookie not present", "blocked", /HTTP 417.*: the visitor's cookie is missing$/],
    ["HTTP/1.1 200 OK\r\nHandshake-Msg: auth failed", "blocked", /HTTP 200.*: the signature is not accepted$/],
    ["HTTP/1.1 200 OK", "blocked", /HTTP 200 instead of opening$/],
    // What a terminal would obey, and more than anybody reads.
    [`HTTP/1.1 200 OK\r\nHandshake-Msg: \u009b31m${"x".repeat(9_000)}`, "blocked", /handshake-msg [^\p{Cc}]{1,80}\)$/u],
    ["HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/", "blocked", /HTTP 302/],
    ["HTTP/1.1 403 Forbidden", "blocked", /HTTP 403/],
    ["HTTP/1.1 429 Too Many Requests", "blocked", /HTTP 429/],
    ["HTTP/1.1 502 Bad Gateway", "unreachable", /HTTP 502/],
  ])("%j is %s, with its evidence", async (head, code, detail) => {
    const port = await raw(answers(head));
    expect(await endOf(async () => `ws://127.0.0.1:${port}/`)).toMatchObject({ code, detail: expect.stringMatching(detail) });
  });

  it("by an alert of TLS is a fault of the network, and says so", async () => {
    // A TLS record of the kind alert: fatal, handshake_failure.
    const port = await raw((socket) => void socket.once("data", () => socket.end(Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]))));
    expect(await endOf(async () => `wss://127.0.0.1:${port}/`)).toMatchObject({
      code: "unreachable",
      detail: expect.stringMatching(/SSL|TLS|EPROTO/),
    });
  });

  it("because TCP ends or nobody listens is a fault of the network", async () => {
    const port = await raw((socket) => socket.destroy());
    expect(await endOf(async () => `ws://127.0.0.1:${port}/`)).toMatchObject({ code: "unreachable" });
    expect(await endOf(async () => "ws://127.0.0.1:1/")).toMatchObject({
      code: "unreachable",
      detail: expect.stringContaining("ECONNREFUSED"),
    });
  });
});

describe("a connection that is closed", () => {
  /** Opens one to the simulator, and closes it when it is open. */
  async function closedBy(close: (simulator: Simulator) => void): Promise<unknown> {
    const simulator = await startSimulator();
    onTestFinished(() => simulator.close());
    const visitor = new Visitor("Mozilla/5.0 (test)");
    visitor.learn("ttwid=t");
    visitor.userUniqueId = "7612345678901234567";
    const target = {
      platform: platformAt(simulator.url),
      signer: httpSigner(`${simulator.url}/@signer/sign`),
      visitor,
      host: null,
      cursor: "",
    };
    const roomId = simulator.roomId(RID) ?? "";
    const source = websocketSource({
      connectUrl: (signal) => pushUrl({ ...target, roomId, internalExt: "", attempt: 0 }, signal),
      headers: pushHeaders(visitor, RID),
      clock: systemClock,
      drift: new Drift(),
      onOpen: () => setImmediate(() => close(simulator)),
    });
    try {
      for await (const _ of source.open(NEVER));
      return null;
    } catch (error) {
      return error;
    }
  }

  it.each([
    [1000, "unreachable"],
    [1001, "unreachable"],
    [1012, "unreachable"],
    [1007, "blocked"],
    [1008, "blocked"],
    [1013, "blocked"],
  ])("with code %i is %s", async (code, expected) => {
    const detail = expect.stringContaining(`code ${code}`);
    expect(await closedBy((simulator) => simulator.rooms.close(RID, code))).toMatchObject({ code: expected, detail });
  });

  it("by TCP alone, or a reset, is the network's", async () => {
    expect(await closedBy((simulator) => simulator.rooms.cut(RID))).toMatchObject({
      code: "unreachable",
      detail: expect.stringContaining("1006"),
    });
    expect(await closedBy((simulator) => simulator.rooms.resetAfter(RID, 1))).toMatchObject({ code: "unreachable" });
  });

  it("by a frame of the type `close` ends without an error", async () => {
    expect(await closedBy((simulator) => simulator.rooms.close(RID, "frame"))).toBeNull();
  });
});

it("after a refusal one waits for half a minute and up to a quarter of an hour, after a fault of the network for a second and up to one minute", () => {
  const longest = (setback: "network" | "refusal", count: number) =>
    Math.max(...Array.from({ length: 200 }, () => backoffMs(setback, count)));
  expect(longest("refusal", 1)).toBeGreaterThan(10 * longest("network", 1));
  expect(longest("refusal", 99)).toBeGreaterThan(600_000);
  expect(longest("network", 99)).toBeLessThanOrEqual(60_000);
});
