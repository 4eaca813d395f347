import { accessSync, constants, existsSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Config, Machine } from "../../app/config.js";
import { findSpeech, NO_SPEAKERS, Speech } from "../../http/speech.js";
import { findBrowser } from "../../platform/browser/find.js";
import { systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { troubleOf } from "../../runtime/file-failure.js";
import { type Msg, type MsgPart, msg, msgOf, recorded } from "../../runtime/msg.js";
import { check } from "../../store/check.js";
import { dataDirOwner } from "../../store/lock.js";
import { databasePath, openStore, type StoreAt, storeAt } from "../../store/open.js";
import type { Look } from "../../store/postgres/admin.js";
import { openToRead } from "../../store/sqlite/copy.js";
import { openDatabase } from "../../store/sqlite/driver.js";
import { placeFailure } from "../../store/sqlite/refusal.js";
import { hasSchema } from "../../store/sqlite/schema.js";
import { type Finding, fail, failed, ok, skipped, warn } from "./finding.js";

const OLDEST_NODE = [20, 19]; // package.json, engines
const MIB = 1024 * 1024;
const LITTLE_BYTES = 1024 * MIB; // some days of a busy room
const NO_BYTES = 50 * MIB; // the write-ahead log alone may take more
const QUICK_CHECK_BYTES = 256 * MIB; // a second or two of reading
const LOG_CHECK_MS = 5000;
/** Failing time in ms after which the looks at an author are a warning. */
const FAILING_MS = 86_400_000;
/** Time for which work may keep everything else waiting, in ms: nothing that comes from the platform or a client takes so long. */
const HELD_MS = 250;
/** Silence of a server after which it is stuck, in ms: it tells every ten seconds how it is. */
const SILENT_MS = 60_000;
/** Version of PostgreSQL that the tests run with. */
const VERSION = 17;
/** Round trip, in ms, beyond which everything that asks the database feels it. */
const SLOW_MS = 50;

/** Looks at the layers of this machine. @returns the browser's program; null without one */
export async function* machineFindings(config: Config, machine: Machine): AsyncGenerator<Finding, string | null> {
  yield runtime(config);
  yield dataFolder(config.data);
  yield await store(config);
  yield runningServer(config.data);
  yield await watchedAuthors(config);
  yield await speechFinding(config, machine);
  const { finding, program } = browser(config, machine);
  yield finding;
  return program;
}

/** Checks Node.js, and the native module where the store needs it. */
export function runtime({ databaseUrl }: Pick<Config, "databaseUrl">, version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor))
    return fail("runtime", msg`Node.js ${version} is too old`, msg`Install Node.js ${OLDEST_NODE.join(".")} or newer.`);
  try {
    const database = openDatabase(":memory:");
    const sqlite = String(database.prepare("SELECT sqlite_version()").pluck().get());
    database.close();
    return ok("runtime", `Node.js ${version}, SQLite ${sqlite}, ${process.platform} ${process.arch}`);
  } catch (error) {
    if (databaseUrl === null || !(error instanceof DyliveError && error.code === "no_package")) return failed("runtime", error);
    return ok("runtime", msg`Node.js ${version}, ${process.platform} ${process.arch}; without SQLite, which PostgreSQL does not need`);
  }
}

/** Checks whether the data folder can be written, and how much room is left. Leaves nothing behind and makes no folder. */
function dataFolder(data: string): Finding {
  const folder = resolve(data);
  let near = folder;
  while (!existsSync(near) && dirname(near) !== near) near = dirname(near);
  try {
    if (!statSync(near).isDirectory()) return fail("data", msg`${near} is a file`, "Name another folder with --data or DYLIVE_DATA.");
    accessSync(near, constants.W_OK);
    if (near === folder) {
      const trial = join(folder, `.doctor-${process.pid}`);
      writeFileSync(trial, "dylive", { mode: 0o600, flag: "wx" });
      rmSync(trial);
    }
    const { bavail, bsize } = statfsSync(near);
    const free = bavail * bsize;
    const gib = (free / 1024 / MIB).toFixed(1);
    const more = "Free some space, or put the data on another disk with --data.";
    if (free < NO_BYTES) return fail("data", msg`${folder}: the disk is full (${gib} GiB free)`, more);
    if (free < LITTLE_BYTES) return warn("data", msg`${folder}: little space is left (${gib} GiB free)`, more);
    return ok("data", msg`${near === folder ? folder : msg`${folder} (will be made)`}, ${gib} GiB free`);
  } catch (error) {
    return folderFailure(folder, error);
  }
}

