// Takes the lock of a data directory and holds it until killed. Prints "locked", or the error's code and message.
import { DyliveError } from "../../../src/runtime/errors.js";
import { lockDataDir } from "../../../src/store/lock.js";

try {
  await lockDataDir(process.argv[2] ?? "");
  console.log("locked");
  process.stdin.resume();
} catch (error) {
  console.log(error instanceof DyliveError ? `${error.code} ${error.message}` : String(error));
}
