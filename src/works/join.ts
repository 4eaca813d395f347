import { type FileHandle, open } from "node:fs/promises";
import type { EncodedPacket, Input, InputAudioTrack, InputVideoTrack, StreamTargetChunk } from "mediabunny";
import { loadPackage } from "../runtime/packages.js";

/**
 * Joins a silent film and its sound into one mp4, packet by packet: nothing is decoded, and their times stay as they are. The same two give the
 * same bytes whenever they are joined.
 * @param to file to write; one that is there is overwritten
 * @param time when it was made, as it says of itself, ms UTC
 * @throws Error when one of them is damaged; the system's errors; the signal's reason
 */
export async function joinFilm(film: string, sound: string, to: string, time: number, signal: AbortSignal): Promise<void> {
  const bunny = loadPackage("mediabunny/dist/bundles/mediabunny.node.cjs") as typeof import("mediabunny"); // when it is first wanted: 2 MB
  const { EncodedAudioPacketSource, EncodedPacketSink, EncodedVideoPacketSource, FilePathSource, Mp4OutputFormat, StreamTarget } = bunny;
  const inputs = [film, sound].map((path) => new bunny.Input({ source: new FilePathSource(path), formats: [bunny.MP4] }));
  const file = await open(to, "w+", 0o600);
  const target = new StreamTarget(new WritableStream({ write: (chunk) => writeAll(file, chunk) }), { chunked: true });
  const output = new bunny.Output({ format: new Mp4OutputFormat({ fastStart: false }), target });
  try {
    const [video, audio] = await tracksOf(inputs);
    const [videoCodec, audioCodec] = [await video.getCodec(), await audio.getCodec()];
    if (videoCodec === null || audioCodec === null) throw new Error("its codec is unknown");
    const [pictures, tones] = [new EncodedVideoPacketSource(videoCodec), new EncodedAudioPacketSource(audioCodec)];
    output.addVideoTrack(pictures, { rotation: await video.getRotation() });
    output.addAudioTrack(tones);
    await output.start();
    const [videoConfig, audioConfig] = [await video.getDecoderConfig(), await audio.getDecoderConfig()];
    if (videoConfig === null || audioConfig === null) throw new Error("it does not say how it is decoded");
    const [ofVideo, ofAudio] = [new EncodedPacketSink(video).packets(), new EncodedPacketSink(audio).packets()];
    let [picture, tone] = [await next(ofVideo), await next(ofAudio)];
    if (picture === null || tone === null) throw new Error("it is empty");
    // In the order of time, so that a player reads the file from its beginning to its end.
    while (picture !== null || tone !== null) {
      signal.throwIfAborted();
      if (picture !== null && (tone === null || picture.timestamp <= tone.timestamp)) {
        await pictures.add(picture, { decoderConfig: videoConfig });
        picture = await next(ofVideo);
      } else if (tone !== null) {
        await tones.add(tone, { decoderConfig: audioConfig });
        tone = await next(ofAudio);
      }
    }
    await output.finalize();
    await setTime(file, time);
  } catch (error) {
    if (output.state !== "finalized") await output.cancel().catch(() => {});
    throw error;
  } finally {
    for (const input of inputs) input.dispose();
    await file.close();
  }
}

/** Writes a piece whole: a disk that is nearly full takes a part of it without a word. */
async function writeAll(file: FileHandle, { data, position }: StreamTargetChunk): Promise<void> {
  for (let done = 0; done < data.length; ) done += (await file.write(data, done, data.length - done, position + done)).bytesWritten;
}

async function tracksOf([film, sound]: readonly Input[]): Promise<readonly [InputVideoTrack, InputAudioTrack]> {
  const video = await film?.getPrimaryVideoTrack();
  const audio = await sound?.getPrimaryAudioTrack();
  if (video == null) throw new Error("there is no film in it");
  if (audio == null) throw new Error("there is no sound in it");
  return [video, audio];
}

async function next(packets: AsyncGenerator<EncodedPacket, void>): Promise<EncodedPacket | null> {
  const { value, done } = await packets.next();
  return done === true || value === undefined ? null : value;
}

/** Boxes that say when a film or a track was made, and those that they are in (ISO/IEC 14496-12). */
const TIMED: ReadonlySet<string> = new Set(["mvhd", "tkhd", "mdhd"]);
const HOLDING: ReadonlySet<string> = new Set(["trak", "mdia"]);
/** Seconds from the beginning of 1904, from which mp4 counts, to that of 1970. */
const EPOCH_S = 2_082_844_800;

/** Makes an mp4 say that it was made at a time: the hour at which it was joined would make each one different. */
async function setTime(file: FileHandle, time: number): Promise<void> {
  const seconds = Math.min(Math.max(Math.floor(time / 1000), 0) + EPOCH_S, 0xffff_ffff);
  for (let at = 0; ; ) {
    const head = Buffer.alloc(16);
    if ((await file.read(head, 0, 16, at)).bytesRead < 8) return;
    const size = head.readUInt32BE() === 1 ? Number(head.readBigUInt64BE(8)) : head.readUInt32BE();
    if (size < 8) return;
    if (head.toString("latin1", 4, 8) === "moov") {
      const moov = Buffer.alloc(size);
      await file.read(moov, 0, size, at);
      setTimeIn(moov.subarray(8), seconds);
      return writeAll(file, { type: "write", data: moov, position: at });
    }
    at += size;
  }
}

function setTimeIn(boxes: Buffer, seconds: number): void {
  for (let at = 0; at + 8 <= boxes.length; ) {
    const size = boxes.readUInt32BE(at);
    if (size < 8 || at + size > boxes.length) return;
    const type = boxes.toString("latin1", at + 4, at + 8);
    const body = boxes.subarray(at + 8, at + size);
    if (HOLDING.has(type)) setTimeIn(body, seconds);
    // Version and flags, then when it was made and when it was changed: 64 bits each in version 1.
    else if (TIMED.has(type) && body[0] === 0) for (const place of [4, 8]) body.writeUInt32BE(seconds, place);
    else if (TIMED.has(type)) for (const place of [4, 12]) body.writeBigUInt64BE(BigInt(seconds), place);
    at += size;
  }
}
