// Guards: The doctor finds every layer whole with a simulator in another process and the site's page to sign.
import { expect, it } from "vitest";
import { dylive, ran, scratch } from "../e2e/command.js";
import { testBrowser } from "./chromium.js";

it("doctor finds every layer whole, up to the push server", async () => {
  const dir = scratch();
  const simulate = dylive(["simulate", "--port", "0", "--rate", "5"]);
  try {
    const [upstream] = await simulate.printed(/^http:\S+/m);
    const settings = { DYLIVE_BROWSER: testBrowser(), DYLIVE_SIGNER: "browser", DYLIVE_DATA: dir.path };
    const { stdout, code } = await ran(["doctor", "--upstream", upstream, "--room", "100000002", "--json"], settings);
    const { findings } = JSON.parse(stdout) as { findings: { layer: string; state: string; detail: string }[] };
    expect(findings.filter(({ state }) => state === "fail")).toEqual([]);
    const states = Object.fromEntries(findings.map(({ layer, state }) => [layer, state]));
    expect([code, states]).toMatchObject([0, { browser: "ok", signer: "ok", push: "ok" }]);
  } finally {
    simulate.process.kill("SIGTERM");
    await simulate.ended;
    dir.remove();
  }
});
