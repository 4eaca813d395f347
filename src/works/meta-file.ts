import { createHash } from "node:crypto";
import { isMediaAddress } from "../platform/works/media-address.js";
import type { DownloadFolder } from "./download-folder.js";
import { notFetched, wordsOf } from "./fetch-file.js";
import type { DownloadFile } from "./model/download.js";
import type { Work } from "./model/work.js";

/**
 * Writes what is known of a work, and what its files are, beside them, unless that is there and nothing is new.
 * @param name its path in the folder
 */
export async function writeMeta(
  folder: DownloadFolder,
  name: string,
  work: Work,
  files: readonly DownloadFile[],
  isNew: boolean,
): Promise<DownloadFile> {
  const meta = { role: "meta", index: 0, variant: null } as const;
  try {
    const found = isNew ? null : await folder.found(name);
    if (found !== null) return { ...meta, name, ...found, totalBytes: found.bytes, state: "done", reason: null };
    const text = `${JSON.stringify({ ...(unsigned(work) as Work), files }, null, 2)}\n`;
    await folder.write(name, text, work.time);
    const sha256 = createHash("sha256").update(text).digest("hex");
    const bytes = Buffer.byteLength(text);
    return { ...meta, name, bytes, totalBytes: bytes, sha256, state: "done", reason: null };
  } catch (error) {
    return { ...meta, name: null, bytes: null, totalBytes: null, sha256: null, state: "failed", reason: wordsOf(notFetched(error)) };
  }
}

/** Returns the same without the addresses of media, which are signed and expire. */
function unsigned(value: unknown): unknown {
  if (typeof value === "string") return isMediaAddress(value) ? null : value;
  if (Array.isArray(value)) return value.map(unsigned);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, one]) => (ADDRESSES.has(key) ? [] : [[key, unsigned(one)]])));
}

const ADDRESSES: ReadonlySet<string> = new Set(["urls", "expiresAt"]);
