// Guards: A server changes what is kept while it runs, and nothing that it was started with.
import { expect, it, onTestFinished } from "vitest";
import { adminService } from "../../src/app/admin.js";
import { loadConfig } from "../../src/app/config.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { FakeClock } from "../clock.js";
import { useDirectory } from "../store/directory.js";

const file = useDirectory();

it("changes what is kept while the server runs, and nothing that it was started with", async () => {
  const store = openSqliteStore({ path: file("kept.db") });
  onTestFinished(() => store.close());
  const config = loadConfig({}, { DYLIVE_KEEP_RAW_DAYS: "7", DYLIVE_POLL_MS: "5000", DYLIVE_CONNECTS_PER_S: "20" });
  const clock = new FakeClock();
  const unused = undefined as never;
  const admin = adminService({
    ...{ config, clock, store },
    ...{ at: { engine: "sqlite", path: file("kept.db") }, accounts: unused, platform: unused, collected: unused, compat: () => [] },
  });
  const told = async (name: string) => (await admin.settings()).find((one) => one.name === name);
  expect(await told("DYLIVE_KEEP_EVENTS_DAYS")).toMatchObject({ value: null, from: "default", mayChange: true, changed: null });
  expect(await told("DYLIVE_KEEP_RAW_DAYS")).toMatchObject({ value: 7, from: "start", mayChange: false, changed: null });
  expect(await told("DYLIVE_POLL_MS")).toMatchObject({ value: 5000, from: "start", mayChange: false });
  expect(await told("DYLIVE_CONNECTS_PER_S")).toMatchObject({ value: 20, from: "start", mayChange: false });
  expect(await told("DYLIVE_PORT")).toMatchObject({ value: 8787, from: "default", mayChange: false });

  for (const [name, words] of [
    ["DYLIVE_KEEP_RAW_DAYS", "the server was started with it"],
    ["DYLIVE_PORT", "it is no setting that can be changed while a server runs"],
    ["constructor", "it is no setting that can be changed while a server runs"],
  ] as const) {
    // All or none.
    const refused = admin.change({ DYLIVE_KEEP_EVENTS_DAYS: 90, [name]: 1 }, "web");
    await expect(refused).rejects.toMatchObject({ code: "bad_request", field: name, detail: expect.stringContaining(words) });
  }
  expect((await store.settings.changed()).size).toBe(0);
  await admin.change({ DYLIVE_KEEP_EVENTS_DAYS: 90, DYLIVE_KEEP_STORE_MB: 500 }, "web");
  const changed = { by: "web", at: clock.now() };
  expect(await told("DYLIVE_KEEP_EVENTS_DAYS")).toMatchObject({ value: 90, from: "change", mayChange: true, changed });
  expect((await admin.about()).settings.find(({ name }) => name === "DYLIVE_KEEP_EVENTS_DAYS")?.value).toBe(90);
  // One that came first, and that the server was started with later, does not count any more.
  await store.settings.change(new Map([["keepRawDays", { value: 3, by: "web", at: 1 }]]));
  expect(await told("DYLIVE_KEEP_RAW_DAYS")).toMatchObject({ value: 7, from: "start", changed: null });
  await admin.change({ DYLIVE_LOG_LEVEL: "debug", DYLIVE_REQUESTS_PER_S: 1 }, "web");
  expect(await told("DYLIVE_LOG_LEVEL")).toMatchObject({ value: "debug", from: "change", mayChange: true, changed });
  await admin.change({ DYLIVE_KEEP_EVENTS_DAYS: null }, "web");
  expect(await told("DYLIVE_KEEP_EVENTS_DAYS")).toMatchObject({ value: null, from: "default", changed: { by: "web" } });
});
