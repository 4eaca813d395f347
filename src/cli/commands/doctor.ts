import type { Command } from "commander";
import { type Config, type GivenSettings, languageOf, loadConfig, type Machine, readMachine } from "../../app/config.js";
import { platformOf, signerUrl } from "../../app/platform.js";
import { directIdentities, type PlatformIdentities, type PlatformIdentity } from "../../platform/access/platform-identity.js";
import type { ProxyServer } from "../../platform/access/proxy.js";
import { httpSigner } from "../../platform/access/push.js";
import { Visitor } from "../../platform/access/visitor.js";
import { AccountStore } from "../../platform/accounts/login-store.js";
import { BrowserSession } from "../../platform/browser/session.js";
import { ROOM_DOOR, readPaste } from "../../platform/links/paste.js";
import { type Clock, systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { type Finding, failed, linesOf, verdictOf } from "../doctor/finding.js";
import { machineFindings } from "../doctor/machine.js";
import { dns, platformFindings } from "../doctor/platform.js";
import { data, signer, upstream } from "../options.js";
import { exitWith, interruptSignal } from "../stop.js";
import { print } from "../terminal.js";

const SEAT_MS = 60_000; // a browser that starts for the first time

/** Adds `dylive doctor`. */
export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("say which layer is broken, and what to do")
    .option("--room <room>", "a live room, to look at every step (a link or an id)")
    .option("--json", "one JSON object", false)
    .addOption(data())
    .addOption(upstream())
    .addOption(signer())
    .option("--proxy <url>", "proxy towards the platform (DYLIVE_PROXY)")
    .action(({ room: text, json, ...settings }: GivenSettings & { room?: string; json: boolean }) =>
      doctor(loadConfig(settings), { room: text ?? null, json }),
    );
}

/** `dylive doctor`: looks at each layer in turn. Exit code 1 when one is broken. */
async function doctor(config: Config, { room: text, json }: { readonly room: string | null; readonly json: boolean }): Promise<void> {
  const findings: Finding[] = [];
  // Programs read English, and who asks them says it in the language of their users.
  const language = json ? "en" : languageOf();
  for await (const finding of examine(config, text, { clock: systemClock, machine: readMachine(), signal: interruptSignal() })) {
    findings.push(finding);
    if (!json) for (const line of linesOf(finding, language)) await print(line);
  }
  const verdict = verdictOf(findings, language);
  await print(json ? JSON.stringify({ ok: findings.every(({ state }) => state !== "fail"), verdict, findings }) : `\n${verdict}`);
  if (findings.some(({ state }) => state === "fail")) exitWith(1);
}

/**
 * Looks at each layer, in the order in which they need each other. Changes nothing; asks the platform for each thing once.
 * @throws DyliveError bad_room
 */
export async function* examine(
  config: Config,
  text: string | null,
  { clock, machine, signal }: { readonly clock: Clock; readonly machine: Machine; readonly signal: AbortSignal },
): AsyncGenerator<Finding> {
  if (text !== null) readPaste(text, ROOM_DOOR);
  const platform = platformOf(config);
  const program = yield* machineFindings(config, machine);
  yield await dns(platform);

  const identities = seatsOf(config, program, clock);
  let identity: PlatformIdentity | Finding | null = null;
  try {
    identity = identities === null ? null : await take(identities, platform.proxy, signal);
    const visitor = identity !== null && "visitor" in identity ? identity.visitor : new Visitor(config.userAgent);
    const asking = { platform, clock, visitor, userAgent: config.userAgent };
    yield* platformFindings(text, asking, AccountStore.inside(config.data, clock), identity, signal);
  } finally {
    if (identity !== null && "release" in identity) identity.release();
    await identities?.close();
  }
}

/** Returns the source of signatures: what the operator named, a stand-in's own signer, else the site's page in a browser. Null if none. */
function seatsOf(config: Config, program: string | null, clock: Clock): PlatformIdentities | null {
  const signer = signerUrl(config);
  if (signer !== null) return directIdentities({ signer: httpSigner(signer), userAgent: config.userAgent });
  const choice = config.cdp !== null ? { cdp: config.cdp } : program !== null ? { program, headless: true } : null;
  return choice === null ? null : new BrowserSession({ choose: () => choice, clock, upstream: config.upstream, profile: null });
}

async function take(identities: PlatformIdentities, proxy: ProxyServer | null, signal: AbortSignal): Promise<PlatformIdentity | Finding> {
  const limit = AbortSignal.timeout(SEAT_MS);
  try {
    return await identities.take({ account: null, proxy, webRid: null }, AbortSignal.any([signal, limit]));
  } catch (error) {
    signal.throwIfAborted();
    return failed("signer", limit.aborted ? new DyliveError("blocked", "the site's own page was not ready within a minute") : error);
  }
}
