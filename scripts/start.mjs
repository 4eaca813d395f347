// `npm start`: install what the program and its build need, build, then the service with simulated rooms.
import { build, install, ROOT } from "./prepare.mjs";

install({ tools: false });
build();
process.argv = [process.argv[0], `${ROOT}dist/bin/dylive.js`, "demo", ...process.argv.slice(2)];
await import("../dist/bin/dylive.js"); // a path from the root is no address on Windows
