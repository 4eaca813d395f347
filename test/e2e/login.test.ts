// Guards: pasted cookies are kept for their owner alone, and no command shows them.
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { startSimulator } from "../../simulator/index.js";
import { ran, scratch } from "./command.js";

const SECRET = "a-secret-session";
const { path: data, remove } = scratch();
afterAll(remove);

it("keeps pasted cookies, says how they stand, and never shows them", async () => {
  const simulator = await startSimulator();
  const file = join(data, "cookies.txt");
  writeFileSync(file, `.douyin.com\tTRUE\t/\tTRUE\t0\tsessionid\t${SECRET}\n.example.com\tTRUE\t/\tTRUE\t0\tother\tx\n`);
  const login = (...args: readonly string[]) =>
    ran(["login", "--account", "phone", ...args], { DYLIVE_DATA: data, DYLIVE_UPSTREAM: simulator.url });
  const saved = await login("--cookies", file);
  expect(saved).toMatchObject({ code: 0, stdout: "phone: logged in as 已登录的观众, 0 days old\n" });
  expect(statSync(join(data, "accounts", "phone.json")).mode & 0o777).toBe(0o600);
  simulator.rooms.logout();
  const lapsed = await login("--check");
  expect(lapsed).toMatchObject({ code: 2, stdout: "phone: not logged in, 0 days old\n", stderr: expect.stringContaining("log in again") });
  simulator.rooms.captcha();
  expect(await login("--check")).toMatchObject({ code: 1, stdout: expect.stringContaining("did not say whether it is logged in") });
  for (const { stdout, stderr } of [saved, lapsed]) expect(stdout + stderr).not.toContain(SECRET);
  await simulator.close();
});
