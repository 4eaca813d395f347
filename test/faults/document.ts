import type { Outcome } from "./struck.js";

const INTRODUCTION = `# What goes wrong, and what dylive shows of it

<!-- Written by test/faults/faults.test.ts from what it saw; change it there and run the test with -u. -->

A room can be connected and yet bring nothing, and a platform that refuses does not say so plainly. So every room has a state with its evidence:
\`GET /v1/rooms\`, \`dylive room show\` and the dashboard show it, and the log keeps each change of it as an event of the type \`state\`. Whatever was missed
while the room was live is an event of the type \`gap\` with \`from\`, \`to\` (times of receipt) and \`reason\`. [中文](faults.zh.md)

| you see | it means | what to do |
|---|---|---|
| \`live\` | people are heard, and what comes is stored | nothing |
| \`connecting\`, again and again | the connection ends soon after it opens, or cannot be opened | look at the network and the proxy; \`dylive doctor\` names the layer that is broken |
| \`stalled\` | the connection is open and nobody is heard, although the room's page says live | nothing at first: dylive connects anew, again after twice as long each time. A room can be quiet, too |
| \`stalled\`, and messages wait (\`storage.waiting\`) | messages come and are not stored: the disk is full, the database is away or does not keep up. \`storage\` in the evidence has what was received, what was stored and how long the oldest has waited | the reason names the disk's or the database's answer. What waits is stored by itself when it can be, and the room is live again |
| \`blocked\` | the platform refuses the connection; the reason has its answer | leave it alone for a while: dylive waits longer each time. If it stays, check the signer, log in, or use another IP address |
| \`failed\` with \`unreachable\` | no answer from the platform at all | the network, DNS, the proxy |
| \`failed\` with \`room_unknown\` | the platform answers, and says nothing of the room: a captcha, an empty page | open the room in a browser from the same network; log in |
| \`waiting\` | the account is not live | nothing: dylive looks again by itself |
| \`paused\` | who manages the room has paused it; it is not collected, whoever asks for it. In the log also: nobody asks for it any more, and it is not on the watch list | \`dylive room resume\`, or Resume in the dashboard; the second: ask for it again, or \`dylive room add\` |
| \`gifts: suppressed\` | contributors' scores rise and no gift comes: the platform keeps gifts from this visitor | \`dylive login\`; it may keep them from the account as well |
| \`masked: true\` | the anchor hides who the viewers are | nothing can be done; \`user.id\` is null |
| \`drops.damaged\` | a frame could not be read | nothing, if it is seldom; else look for a proxy that changes what passes |
| a \`gap\` | between \`from\` and \`to\` nothing was received | take it into account in counts and statistics |

After every loss dylive waits for up to 1.5 s and doubles that up to a minute while losses follow each other; after a refusal it waits for up to 30 s and doubles that
up to 15 minutes. The waits are cut by chance, so that rooms that fell together do not come back together.

Every line below is one run of the real collector against the simulator over loopback, under a clock that stands still while bytes are on their way.
"Noticed" is the time from the fault to what is shown. After the fault is over, everything that the simulator sent is compared with what is stored:
messages that are lost must lie inside a recorded gap, and nothing may be stored twice. When the connection is gone the platform sends us nothing; of that time it still has what it replays
to a new connection, at most 15 messages.
`;

/** docs/faults.md. */
export function document(
  kinds: readonly (readonly [kind: string, rows: readonly (readonly [name: string, outcome: Outcome])[]])[],
): string {
  const tables = kinds.map(
    ([kind, rows]) =>
      `\n## ${kind}\n\n| fault | shown | noticed | gap | after recovery |\n|---|---|---|---|---|\n${rows.map((each) => row(...each)).join("\n")}\n`,
  );
  return `${INTRODUCTION}${tables.join("")}`;
}

function row(name: string, { shown, noticedMs, recoveredMs, gaps, lost, twice }: Outcome): string {
  const [first] = gaps;
  const reasons = [...new Set(gaps.map(({ reason }) => reason))].join("; ");
  const gap = first === undefined ? "none" : `${gaps.length > 1 ? `${gaps.length} times` : about(first.ms)}: ${reasons}`;
  const losses = lost === 0 ? "nothing lost" : `${lost} messages lost, all inside the gap`;
  return `| ${name} | ${shown.replaceAll("|", "\\|")} | ${about(noticedMs)} | ${gap} | as before after ${about(recoveredMs)}; ${losses}, ${twice} twice |`;
}

function about(ms: number): string {
  return ms <= 1500 ? "1.5 s at most" : `${Math.round(ms / 1000)} s`;
}
