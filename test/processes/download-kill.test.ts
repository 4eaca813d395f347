import { expect, it } from "vitest";
import { useDownloadKills } from "./download-kills.js";

const kill = useDownloadKills();

it("killed before every sixth of its steps and run again, a download is whole; before each in test/long", async () => {
  expect(await kill(6)).toBeGreaterThan(2);
});
