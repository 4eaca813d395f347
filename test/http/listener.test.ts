import type { AddressInfo, Socket } from "node:net";
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
