import type { DownloadFile, KeptDownload } from "../../src/works/model/download.js";

/** Nothing but what is wanted by default. */
export const WISH = {
  ...{ quality: "compatible", hdr: false, music: false, covers: false, ignoreAuthorSetting: false },
  template: "{date} {text} {id}",
} as const;

/** A download that has just been asked for. */
export function downloadOf(id: string, workId: string, more: Partial<KeptDownload> = {}): KeptDownload {
  return {
    ...{ id, workId, state: "waiting", reason: null, files: [], wish: WISH, bytes: 0, totalBytes: null, askedBy: "test", process: "here" },
    ...{ createdAt: 1_760_000_100_000, begunAt: null, endedAt: null },
    ...more,
  };
}

/** A film that is there. */
export function fileOf(name: string, more: Partial<DownloadFile> = {}): DownloadFile {
  const there = { bytes: 3, totalBytes: 3, sha256: "a".repeat(64), variant: null, state: "done", reason: null } as const;
  return { role: "video", index: 0, name, ...there, ...more };
}
