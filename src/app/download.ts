import { type DownloadOptions, downloadWork } from "../works/download.js";
import type { Download } from "../works/model/download.js";
import type { Work } from "../works/model/work.js";
import { loadConfig } from "./config.js";
import { platformOf } from "./platform.js";
import { type ReadWorkOptions, readWork } from "./read-work.js";

/** Options of {@link download}: what is wanted of a work, and the settings by which it is read again where its addresses have expired. */
export interface DownloadWorkOptions extends ReadWorkOptions, Omit<DownloadOptions, "platform" | "refresh" | "id"> {}

/**
 * Downloads the files of a work that was read into a folder: the film, its sound joined with it where it is silent, or the pictures with their
 * clips. What fails is told by the state of its file, with the reason; what is there already is not fetched again. Where the addresses have
 * expired, the work is read again by a browser.
 * @throws DyliveError bad_request for a template that is none; bad_work, bad_config, file_failed
 * @example
 * const work = await readWork("https://v.douyin.com/AbCdEf1/");
 * const { state, files } = await download(work, { folder: "works", quality: "best" });
 * console.log(state, files.map(({ name, reason }) => name ?? reason));
 */
export async function download(work: Work, options: DownloadWorkOptions): Promise<Download> {
  const { folder, quality, hdr, template, music, covers, ignoreAuthorSetting, onProgress, tell, maxFileBytes, maxBytes, ...rest } = options;
  const { signal, clock, ...settings } = rest;
  return downloadWork(work, {
    ...{ folder, quality, hdr, template, music, covers, ignoreAuthorSetting, onProgress, tell, maxFileBytes, maxBytes, signal, clock },
    platform: platformOf(loadConfig(settings, {})),
    refresh: (until) => readWork(work.url, { ...settings, clock, signal: until }),
  });
}
