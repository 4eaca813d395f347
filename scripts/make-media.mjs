// Makes the little media files that the simulator's works are served from (simulator/media). Their outputs are committed: run it again only to
// change them. Needs an ffmpeg with libx264, libx265, libwebp and libmp3lame on the machine (`apt-get install -y ffmpeg`); nothing else here does.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { ROOT } from "./prepare.mjs";

const FOLDER = `${ROOT}simulator/media/`;
const MOST_BYTES = 30_000;
const MOST_BYTES_IN_ALL = 200_000;
/** Length of films, in seconds: the simulator says so of its works (FILM_MS in simulator/works/catalogue.ts). */
const FILM_SECONDS = 4;
/** Length of the clips of live photos, in seconds. */
const CLIP_SECONDS = 1.5;

/** A moving picture, upright as most films of the platform are. */
const picture = (size, seconds) => ["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=10:duration=${seconds}`];
const tone = (hertz, seconds) => ["-f", "lavfi", "-i", `sine=frequency=${hertz}:sample_rate=44100:duration=${seconds}`];
const h264 = ["-c:v", "libx264", "-preset", "veryslow", "-crf", "42", "-pix_fmt", "yuv420p", "-threads", "1"];
const h265 = ["-c:v", "libx265", "-preset", "slow", "-crf", "38", "-pix_fmt", "yuv420p", "-tag:v", "hvc1"];
// Without frame threads its output is the same on every machine; its own settings stay out of the file.
const alone = ["-x265-params", "pools=none:frame-threads=1:info=0:log-level=error"];
const aac = ["-c:a", "aac", "-b:a", "16k", "-ac", "1"];
const whole = ["-movflags", "+faststart"];
/** Fragments of about a second, as players of DASH want them. */
const fragmented = ["-movflags", "+empty_moov+default_base_moof+frag_keyframe", "-frag_duration", "1000000"];

const film = picture("144x256", FILM_SECONDS);
make("h264.mp4", [...film, ...tone(440, FILM_SECONDS), ...h264, ...aac, ...whole]);
make("h265.mp4", [...film, ...tone(440, FILM_SECONDS), ...h265, ...alone, ...aac, ...whole]);
make("video-avc1.mp4", [...film, ...h264, "-g", "10", ...fragmented]);
make("video-hvc1.mp4", [...film, ...h265, "-x265-params", "pools=none:frame-threads=1:info=0:keyint=10:log-level=error", ...fragmented]);
make("audio.mp4", [...tone(440, FILM_SECONDS), ...aac, ...fragmented]);
make("clip.mp4", [...picture("144x192", CLIP_SECONDS), ...tone(880, CLIP_SECONDS), ...h264, ...aac, ...whole]);
make("music.mp3", [...tone(330, FILM_SECONDS), "-c:a", "libmp3lame", "-b:a", "32k", "-ac", "1", "-write_xing", "0", "-id3v2_version", "0"]);
const COLOURS = ["0x1f6f8b:0x99d5c9", "0xd1495b:0xedae49", "0x30638e:0xf2e9e4", "0x3d405b:0x81b29a"];
COLOURS.forEach((pair, index) => {
  const [from, to] = pair.split(":");
  const still = [
    "-f",
    "lavfi",
    "-i",
    `gradients=size=360x480:c0=${from}:c1=${to}:x0=0:y0=0:x1=360:y1=480:duration=1:rate=1:seed=${index + 1}`,
  ];
  make(`picture-${index + 1}.webp`, [...still, "-frames:v", "1", "-c:v", "libwebp", "-quality", "75"]);
  make(`picture-${index + 1}.jpeg`, [...still, "-frames:v", "1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "6", "-f", "mjpeg"]);
});

const sizes = readdirSync(FOLDER).map((name) => [name, statSync(FOLDER + name).size]);
for (const [name, bytes] of sizes) console.log(`${String(bytes).padStart(7)}  ${name}`);
const large = sizes.filter(([, bytes]) => bytes > MOST_BYTES).map(([name]) => name);
if (large.length > 0) throw new Error(`larger than ${MOST_BYTES} bytes: ${large.join(", ")}`);
if (sizes.reduce((sum, [, bytes]) => sum + bytes, 0) > MOST_BYTES_IN_ALL) throw new Error(`more than ${MOST_BYTES_IN_ALL} bytes in all`);

/** Runs ffmpeg without what it would write of itself and of the hour into a file. */
function make(name, args) {
  mkdirSync(FOLDER, { recursive: true });
  const plain = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags", "+bitexact"];
  execFileSync("ffmpeg", ["-hide_banner", "-loglevel", "error", "-y", ...args, ...plain, FOLDER + name], { stdio: "inherit" });
}
