import { ERRORS, type ErrorCode, type Fault } from "../../src/runtime/errors.js";
import { cell, table } from "./table.js";

const INTRODUCTION = `# Errors

<!-- Written by test/docs/generated.test.ts from src/runtime/errors.ts; change it there and run the test with -u. -->

For each error: who has to act, whether trying again helps, and what to do.

\`code\` is stable and the same everywhere: in \`/v1\` as \`error.code\`, in the library as the \`code\` of a \`DyliveError\`, in events and in the server's log; the command
line prints the sentence and the hint and ends with 2 when the input was wrong, else with 1. The compatible interface (/douyin/…) has the HTTP status in \`code\` and the sentence in \`msg\`.

\`\`\`sh
curl -H "Authorization: Bearer TOKEN" "http://127.0.0.1:8787/v1/rooms/404/events"
\`\`\`

\`\`\`json
{"error": {"code": "not_found", "message": "There is no such thing here: …", "hint": "Check its name or id: …", "requestId": "5bd45e7a7da1"}}
\`\`\`

Sentence and hint are Chinese for a client that prefers it (\`Accept-Language: zh\`), and on a command line whose locale is Chinese (\`DYLIVE_LANG\`); the library says them in English.

A request that fails with "try again: yes" may succeed later as it is; with \`Retry-After\` in the answer, wait as long as that says. What a *room* goes through (a refusal by
the platform, a silent connection) is not an error of your request: it is the room's [state](faults.md).
`;

const FAULTS: Readonly<Record<Fault, string>> = {
  caller: "The request, the input or the settings",
  platform: "The platform",
  network: "The network",
  us: "dylive, or the machine it runs on",
};

/** docs/errors.md. */
export function errorsPage(): string {
  const sections = (Object.keys(FAULTS) as Fault[]).map((fault) => {
    const codes = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => ERRORS[code].fault === fault);
    const rows = codes.map((code) => {
      const { message, hint, retryable, status } = ERRORS[code];
      return [`\`${code}\``, `${status}`, retryable ? "yes" : "no", cell(message), cell(hint)];
    });
    return `\n## ${FAULTS[fault]}\n\n${table(["code", "HTTP", "try again", "sentence", "what to do"], rows)}`;
  });
  return `${INTRODUCTION}${sections.join("")}`;
}
