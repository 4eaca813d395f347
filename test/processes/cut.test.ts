import { expect, it } from "vitest";
import { cutDatabase } from "./cut-database.js";

it("the database crashes under load and is away for a while: nothing is lost, the spool is drained, a reader goes on", async () => {
  const { sent, spooled, read } = await cutDatabase(12, 5000);
  expect(sent).toBeGreaterThan(100);
  expect(spooled, "bytes in the spool while the database was away").toBeGreaterThan(0);
  expect(read).toBeGreaterThan(sent);
}, 300_000);
