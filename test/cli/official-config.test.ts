import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/app/config.js";
import { DyliveError } from "../../src/runtime/errors.js";

const error = (env: Record<string, string>): DyliveError => {
  try {
    loadConfig({}, env);
  } catch (thrown) {
    if (thrown instanceof DyliveError) return thrown;
  }
  throw new Error("nothing was refused");
};

describe("settings of the Open Platform", () => {
  it("are read from the environment; secrets of digits stay texts", () => {
    const config = loadConfig(
      {},
      {
        DYLIVE_OFFICIAL_APP: "tt07e3715e98c9aac0",
        DYLIVE_OFFICIAL_SECRET: "12345678",
        DYLIVE_OFFICIAL_PATH: "42",
        DYLIVE_OFFICIAL_DATA_SECRETS: '{"live_gift":["123","456"],"*":["x"]}',
      },
    );
    expect(config).toMatchObject({
      officialApp: "tt07e3715e98c9aac0",
      officialSecret: "12345678",
      officialPath: "42",
      officialDataSecrets: { live_gift: ["123", "456"], "*": ["x"] },
      officialWindowMs: 300_000,
    });
    expect(loadConfig({}, {})).toMatchObject({ officialApp: null, officialDataSecrets: {} });
  });

  it.each([
    "{s3cr3t",
    '{"live_gift":"s3cr3t"}',
    '{"live_gift":[""],"x":["s3cr3t"]}',
    '{"live_gift":[]}',
    '{"Not A Type":["s3cr3t"]}',
    '["s3cr3t"]',
  ])("are refused without being shown: %s", (text) => {
    const { code, message } = error({ DYLIVE_OFFICIAL_DATA_SECRETS: text });
    expect(code).toBe("bad_config");
    expect(message).toContain("DYLIVE_OFFICIAL_DATA_SECRETS");
    expect(message).not.toContain("s3cr3t");
  });
});
