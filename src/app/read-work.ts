import { type Clock, systemClock } from "../runtime/clock.js";
import type { Work } from "../works/model/work.js";
import { toldIn } from "../works/told.js";
import { type Config, loadConfig, readMachine } from "./config.js";
import { reachOf, workReaderOf } from "./platform.js";

/** Options of {@link readWork}: the same settings as the server has, by hand; their environment variables are not read. */
export interface ReadWorkOptions
  extends Partial<Pick<Config, "upstream" | "worksAccount" | "data" | "browser" | "cdp" | "proxy" | "userAgent">> {
  readonly signal?: AbortSignal | undefined;
  /** The real time by default. */
  readonly clock?: Clock | undefined;
}

/**
 * Reads a work: a video, a note of pictures, or one of live photos, by a browser of its own that opens the work's page, as a guest unless
 * `worksAccount` names an account. A work that was deleted, is private or needs a login is told with its `state`. Nothing is kept.
 * @param link a link, a short link, share text, or a work's id
 * @throws DyliveError bad_work, no_work, bad_config, no_browser, browser_failed, unreachable; WorkError (`blocked`, `work_unknown`) when the
 *   platform tells nothing of the work
 * @example
 * const work = await readWork("https://v.douyin.com/AbCdEf1/");
 * console.log(work.kind, work.text, work.media.find(({ recommended }) => recommended)?.urls[0]);
 */
export async function readWork(link: string, options: ReadWorkOptions = {}): Promise<Work> {
  const { signal = new AbortController().signal, clock = systemClock, ...given } = options;
  const config = loadConfig(given, {});
  const reach = reachOf(config, readMachine(), clock);
  const reader = workReaderOf(config, reach, clock);
  try {
    return toldIn(await reader.read(await reader.find(link, signal), signal)).work;
  } finally {
    await reader.close();
    await reach.identities.close();
  }
}