/** Returns the finding on what keeps the data folder from being written, with what mends it. */
export function folderFailure(folder: string, error: unknown): Finding {
  const trouble = troubleOf(error);
  if (trouble === null) return failed("data", error, "Name another folder with --data or DYLIVE_DATA.");
  return fail("data", msg`${folder} cannot be written: ${trouble.why}`, msg`${trouble.todo} --data and DYLIVE_DATA name another folder.`);
}

/** Checks whether the store can be read, is ours, and holds together, as far as a few seconds can tell. Changes nothing. */
async function store({ data, databaseUrl }: Pick<Config, "data" | "databaseUrl">): Promise<Finding> {
  return databaseUrl === null ? storeFile(data) : database(databaseUrl);
}

async function storeFile(data: string): Promise<Finding> {
  const path = databasePath(data);
  if (!existsSync(path)) return ok("store", "there is none yet; it is made at the first start");
  try {
    const size = statSync(path).size;
    const { isEmpty, damage } = look(path, size <= QUICK_CHECK_BYTES);
    if (damage !== null)
      return fail(
        "store",
        msg`${path} is damaged: ${damage}`,
        "Stop dylive, keep a copy of the file, and restore a backup or start with another folder.",
      );
    if (isEmpty) return ok("store", "there is none yet; it is made at the first start");
    return await soundness({ engine: "sqlite", path }, `${(size / MIB).toFixed(1)} MiB`);
  } catch (error) {
    return failed("store", placeFailure(error, path, msg`the database ${path} cannot be read`));
  }
}

/** Looks at a file. @param whole whether SQLite checks it */
function look(path: string, whole: boolean): { readonly isEmpty: boolean; readonly damage: string | null } {
  const database = openToRead(path);
  try {
    const isEmpty = !hasSchema(database);
    const said = whole ? String(database.pragma("quick_check(1)", { simple: true })) : "ok";
    return { isEmpty, damage: said === "ok" ? null : said };
  } finally {
    database.close();
  }
}

async function database(url: string): Promise<Finding> {
  try {
    const { lookAt } = await import("../../store/postgres/admin.js");
    const look = await lookAt(url);
    const size = look.isEmpty ? msg`empty; the store is made at the first start` : `${(look.bytes / MIB).toFixed(1)} MiB`;
    const shown = msg`PostgreSQL ${look.server} at ${look.name}, ${size}`;
    return complaintOf(look, shown) ?? (look.isEmpty ? ok("store", shown) : await soundness({ engine: "postgres", url }, shown));
  } catch (error) {
    const todo =
      error instanceof DyliveError && error.code === "bad_config" ? msg`Correct DATABASE_URL: docs/scale.md has its form.` : undefined;
    return failed("store", error, todo);
  }
}

function complaintOf({ server, notDurable, roundTripMs }: Look, shown: Msg): Finding | null {
  if (Number.parseInt(server, 10) < VERSION)
    return warn("store", msg`${shown}: older than what dylive is tested with`, msg`Use PostgreSQL ${VERSION} or newer.`);
  if (roundTripMs > SLOW_MS)
    return warn(
      "store",
      msg`${shown}: it takes ${Math.round(roundTripMs)} ms to answer`,
      "Run dylive nearer to the database, or look at its load.",
    );
  if (notDurable.length === 0) return null;
  return warn(
    "store",
    msg`${shown}: ${notDurable.join(", ")}, so events that were given out may be lost when the power goes`,
    "Turn it on.",
  );
}

/** Checks whether every event is in its place, as far as five seconds of reading can tell. */
async function soundness(at: StoreAt, shown: MsgPart): Promise<Finding> {
  const opened = await openStore(at, { mayOnlyRead: "always" });
  const limit = AbortSignal.timeout(LOG_CHECK_MS);
  try {
    const findings = await check(opened.log, undefined, limit);
    if (findings.length === 0) return ok("store", msg`${shown}, every event in its place`);
    const rooms = [...new Set(findings.map(({ room }) => room))].slice(0, 5).join(", ");
    return fail(
      "store",
      msg`${shown}; ${findings.length} places in the log are wrong (rooms ${rooms})`,
      "Keep a copy of the data folder and report it.",
    );
  } catch (error) {
    if (limit.aborted) return ok("store", msg`${shown}, no fault within the five seconds that were looked`);
    throw error;
  } finally {
    await opened.close();
  }
}

