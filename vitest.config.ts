import { defineConfig } from "vitest/config";

const apart = ["test/captures/**", "test/e2e/**", "test/browser/**", "test/long/**", "test/postgres/**"];

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/**/*.test.ts"], exclude: apart, testTimeout: 30_000 } },
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 60_000, fileParallelism: false } },
      {
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "postgres",
          include: ["test/postgres/**/*.test.ts"],
          globalSetup: ["test/postgres/setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: "captures", include: ["test/captures/**/*.test.ts"], testTimeout: 60_000 } },
      { test: { name: "long", include: ["test/long/**/*.test.ts"], testTimeout: 3_600_000, hookTimeout: 120_000, fileParallelism: false } },
    ],
  },
});
