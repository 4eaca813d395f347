// Guards: The rung of a film is chosen by the quality that is asked for, and the reason is given.
import { describe, expect, it } from "vitest";
import type { MediaVariant } from "../../../src/works/model/media.js";
import { chooseVariant, isQuality, type Quality } from "../../../src/works/model/quality.js";
import { aRung } from "../a-work.js";

const film = (name: string, more: Partial<MediaVariant> = {}): MediaVariant =>
  aRung({ name, hasAudio: more.container !== "dash", bitrate: null, ...more });
const edge = (short: number) => ({ width: short, height: Math.round((short * 16) / 9) });
const sound = (name: string, bitrate: number): MediaVariant =>
  film(name, { role: "audio", container: "m4a", codec: null, hasAudio: true, width: null, height: null, bitrate, bytes: bitrate * 2 });
const chosen = (media: MediaVariant[], quality: Quality, hdr = false) => {
  const choice = chooseVariant(media, quality, { hdr });
  return choice === null ? null : `${choice.variant.name}${choice.audio === null ? "" : `+${choice.audio.name}`}`;
};

// Rungs as the real works have them (facts/videos.md 4.3): above 1080 h265 alone, at 1080 both, the silent ones beside.
const LADDER = [
  film("normal_1080_0", { ...edge(1080), bytes: 9_000_000, bitrate: 2_400 }),
  film("normal_720_0", { ...edge(720), bytes: 5_000_000, bitrate: 1_300 }),
  film("lower_540_0", { ...edge(576), bytes: 1_500_000, bitrate: 400 }),
  film("adapt_lowest_4_1", { ...edge(2160), codec: "h265", bytes: 15_000_000, bitrate: 4_000 }),
  film("adapt_lowest_1080_1", { ...edge(1080), codec: "h265", bytes: 6_000_000, bitrate: 1_600 }),
  film("dash_1080", { ...edge(1080), container: "dash", bytes: 8_500_000, bitrate: 2_300 }),
  film("dash_540", { ...edge(576), codec: "h265", container: "dash", bytes: 900_000, bitrate: 250 }),
  sound("low", 48),
  sound("high", 128),
  film("download_addr", { ...edge(720), watermark: true, bytes: 12_000_000 }),
];

