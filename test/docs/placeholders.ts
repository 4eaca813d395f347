import type { Stage } from "./stage.js";

/** What another reader has another of, and what a command of the same page made. */
export interface Own {
  readonly token: string;
  /** room_id of the broadcast of room 100000002. */
  readonly session: string;
  /** uids of two people who gave something. */
  readonly people: readonly [string, string];
  /** The hook that was made last; empty before. */
  readonly hook: string;
}

/** A document's text with this stage's things in place of what stands for them. CONTRIBUTING.md has this list for those who write documents. */
export function withOwn(text: string, { base, simulator, receiver, launch, env }: Stage, { token, session, people, hook }: Own): string {
  return text
    .replaceAll("http://127.0.0.1:8787", base)
    .replaceAll("127.0.0.1:8787", base.slice("http://".length))
    .replaceAll("http://127.0.0.1:18000", simulator)
    .replaceAll("data/demo", env["DYLIVE_DATA"] ?? "")
    .replaceAll("https://example.com/dylive", receiver)
    .replace(/(_PORT=|--port )\d+/g, "$10")
    .replace(/\bTOKEN\b(?!=)/g, token)
    .replace(/\bROOM\b/g, "100000002")
    .replace(/\bSESSION\b/g, session)
    .replace(/\bLAUNCH\b/g, launch)
    .replace(/\bUSER\b/g, people[0])
    .replace(/\bOTHER\b/g, people[1])
    .replace(/\bHOOK\b/g, hook);
}
