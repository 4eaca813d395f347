import { readFileSync, writeFileSync } from "node:fs";
import { type Corpus, corpus } from "../simulator/corpus.js";
import { loadSchema } from "../simulator/schema.js";

/** Makes the seeded corpus. `proto/` is that of the checkout, which every bench runs in. */
export function makeCorpus(frames: number, seed: string): Corpus {
  return corpus({ frames, seed, schema: loadSchema("proto/") });
}

/** Keeps chunks of bytes in one file, so that every process of a bench reads the same. */
export function writeChunks(path: string, chunks: readonly Uint8Array[]): void {
  const parts: Uint8Array[] = [];
  for (const chunk of chunks) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(chunk.length);
    parts.push(length, chunk);
  }
  writeFileSync(path, Buffer.concat(parts));
}

/** The chunks of {@link writeChunks}, each in memory of its own as a frame from a socket is. */
export function readChunks(path: string): Uint8Array[] {
  const file = readFileSync(path);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < file.length; ) {
    const end = at + 4 + file.readUInt32LE(at);
    chunks.push(Buffer.from(file.subarray(at + 4, end)));
    at = end;
  }
  return chunks;
}

/** What a corpus is made of, in words. */
export function describeCorpus({ messages, frames, inflated, payloadBytes, mix }: Corpus, seed: string): string {
  const mean = (chunks: readonly Uint8Array[]) => Math.round(chunks.reduce((sum, { length }) => sum + length, 0) / chunks.length);
  const shares = Object.entries(mix)
    .sort(([, a], [, b]) => b - a)
    .map(([method, n]) => `${method.replace(/^Webcast|Message$/g, "")} ${((100 * n) / messages).toFixed(1)} %`);
  return (
    `corpus: simulator, seed ${seed}; ${frames.length} frames, ${messages} messages, mean payload ${Math.round(payloadBytes / messages)} B, ` +
    `mean frame ${mean(inflated)} B inflated and ${mean(frames)} B on the wire\nmix: ${shares.join(", ")}`
  );
}
