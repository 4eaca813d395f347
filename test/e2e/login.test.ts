import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { ran, scratch } from "./command.js";

const SECRET = "a-secret-session";
let simulator: Simulator;
const { path: data, remove } = scratch();
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(async () => {
  await simulator.close();
  remove();
});

it("keeps pasted cookies, says how they stand, and never shows them", async () => {
  const file = join(data, "cookies.txt");
  writeFileSync(file, `.douyin.com\tTRUE\t/\tTRUE\t0\tsessionid\t${SECRET}\n.example.com\tTRUE\t/\tTRUE\t0\tother\tx\n`);
  const env = { DYLIVE_DATA: data, DYLIVE_UPSTREAM: simulator.url };
  const saved = await ran(["login", "--account", "phone", "--cookies", file], env);
  expect(saved).toMatchObject({ code: 0, stdout: "phone: logged in as 已登录的观众, 0 days old\n" });
  expect(statSync(join(data, "accounts", "phone.json")).mode & 0o777).toBe(0o600);
  expect(await ran(["login", "--account", "phone", "--check"], env)).toMatchObject({ code: 0 });
  simulator.rooms.logout();
  const lapsed = await ran(["login", "--account", "phone", "--check"], env);
  expect(lapsed).toMatchObject({ code: 2, stdout: "phone: not logged in, 0 days old\n", stderr: expect.stringContaining("log in again") });
  simulator.rooms.logout(false);
  simulator.rooms.captcha();
  const unanswered = await ran(["login", "--account", "phone", "--check"], env);
  expect(unanswered).toMatchObject({ code: 1, stdout: expect.stringContaining("the platform did not say whether it is logged in") });
  simulator.rooms.captcha(false);
  for (const { stdout, stderr } of [saved, lapsed]) expect(stdout + stderr).not.toContain(SECRET);
  expect(await ran(["login", "--account", "phone", "--forget"], env)).toMatchObject({ code: 0 });
  expect(await ran(["login", "--account", "phone", "--check"], env)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("dylive login --account phone"),
  });
});

it("is one sentence without a display, without a browser, and for what is no cookies", async () => {
  const env = { DYLIVE_DATA: data, DISPLAY: "", WAYLAND_DISPLAY: "" };
  if (process.platform === "linux")
    expect(await ran(["login"], env)).toMatchObject({ code: 2, stderr: expect.stringMatching(/no display.*--cookies FILE/) });
  const nowhere = { ...env, DISPLAY: ":9", DYLIVE_BROWSER: "/no/such/browser" };
  expect(await ran(["login"], nowhere)).toMatchObject({ code: 2, stderr: expect.stringMatching(/No browser.*DYLIVE_BROWSER/) });
  const file = join(data, "none.txt");
  writeFileSync(file, SECRET);
  const none = await ran(["login", "--cookies", file], env);
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("no cookie of the platform") });
  expect(none.stderr).not.toContain(SECRET);
});
