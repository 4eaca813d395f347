// Stands in for curl in the tests of the documents, so that they need no program but Node: the options that the documents use, no others.
import { createWriteStream } from "node:fs";

const [, , ...args] = process.argv;
const headers = {};
let method = null;
let body = null;
let out = process.stdout;
let url = null;
for (let i = 0; i < args.length; i++) {
  const value = () => args[++i] ?? usage(`${args[i - 1]} takes a value`);
  switch (args[i]) {
    case "-H": {
      const [name, ...rest] = value().split(":");
      headers[name] = rest.join(":").trim();
      break;
    }
    case "-X":
      method = value();
      break;
    case "-d":
      body = value();
      break;
    case "-o":
      out = createWriteStream(value());
      break;
    case "-f":
    case "-N":
    case "-s":
      break; // an error is a failure here in any case; nothing is buffered, and no progress is shown
    default:
      if (args[i].startsWith("-") || url !== null) usage(`what is ${args[i]}?`);
      url = args[i];
  }
}
if (url === null) usage("there is no address");
if (/[[\]{}]/.test(url)) usage("curl takes brackets and braces for patterns");
if (body !== null && headers["content-type"] === undefined && headers["Content-Type"] === undefined)
  headers["content-type"] = "application/x-www-form-urlencoded";
process.on("SIGINT", () => process.exit(0));
const response = await fetch(url, { method: method ?? (body === null ? "GET" : "POST"), headers, body });
for await (const chunk of response.body ?? []) out.write(chunk);
// What a document shows must succeed, but where an error is what it shows.
if (response.ok === (process.env.DOCUMENT_SHOWS_ERROR === "1")) {
  process.stderr.write(`${response.status} came from ${url}\n`);
  process.exitCode = 22;
}

function usage(sentence) {
  process.stderr.write(`curl of the documents' tests: ${sentence}\n`);
  process.exit(2);
}
