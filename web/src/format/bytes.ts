import { ours, type Part } from "../i18n/strangers.js";

const UNITS = ["B", "KB", "MB", "GB", "TB"] as const;

/** A number of bytes for people: 999 B, 1.2 MB; units of 1024. */
export function byteSize(bytes: number): Part {
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return ours(`${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`);
}
