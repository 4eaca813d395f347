// Guards: a signer's signature is used, and what is wrong with one is said.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { httpSigner } from "../../../src/platform/access/push.js";

const SIGNAL = new AbortController().signal;
let server: Server;
let answer: { readonly status: number; readonly body: string };
beforeAll(async () => {
  server = createServer((_request, response) => response.writeHead(answer.status).end(answer.body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  server.close();
});
const sign = (status: number, body: string) => {
  answer = { status, body };
  return httpSigner(`http://127.0.0.1:${(server.address() as AddressInfo).port}/sign`).sign("0".repeat(32), SIGNAL);
};

it("gives the signature", async () => {
  expect(await sign(200, '{"signature":"a+/="}')).toBe("a+/=");
});

it.each([
  [502, "<html>Bad Gateway</html>", "unreachable", "the signer answered HTTP 502 without JSON"],
  [200, "", "unreachable", "the signer answered HTTP 200 without JSON"],
  [500, '{"signature":"a"}', "blocked", "the signer answered HTTP 500 without a signature"],
  [200, '{"signature":""}', "blocked", "the signer answered HTTP 200 without a signature"],
  [200, "[]", "blocked", "the signer answered HTTP 200 without a signature"],
])("HTTP %i with %s is told in words", async (status, body, code, detail) => {
  await expect(sign(status, body)).rejects.toMatchObject({ code, detail });
});
