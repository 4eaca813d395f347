import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { packagePath } from "../../src/runtime/packages.js";

/** The little files of `simulator/media`, made by `scripts/make-media.mjs`. */
type MediaSource =
  | "h264.mp4"
  | "h265.mp4"
  | "video-avc1.mp4"
  | "video-hvc1.mp4"
  | "audio.mp4"
  | "clip.mp4"
  | "music.mp3"
  | `picture-${1 | 2 | 3 | 4}.${"webp" | "jpeg"}`;

/**
 * A file of a work. Its bytes are those of a little film, picture or tune with a stamp of its own, so that no two files are the same, and
 * one that is taken for another is noticed.
 */
export class MediaFile {
  /** Name by which the CDN knows it: hexadecimal digits. */
  readonly key: string;
  /** Media type that the CDN tells. */
  readonly type: string;
  readonly #source: MediaSource;
  readonly #extraBytes: number;
  #about: { readonly bytes: number; readonly sha256: string; readonly fileHash: string } | null = null;

  /**
   * @param label names the file: no other has it
   * @param extraBytes number of bytes by which it is longer than its source, beside the stamp
   */
  constructor(source: MediaSource, label: string, extraBytes = 0) {
    this.#source = source;
    this.#extraBytes = extraBytes;
    this.key = createHash("md5").update(label).digest("hex");
    this.type = TYPES[source.slice(source.lastIndexOf(".") + 1)] ?? "application/octet-stream";
  }

  /** The whole file, put together anew each time: many files are told about and few are asked for. */
  get bytes(): Buffer {
    return stamped(this.#source, `${this.key}${" ".repeat(this.#extraBytes)}`);
  }

  get size(): number {
    return this.#known().bytes;
  }

  get sha256(): string {
    return this.#known().sha256;
  }

  /** Hash that the platform calls `file_hash`: MD5, hexadecimal. */
  get fileHash(): string {
    return this.#known().fileHash;
  }

  /** Says in JSON what a test compares a downloaded file with. */
  toJSON(): { readonly type: string; readonly bytes: number; readonly sha256: string; readonly fileHash: string } {
    return { type: this.type, ...this.#known() };
  }

  #known() {
    if (this.#about === null) {
      const { bytes } = this;
      const hash = (algorithm: string) => createHash(algorithm).update(bytes).digest("hex");
      this.#about = { bytes: bytes.length, sha256: hash("sha256"), fileHash: hash("md5") };
    }
    return this.#about;
  }
}

const TYPES: Readonly<Record<string, string>> = { mp4: "video/mp4", mp3: "audio/mpeg", webp: "image/webp", jpeg: "image/jpeg" };

/** Returns a source with a text in it where players and viewers pass it over. */
function stamped(name: MediaSource, text: string): Buffer {
  const source = readFileSync(packagePath(`simulator/media/${name}`));
  const stamp = Buffer.from(text, "latin1");
  if (name.endsWith(".mp4")) return Buffer.concat([source, box("free", stamp)]);
  if (name.endsWith(".webp")) return extendedWebp(source, stamp);
  // JPEG: a comment (COM) behind the start of the image. MP3: the start of an ID3 tag of version 2 that holds a comment.
  if (name.endsWith(".jpeg"))
    return Buffer.concat([source.subarray(0, 2), Buffer.of(0xff, 0xfe), uint16(stamp.length + 2), stamp, source.subarray(2)]);
  return Buffer.concat([id3(stamp), source]);
}

/** ISO base media: a box that readers skip. */
function box(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(content.length + 8);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, content]);
}

function uint16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}

/** ID3v2.3 with one private frame (PRIV). Its sizes here are below 128, where "synchsafe" and plain bytes are the same. */
function id3(stamp: Buffer): Buffer {
  const owner = Buffer.from("simulator\0", "latin1");
  const frame = Buffer.concat([Buffer.from("PRIV"), Buffer.of(0, 0, 0, owner.length + stamp.length, 0, 0), owner, stamp]);
  return Buffer.concat([Buffer.from("ID3"), Buffer.of(3, 0, 0, 0, 0, 0, frame.length), frame]);
}

/** WebP in its extended form (VP8X), the only one in which chunks that nobody knows are allowed. */
function extendedWebp(source: Buffer, stamp: Buffer): Buffer {
  const picture = source.subarray(12); // its chunk VP8, whose key frame has the size behind the start code
  const width = picture.readUInt16LE(14) & 0x3fff;
  const height = picture.readUInt16LE(16) & 0x3fff;
  const canvas = Buffer.alloc(10); // flags and reserved bytes are 0: neither alpha nor animation
  canvas.writeUIntLE(width - 1, 4, 3);
  canvas.writeUIntLE(height - 1, 7, 3);
  const body = Buffer.concat([Buffer.from("WEBP"), chunk("VP8X", canvas), picture, chunk("SIMU", stamp)]);
  return chunk("RIFF", body);
}

/** RIFF: a chunk, padded to an even length. */
function chunk(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, "latin1");
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}
