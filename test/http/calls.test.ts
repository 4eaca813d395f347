// Guards: a call whose client left before it began holds nothing.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { expect, it } from "vitest";
import { HttpCalls } from "../../src/http/calls.js";

const open = (calls: HttpCalls, request: IncomingMessage, response: ServerResponse) =>
  calls.open({ raw: request, token: {} } as FastifyRequest, { raw: response } as FastifyReply);

it("a call whose client left before it was opened has ended, is held by nothing and keeps no server from stopping", async () => {
  let held = 0;
  const calls = new HttpCalls({
    hold: () => {
      held++;
      return () => held--;
    },
  });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1", () => client.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
  const call = await new Promise<ReturnType<HttpCalls["open"]>>((resolve) => {
    server.on("request", (request, response) => {
      response.once("close", () => setImmediate(() => resolve(open(calls, request, response))));
      client.destroy();
    });
  });
  expect([call.ended, await call.handedOver, calls.size, held]).toEqual(["gone", false, 0, 0]);
  await calls.drained();
  server.close();
});
