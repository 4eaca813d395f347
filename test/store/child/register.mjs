// Lets a thread run the TypeScript sources as they are: node --import register.mjs thread.ts. What was built needs nothing.
import { register } from "node:module";

if (process.env.TEST_BUILT !== "1") register("./hooks.mjs", import.meta.url);
