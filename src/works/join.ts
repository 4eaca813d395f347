import type { EncodedPacket, Input, InputAudioTrack, InputVideoTrack } from "mediabunny";
import { loadPackage } from "../runtime/packages.js";

/**
 * Joins a silent film and its sound into one mp4, packet by packet: nothing is decoded, and their times stay as they are.
 * @param to file to write; one that is there is overwritten
 * @throws Error when one of them is damaged; the system's errors; the signal's reason
 */
export async function joinFilm(film: string, sound: string, to: string, signal: AbortSignal): Promise<void> {
  const bunny = loadPackage("mediabunny/dist/bundles/mediabunny.node.cjs") as typeof import("mediabunny"); // when it is first wanted: 2 MB
  const { EncodedAudioPacketSource, EncodedPacketSink, EncodedVideoPacketSource, FilePathSource, FilePathTarget, Mp4OutputFormat } = bunny;
  const inputs = [film, sound].map((path) => new bunny.Input({ source: new FilePathSource(path), formats: [bunny.MP4] }));
  const output = new bunny.Output({ format: new Mp4OutputFormat({ fastStart: false }), target: new FilePathTarget(to) });
  try {
    const [video, audio] = await tracksOf(inputs);
    const [videoCodec, audioCodec] = [await video.getCodec(), await audio.getCodec()];
    if (videoCodec === null || audioCodec === null) throw new Error("it is of a codec that nobody knows");
    const [pictures, tones] = [new EncodedVideoPacketSource(videoCodec), new EncodedAudioPacketSource(audioCodec)];
    output.addVideoTrack(pictures, { rotation: await video.getRotation() });
    output.addAudioTrack(tones);
    await output.start();
    const videoMeta = { decoderConfig: (await video.getDecoderConfig()) ?? undefined };
    const audioMeta = { decoderConfig: (await audio.getDecoderConfig()) ?? undefined };
    const [ofVideo, ofAudio] = [new EncodedPacketSink(video).packets(), new EncodedPacketSink(audio).packets()];
    let [picture, tone] = [await next(ofVideo), await next(ofAudio)];
    if (picture === null || tone === null) throw new Error("it is empty");
    // In the order of time, so that a player reads the file from its beginning to its end.
    while (picture !== null || tone !== null) {
      signal.throwIfAborted();
      if (picture !== null && (tone === null || picture.timestamp <= tone.timestamp)) {
        await pictures.add(picture, videoMeta);
        picture = await next(ofVideo);
      } else if (tone !== null) {
        await tones.add(tone, audioMeta);
        tone = await next(ofAudio);
      }
    }
    await output.finalize();
  } catch (error) {
    if (output.state !== "finalized") await output.cancel().catch(() => {});
    throw error;
  } finally {
    for (const input of inputs) input.dispose();
  }
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
