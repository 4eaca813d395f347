import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { SecretCipher } from "../../src/http/authentication.js";
import { Connections } from "../../src/http/connections.js";
import { Listener } from "../../src/http/listener.js";
import { FakeClock } from "../clock.js";

it("cuts no connection on which an answer is being made, however long that takes", async () => {
  const waits: number[] = [];
  const listener = new Listener(new SecretCipher(), new Connections(new FakeClock()));
  const server = listener.make((request, response) => {
    waits.push((request.socket as Socket & { readonly timeout: number }).timeout);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  for (let n = 0; n < 2; n++) await (await fetch(url)).text();
  expect(waits).toEqual([0, 0]);
});

it("reads the body of a request that offers another protocol, in however many pieces it comes", async () => {
  const bodies: string[] = [];
  const listener = new Listener(new SecretCipher(), new Connections(new FakeClock()));
  const server = listener.make((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (part: string) => {
      body += part;
    });
    request.on("end", () => {
      bodies.push(`${request.method} ${request.url} ${request.headers["content-type"]} ${body}`);
      response.end("taken");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const body = JSON.stringify({ link: "直播间" });
  const head = (more: string) =>
    `POST /v1/rooms HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n${more}\r\n`;
  const ask = async (pieces: readonly string[]) => {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    let answer = "";
    socket.setEncoding("utf8").on("data", (part: string) => {
      answer += part;
    });
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await once(socket, "end");
    return answer;
  };
  const whole = head(`Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`);
  const expected = `POST /v1/rooms application/json ${body}`;
  expect(await ask([whole + body])).toMatch(/^HTTP\/1\.1 200 [\s\S]*taken/);
  expect(await ask([whole, body.slice(0, 5), body.slice(5)])).toMatch(/^HTTP\/1\.1 200 [\s\S]*taken/);
  expect(await ask([head("Content-Type: application/json\r\n")])).toMatch(/^HTTP\/1\.1 200 /);
  expect(bodies).toEqual([expected, expected, "POST /v1/rooms application/json "]);
});
