import { connect, createServer, type Server, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { type ConnectionLimits, Connections } from "../../src/http/connections.js";
import { FakeClock } from "../clock.js";
import { until } from "../until.js";

const MEBI = 1_048_576;

/** Connections of clients that read nothing unless told to. */
async function held(limits: Partial<ConnectionLimits>) {
  const clock = new FakeClock();
  const connections = new Connections(clock, limits);
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    connections.add(socket);
    sockets.push(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const clients: Socket[] = [];
  onTestFinished(() => {
    connections.close();
    server.close();
    for (const socket of [...sockets, ...clients]) socket.destroy();
  });
  const open = async (): Promise<Socket> => {
    const client = connect(typeof address === "object" ? (address?.port ?? 0) : 0, "127.0.0.1").pause();
    client.on("error", () => {});
    clients.push(client);
    const before = sockets.length;
    await until(() => sockets.length > before);
    return sockets[before] as Socket;
  };
  return { clock, connections, open, clients };
}

describe("connections", () => {
  it("are bounded: one more takes the place of the one that has been idle for the longest", async () => {
    const { connections, open } = await held({ connections: 3 });
    const [first, second, third] = [await open(), await open(), await open()];
    connections.busy(first);
    connections.busy(second);
    connections.idle(second);
    const fourth = await open();
    await until(() => third.destroyed);
    expect([first, second, fourth].map(({ destroyed }) => destroyed)).toEqual([false, false, false]);
    connections.busy(second);
    connections.busy(fourth);
    const fifth = await open();
    await until(() => fifth.destroyed);
    expect([connections.size, connections.cut]).toEqual([3, 2]);
  });

  it("are cut when too much waits for them, those first that have taken nothing for the longest", async () => {
    const { clock, connections, open, clients } = await held({ waitingBytes: 64 * MEBI, waitingBytesPerAddress: 64 * MEBI });
    const sockets: Socket[] = [];
    for (let n = 0; n < 5; n++) {
      const socket = await open();
      sockets.push(socket);
      connections.busy(socket);
      socket.write(Buffer.alloc(16 * MEBI));
      await clock.advance(1_000);
    }
    // 80 MiB wait, of which 16 may be in the system's buffers: the first are cut, down to three quarters.
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, true, false, false, false]);
    expect(connections.waitingBytes).toBeLessThanOrEqual(48 * MEBI);
    // One that reads on is none of those.
    const [, , reading] = clients;
    reading?.resume();
    await until(() => sockets[2]?.writableLength === 0);
    await clock.advance(1_000);
    expect(connections.waitingBytes).toBeLessThanOrEqual(32 * MEBI);
    expect(sockets[2]?.destroyed).toBe(false);
  });

  it("are cut soon when they take nothing while the server stops", async () => {
    const { clock, connections, open } = await held({ untakenMs: 60_000 });
    const socket = await open();
    connections.busy(socket);
    socket.write(Buffer.alloc(32 * MEBI));
    await clock.advance(10_000);
    expect(socket.destroyed).toBe(false);
    connections.hurry();
    await clock.advance(250);
    expect(socket.destroyed).toBe(true);
  });

  it("are looked at before an answer is made that may be too much", async () => {
    const { connections, open } = await held({ waitingBytes: 32 * MEBI, waitingBytesPerAddress: 32 * MEBI });
    let most = 0;
    const sockets: Socket[] = [];
    for (let n = 0; n < 20; n++) {
      const socket = await open();
      sockets.push(socket);
      connections.busy(socket);
      connections.grow(8 * MEBI);
      socket.write(Buffer.alloc(8 * MEBI));
      most = Math.max(
        most,
        sockets.reduce((sum, one) => sum + (one.destroyed ? 0 : one.writableLength), 0),
      );
    }
    // One answer may come on top.
    expect(most).toBeLessThanOrEqual(40 * MEBI);
  });

  it("are cut when they take nothing of what waits for them for too long", async () => {
    const { clock, connections, open, clients } = await held({ untakenMs: 10_000 });
    const [stuck, idle, slow] = [await open(), await open(), await open()];
    for (const socket of [stuck, idle, slow]) connections.busy(socket);
    stuck.write(Buffer.alloc(32 * MEBI));
    slow.write(Buffer.alloc(32 * MEBI));
    let read = 0;
    clients[2]?.on("data", (data) => {
      read += data.length;
      clients[2]?.pause();
    });
    for (let n = 0; n < 30; n++) {
      await clock.advance(1_000);
      const before = read;
      clients[2]?.resume();
      await until(() => read > before);
    }
    expect([stuck, idle].map(({ destroyed }) => destroyed)).toEqual([true, false]);
  });
});
