// Guards: a faulty link keeps bytes and their order, and meets a connection with the ends that a network has.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { until } from "../until.js";
import { type End, type Faults, FaultyLink } from "./faulty-link.js";

/** A server that echoes, and what it was sent. */
async function echo(): Promise<{ readonly url: string; readonly heard: () => string; readonly sockets: readonly Socket[] }> {
  const sockets: Socket[] = [];
  let heard = "";
  const server = createServer((socket) => {
    sockets.push(socket.on("error", () => {}));
    socket.on("data", (bytes) => {
      heard += bytes.toString("latin1");
    });
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard: () => heard, sockets };
}

async function linked(faults: Faults | null = null) {
  const server = await echo();
  const link = await FaultyLink.to(server.url, { faults, seed: "test" });
  onTestFinished(() => link.close());
  const client = connect(link.port, "127.0.0.1");
  const seen = { text: "", error: null as Error | null, ended: false };
  client.on("data", (bytes) => {
    seen.text += bytes.toString("latin1");
  });
  client.on("error", (error) => {
    seen.error = error;
  });
  client.on("end", () => {
    seen.ended = true;
  });
  await once(client, "connect");
  return { ...server, link, client, seen };
}

describe("a link", () => {
  it("that is late, slow, stalls and cuts bytes into pieces changes none of them, nor their order", async () => {
    const { client, seen } = await linked({ lateMs: 3, slowest: 200_000, lifeMs: 10, ends: ["stall"], stallMs: 10 });
    const sent = Array.from({ length: 5_000 }, (_, n) => `${n} `).join("");
    for (let at = 0; at < sent.length; at += 777) client.write(sent.slice(at, at + 777));
    client.end();
    await until(() => seen.ended);
    expect(seen).toEqual({ text: sent, error: null, ended: true });
  });

  it.each<[End, (come: Awaited<ReturnType<typeof linked>>) => Promise<void>]>([
    ["reset", async ({ seen }) => void (await until(() => /ECONNRESET/.test(String(seen.error))))],
    ["finish", async ({ seen }) => void (await until(() => seen.ended))],
    [
      "mute",
      async ({ client, heard, seen }) => {
        client.write("asked");
        await until(() => heard() === "asked");
        expect(seen).toEqual({ text: "", error: null, ended: false });
      },
    ],
    [
      "deaf",
      async ({ client, sockets, heard, seen }) => {
        client.write("asked");
        (await until(() => sockets[0])).write("told");
        await until(() => seen.text === "told");
        expect(heard()).toBe("");
      },
    ],
  ])("ends a connection: %s", async (end, isSeen) => {
    const come = await linked({ lifeMs: 1, ends: [end] });
    await until(() => come.link.met[end] === 1);
    await isSeen(come);
  });

  it("is silent, and whoever lost bytes stays so; is shut, and is calm again", async () => {
    const { link, client, seen, heard, url } = await linked();
    link.mute();
    client.write("lost");
    const other = connect(link.port, "127.0.0.1").on("error", () => {});
    other.write("lost, too");
    await once(other, "connect");
    link.unmute();
    client.write("lost for ever");
    const third = connect(link.port, "127.0.0.1").on("error", () => {});
    third.write("heard");
    await until(() => heard() === "heard");
    expect(seen).toEqual({ text: "", error: null, ended: false });
    link.shut();
    await until(() => seen.error !== null && third.destroyed);
    await once(connect(link.port, "127.0.0.1"), "error");
    link.open();
    link.leadTo(url);
    const last = connect(link.port, "127.0.0.1");
    last.write(", and again");
    await until(() => heard() === "heard, and again");
    last.destroy();
    expect(FaultyLink.metOf([link, link]).connections).toBe(2 * link.met.connections);
  });
});