/** Checks whether everything has its turn in the server that has the data folder, by what that says of itself. @param now ms UTC */
export function runningServer(data: string, now = Date.now()): Finding {
  try {
    const server = dataDirOwner(resolve(data));
    if (server === null) return ok("server", "none has this data folder");
    const { pid, health } = server;
    if (pid === null || health === null) return ok("server", msg`pid ${pid ?? "?"}: it is starting, or is another command`);
    const silentMs = now - health.at;
    if (silentMs >= SILENT_MS)
      return fail(
        "server",
        msg`pid ${pid}: it has had no turn for ${Math.round(silentMs / 1000)} s, or cannot write to the data folder`,
        "If it stays so, restart it, and report it with its log.",
      );
    if (health.heldMs < HELD_MS)
      return ok("server", msg`pid ${pid}: nothing has kept everything else waiting for more than ${health.heldMs} ms within ten minutes`);
    return warn(
      "server",
      msg`pid ${pid}: one piece of work has kept everything else waiting for ${health.heldMs} ms within ten minutes; answers and heartbeats were late by that`,
      "Look at the load of this machine and at the disk of the data folder: the server may have waited for them. If both are idle, let it collect fewer rooms (docs/scale.md), and report it with its log.",
    );
  } catch (error) {
    return failed("server", error);
  }
}

/** Returns whether there is no store yet. Changes nothing. */
async function isStoreEmpty({ data, databaseUrl }: Pick<Config, "data" | "databaseUrl">): Promise<boolean> {
  if (databaseUrl !== null) return (await (await import("../../store/postgres/admin.js")).lookAt(databaseUrl)).isEmpty;
  const path = databasePath(data);
  return !existsSync(path) || look(path, false).isEmpty;
}

/** Checks whether the looks at an author who is watched have failed for long. Changes nothing. @param now ms UTC */
export async function watchedAuthors(config: Pick<Config, "data" | "databaseUrl">, now = Date.now()): Promise<Finding> {
  // What is wrong with the store is a finding of its own.
  const isEmpty = await isStoreEmpty(config).catch(() => null);
  if (isEmpty === true) return ok("authors", "none are watched");
  const opened = isEmpty === null ? null : await openStore(storeAt(config), { mayOnlyRead: "always" }).catch(() => null);
  if (opened === null) return skipped("authors", "the store does not open");
  try {
    const watches = await opened.authorWatches.list();
    if (watches.length === 0) return ok("authors", "none are watched");
    const failing = watches.filter(({ failingSince }) => failingSince !== null && now - failingSince >= FAILING_MS);
    const [first] = failing;
    if (first === undefined) return ok("authors", msg`${watches.length} watched, no look at any has failed for a day`);
    const { author, secUid, failingSince, look } = first;
    const since = new Date(failingSince ?? now).toISOString();
    return warn(
      "authors",
      msg`looks at ${failing.length} of ${watches.length} fail for more than a day; at ${author?.nickname ?? secUid} since ${since}: ${recorded(look?.reason ?? look?.outcome ?? "unknown")}`,
      "Open the page as the server does (`dylive works LINK`); docs/works.md says what each outcome means. `dylive author remove` ends a watch.",
    );
  } catch (error) {
    return failed("authors", error);
  } finally {
    await opened.close();
  }
}

/** Checks whether the engine that speaks for overlays does: it says a word. Without one the browser speaks, which is no fault. */
async function speechFinding(
  { speech: named, speechModel: model }: Pick<Config, "speech" | "speechModel">,
  { speakers = NO_SPEAKERS }: Machine,
): Promise<Finding> {
  const todo = "Correct DYLIVE_SPEECH and DYLIVE_SPEECH_MODEL, or set DYLIVE_SPEECH=none; overlays use the browser's own voice meanwhile.";
  try {
    const engine = findSpeech(named, model, speakers);
    if (engine === null) return ok("speech", "no engine of its own: overlays use the browser's voice (espeak-ng or piper would do)");
    await new Speech(engine, systemClock).say({ text: "1", lang: "zh", speed: 100 }, "doctor");
    return ok("speech", msg`${engine.name} speaks for overlays (${engine.program})`);
  } catch (error) {
    const { detail } = failed("speech", error);
    return warn("speech", detail, todo);
  }
}

/** Checks where a browser is. It signs connections where no signer is named, and reads pages for the browser source. */
function browser(
  config: Pick<Config, "browser" | "cdp" | "signer" | "upstream">,
  machine: Machine,
): { finding: Finding; program: string | null } {
  if (config.cdp !== null) return { finding: skipped("browser", "your own browser is used, by its DevTools address"), program: null };
  try {
    const program = findBrowser(config.browser, machine.browsers);
    return { finding: ok("browser", program), program };
  } catch (error) {
    const { detail, todo } = failed("browser", error);
    const needed = config.signer === null && config.upstream === null;
    const finding = needed
      ? fail("browser", detail, todo ?? "")
      : warn("browser", msg`${msgOf(detail)}; it is not needed while another signs`, todo ?? "");
    return { finding, program: null };
  }
}
