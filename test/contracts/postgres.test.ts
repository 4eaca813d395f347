// Guards: PostgreSQL keeps every promise of the store's contract.
import { afterAll } from "vitest";
import { openPostgresStore } from "../../src/store/postgres/store.js";
import { describeStore } from "./store.js";
import "../whole.js"; // the contracts take a part of their cases
import { dropDatabase, emptyDatabase, newDatabase } from "../postgres/database.js";

let url: string | undefined;

afterAll(async () => {
  if (url !== undefined) await dropDatabase(url);
});

describeStore("postgres", async () => {
  if (url === undefined) url = await newDatabase();
  else await emptyDatabase(url);
  return openPostgresStore({ url });
});