describe("the rung that is chosen", () => {
  it("is for every player h264 in mp4 without HDR, with most pixels", () => {
    expect(chosen(LADDER, "compatible")).toBe("normal_1080_0");
    const hdr = film("hdr", { ...edge(1440), hdr: "1" });
    expect(chosen([...LADDER, hdr], "compatible")).toBe("normal_1080_0");
    expect(chooseVariant(LADDER, "compatible")?.reason).toBe(
      "1080p h264 mp4 30 fps: the most pixels of those that every player shows (h264 in mp4, no HDR)",
    );
  });

  it("is what there is where no rung suits every player, and says so", () => {
    const only = LADDER.filter(({ codec, container }) => codec !== "h264" || container === "dash");
    expect(chosen(only, "compatible")).toBe("dash_1080+high");
    expect(chosen(only.slice(0, 2), "compatible")).toBe("adapt_lowest_4_1");
    expect(chooseVariant(only, "compatible")?.reason).toBe(
      "1080p h264 dash 30 fps, joined with its sound: there is no h264 in mp4 without HDR, so not every player may show it",
    );
  });

  it("is at its best the one with the longest short edge, then most pictures a second, then most bytes by their codec's worth", () => {
    expect(chosen(LADDER, "best")).toBe("adapt_lowest_4_1");
    const below = LADDER.filter(({ width }) => (width ?? 0) < 2160);
    // 6,000,000 bytes of h265 are worth 9,600,000 of h264.
    expect(chosen(below, "best")).toBe("adapt_lowest_1080_1");
    expect(chosen([...below, film("60", { ...edge(1080), fps: 60, bytes: 1 })], "best")).toBe("60");
    // By the short edge, not by pixels: a long strip is not better than a wide film.
    expect(chosen([film("strip", { width: 500, height: 9_000 }), film("wide", { width: 1280, height: 720 })], "best")).toBe("wide");
    expect(chosen([film("dash", { bytes: 5, container: "dash" }), film("mp4", { bytes: 5 }), sound("s", 1)], "best")).toBe("mp4");
    expect(chosen([film("few", { bitrate: 5 }), film("many", { bitrate: 6 })], "best")).toBe("many");
  });

  it("is HDR when that is asked for, or when there is nothing else", () => {
    const media = [film("sdr", { bytes: 9 }), film("hdr", { bytes: 5, hdr: "hlg" })];
    expect(chosen(media, "best")).toBe("sdr");
    expect(chosen(media, "best", true)).toBe("hdr");
    expect(chosen(media.slice(1), "best")).toBe("hdr");
    expect(chosen(media.slice(1), "compatible")).toBe("hdr");
  });

  it("is h266 only when there is nothing else", () => {
    const vvc = film("vvc", { ...edge(2160), codec: "vvc", bytes: 1 });
    for (const quality of ["best", "smallest", "compatible", "2160p"] as const) {
      expect(chosen([vvc, film("small", { ...edge(360), bytes: 9 })], quality)).toBe("small");
      expect(chosen([vvc], quality)).toBe("vvc");
    }
  });

  it("has sound wherever any rung has", () => {
    const silent = film("silent", { ...edge(2160), container: "dash", bytes: 1 });
    for (const quality of ["best", "smallest", "compatible", "2160p"] as const) {
      expect(chosen([silent, film("loud", { ...edge(360), bytes: 9 })], quality)).toBe("loud");
      expect(chosen([silent], quality)).toBe("silent");
    }
    expect(chooseVariant([silent], "best")?.reason).toContain("without sound: ");
    expect(chosen([silent, sound("a", 1), sound("b", 2)], "best")).toBe("silent+b");
  });

  it("has the fewest bytes together with its sound, and is known before one of unknown length", () => {
    expect(chosen(LADDER, "smallest")).toBe("dash_540+low");
    const heavy = { ...sound("heavy", 1), bytes: 1_000_000 };
    expect(chosen([...LADDER.filter(({ role }) => role === "video"), heavy], "smallest")).toBe("lower_540_0");
    expect(chosen([film("unknown"), film("known", { bytes: 9e9 })], "smallest")).toBe("known");
    expect(chosen([film("fast", { bitrate: 9 }), film("slow", { bitrate: 8 })], "smallest")).toBe("slow");
  });

  it("is the best of the nearest short edge", () => {
    expect(chosen(LADDER, "1080p")).toBe("adapt_lowest_1080_1");
    expect(chosen(LADDER, "720p")).toBe("normal_720_0");
    expect(chosen(LADDER, "540p")).toBe("lower_540_0"); // 540 is 576 wide
    expect(chosen(LADDER, "9999p")).toBe("adapt_lowest_4_1");
    expect(chooseVariant(LADDER, "540p")?.reason).toBe("576p h264 mp4 30 fps: nearest to 540p, which there is none of");
    expect(chosen([film("360", edge(360)), film("720", edge(720))], "540p")).toBe("720");
  });

  it("is none where every film has the platform's mark, or there is none", () => {
    expect(chooseVariant([], "best")).toBeNull();
    expect(chooseVariant([film("a", { watermark: true }), sound("s", 1)], "compatible")).toBeNull();
  });
});

describe("a wish for a rung", () => {
  it("is one of three words or a height", () => {
    for (const text of ["best", "compatible", "smallest", "720p", "2160p"]) expect(isQuality(text)).toBe(true);
    for (const text of ["", "Best", "0p", "720", "p", "7p", "-720p", "720P", "999999p", "toString"]) expect(isQuality(text)).toBe(false);
  });
});
