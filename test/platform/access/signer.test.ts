// Guards: A signer is given the platform's stub, and an answer of it that is no signature is an error in words.
import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { httpSigner, stubOf } from "../../../src/platform/access/push.js";

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

it("joins the signed fields in the platform's order, empty ones kept, and ignores the rest", () => {
  const query = new URLSearchParams({
    ...{ room_id: "7624505674873244442", identity: "audience", aid: "6383", live_id: "1", version_code: "180800", cursor: "not signed" },
    ...{ webcast_sdk_version: "1.0.15", did_rule: "3", user_unique_id: "7300000000000000001", device_platform: "web" },
  });
  const text =
    "live_id=1,aid=6383,version_code=180800,webcast_sdk_version=1.0.15,room_id=7624505674873244442,sub_room_id=,sub_channel_id=,did_rule=3,user_unique_id=7300000000000000001,device_platform=web,device_type=,ac=,identity=audience";
  expect(stubOf(query)).toBe(createHash("md5").update(text).digest("hex"));
});
