// Guards: a server that other machines can reach says what that means, and its compat stream asks for a token.
import { afterAll, expect, it } from "vitest";
import { refusal } from "../compat/refusal.js";
import { dylive, scratch } from "./command.js";

const dir = scratch();
afterAll(() => dir.remove());

it("says who can read its rooms, shows an address of this machine, and lets no client of DouyinBarrageGrab in without a token", async () => {
  const env = { DYLIVE_DATA: dir.path, DYLIVE_PORT: "0", DYLIVE_HOST: "0.0.0.0", DYLIVE_COMPAT_GRAB_PORT: "0" };
  const server = dylive(["serve", "--upstream", "http://127.0.0.1:1"], env);
  const [, url = ""] = await server.printed(/clients of DouyinBarrageGrab: (ws:\S+)/);
  await server.printed(/^curl "http:\/\/127\.0\.0\.1:\d+\//m);
  expect(await refusal(url)).toEqual({ status: 401, code: "no_token" });
  server.process.kill("SIGTERM");
  expect(await server.ended).toBe(0);
  expect(server.stderr()).toMatch(/listens on 0\.0\.0\.0: everyone who reaches this machine and has a token can read its rooms/);
});
