// Takes the lock of a file and holds it until killed, with a program that it started after that. Prints "locked" and that program's pid.
import { spawn } from "node:child_process";
import { FileLock } from "../../../src/runtime/file-lock.js";

if (FileLock.take(process.argv[2] ?? "") !== null) {
  const { pid } = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], { stdio: "ignore", detached: true });
  console.log(`locked ${pid}`);
  process.stdin.resume();
}
