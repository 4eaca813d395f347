// `node scripts/build.mjs`; with --if-older it installs what is needed and builds only where that was not done since the checkout changed.
import { build, install, isBuilt } from "./prepare.mjs";

if (!process.argv.includes("--if-older")) build();
else if (!isBuilt()) {
  install({ tools: false });
  build();
}
