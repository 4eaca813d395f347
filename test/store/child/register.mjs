// Lets a child process run the TypeScript sources as they are: node --import register.mjs appender.ts
import { register } from "node:module";

register("./hooks.mjs", import.meta.url);
