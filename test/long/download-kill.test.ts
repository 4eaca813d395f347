import { expect, it } from "vitest";
import { useDownloadKills } from "../processes/download-kills.js";

const kill = useDownloadKills();

it("killed before any of its steps and run again, a download is whole", async () => {
  expect(await kill(1)).toBeGreaterThan(15);
});
