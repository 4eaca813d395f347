import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { Chance } from "../fuzz/mutator.js";
import { until } from "../until.js";
import { type End, type Faults, FaultyLink } from "./faulty-link.js";
import { MessageMixer } from "./message-mixer.js";

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

describe("messages of a WebSocket", () => {
  const HEAD = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n";
  const frame = (n: number) => {
    const text = Buffer.from(`${n}`.repeat(n % 7 === 0 ? 100 : n % 5 === 0 ? 30_000 : 1));
    const length = text.length < 126 ? Buffer.of(text.length) : text.length < 65_536 ? Buffer.alloc(3, 126) : Buffer.alloc(9, 127);
    if (length.length === 3) length.writeUInt16BE(text.length, 1);
    if (length.length === 9) length.writeBigUInt64BE(BigInt(text.length), 1);
    return Buffer.concat([Buffer.of(0x82), length, text]);
  };
  const through = (bytes: Buffer, chance: Chance) => {
    const mixer = new MessageMixer(5, chance);
    const out: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + chance.below(3_000);
      out.push(...mixer.mixed(bytes.subarray(at, end)));
      at = end;
    }
    return [...out, ...mixer.rest()];
  };

  it("come in another order and twice, whole, and none is missing", () => {
    const frames = Array.from({ length: 60 }, (_, n) => frame(n));
    const [head, ...out] = through(Buffer.concat([Buffer.from(HEAD), ...frames]), new Chance(3));
    expect(head?.toString("latin1")).toBe(HEAD);
    const came = out.filter(({ length }) => length > 0).map((one) => frames.findIndex((each) => each.equals(one)));
    expect(came).not.toContain(-1);
    expect(new Set(came).size).toBe(frames.length);
    expect(came.length).toBeGreaterThan(frames.length);
    expect(came.filter((n, at) => n < (came[at - 1] ?? 0)).length).toBeGreaterThan(2);
  });

  it("of anything else stay as they are", () => {
    const bytes = Buffer.concat([Buffer.from("HTTP/1.1 200 OK\r\n\r\n"), frame(1), frame(2)]);
    expect(Buffer.concat(through(bytes, new Chance(3))).equals(bytes)).toBe(true);
  });
});
