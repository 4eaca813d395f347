// Guards: Every address of a work's file gives the truth's bytes, by the platform's rules of Referer, parts and expiry, and with its faults.
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { MediaFile, WorkFault } from "../../simulator/index.js";
import { systemClock } from "../../src/runtime/clock.js";
import { START, useWorks } from "./stage.js";
import { at } from "./works-visitor.js";

const stage = useWorks();
const { work } = stage;
const REFERER = { referer: "https://www.douyin.com/" };
const detail = async (name: string) => at((await stage.detail(name)).json, "aweme_detail");
const sha256 = async (reply: Response) =>
  createHash("sha256")
    .update(new Uint8Array(await reply.arrayBuffer()))
    .digest("hex");
/** Addresses of the largest film of `plain`, and the film. */
const plain = async () => {
  const bitRate = at(await detail("plain"), "video", "bit_rate") as { gear_name: string; play_addr: { url_list: string[] } }[];
  const rung = work("plain").rungs[0];
  return { list: bitRate.find(({ gear_name }) => gear_name === rung?.name)?.play_addr.url_list ?? [], file: rung?.file as MediaFile };
};
/** Follows the address that a play address leads to. */
const played = async (address: string) => {
  const reply = await stage.guest.file(address);
  expect(reply.status).toBe(302);
  return fetch(reply.headers.get("location") ?? "", { headers: REFERER });
};

describe("files", () => {
  it("are the truth's, at every address: films of all rungs, also by the play address", async () => {
    for (const name of ["plain", "uhd", "dash"]) {
      const bitRate = at(await detail(name), "video", "bit_rate") as Record<string, unknown>[];
      for (const { name: gear, format, file } of work(name).rungs) {
        const told = bitRate.find((each) => each["gear_name"] === gear && each["format"] === format);
        expect(at(told, "play_addr")).toMatchObject({ data_size: file.size, file_hash: file.fileHash });
        const [first = "", second = "", play = ""] = at(told, "play_addr", "url_list") as string[];
        expect(await sha256(await stage.guest.file(first))).toBe(file.sha256);
        expect(await sha256(await stage.guest.file(second))).toBe(file.sha256);
        expect(await sha256(await played(play))).toBe(file.sha256);
        if (format === "dash") expect(first).toMatch(/\/media-video-(?:avc1|hvc1)\/\?/);
      }
    }
    const audio = at(await detail("dash"), "video", "bit_rate_audio", 0, "audio_meta");
    expect(await sha256(await stage.guest.file(String(at(audio, "url_list", "main_url"))))).toBe(work("dash").sounds[0]?.file.sha256);
    expect(audio).toMatchObject({ size: work("dash").sounds[0]?.file.size, file_hash: work("dash").sounds[0]?.file.fileHash });
  });

  it("are the truth's in the forms that no download asks for: jpeg, with the watermark, an avatar", async () => {
    const note = await detail("live_photos");
    for (const [index, { jpeg, watermarked }] of work("live_photos").images.slice(0, 3).entries()) {
      const image = at(note, "images", index);
      expect(await sha256(await stage.guest.file(String(at(image, "url_list", 2))))).toBe(jpeg.sha256);
      expect(await sha256(await stage.guest.file(String(at(image, "download_url_list", 0))))).toBe(watermarked.sha256);
    }
    expect((await stage.guest.file(String(at(note, "author", "avatar_thumb", "url_list", 0)))).headers.get("content-type")).toBe(
      "image/jpeg",
    );
  });

  it("begin as their kind does, behind the stamp", () => {
    const magic = (file: MediaFile | undefined, from: number, to: number) => file?.bytes.subarray(from, to).toString("latin1");
    expect(magic(work("plain").rungs[0]?.file, 4, 8)).toBe("ftyp");
    const [image] = work("pictures").images;
    expect([magic(image?.webp, 0, 4), magic(image?.webp, 8, 16)]).toEqual(["RIFF", "WEBPVP8X"]);
    expect(image?.webp.bytes.readUInt32LE(4)).toBe((image?.webp.size ?? 0) - 8);
    expect(magic(image?.jpeg, 0, 4)).toBe("\xff\xd8\xff\xfe");
    expect(magic(work("plain").music?.file, 0, 3)).toBe("ID3");
  });

  it("are given in parts", async () => {
    const { list, file } = await plain();
    const part = (range: string) => stage.guest.file(list[0] ?? "", { ...REFERER, range });
    const probe = await part("bytes=0-0");
    expect([probe.status, probe.headers.get("content-range")]).toEqual([206, `bytes 0-0/${file.size}`]);
    expect(Buffer.from(await (await part("bytes=100-")).arrayBuffer())).toEqual(file.bytes.subarray(100));
    expect(Buffer.from(await (await part("bytes=-10")).arrayBuffer())).toEqual(file.bytes.subarray(-10));
    expect(Buffer.from(await (await part("bytes=5-9")).arrayBuffer())).toEqual(file.bytes.subarray(5, 10));
    const past = await part(`bytes=${file.size}-`);
    expect([past.status, past.headers.get("content-range")]).toEqual([416, `bytes */${file.size}`]);
    expect((await part("pages=1-2")).status).toBe(200);
  });

  it("want the Referer", async () => {
    const { list } = await plain();
    for (const headers of [{}, { referer: "https://example.com/" }]) {
      const reply = await stage.guest.file(list[0] ?? "", headers);
      expect([reply.status, await reply.text()]).toEqual([403, "Forbid_code: 020200"]);
    }
  });

  it("expire by their address's time, which nobody can change; dash later, music never", async () => {
    // Days pass at once: files wait for nothing.
    let passedMs = 0;
    await stage.begin({ clock: { ...systemClock, now: () => START + passedMs }, rooms: [], start: START });
    const { list, file } = await plain();
    const [first = ""] = list;
    const expiry = Number.parseInt(/^\/[0-9a-f]{32}\/([0-9a-f]{8})\//.exec(new URL(first).pathname)?.[1] ?? "", 16);
    expect(expiry).toBe(START / 1000 + 3 * 3600 + 4);
    expect((await stage.guest.file(first.replace(/\/[0-9a-f]{8}\//, "/7fffffff/"))).status).toBe(403);
    const dash = at(await detail("dash"), "video", "bit_rate", 0, "play_addr", "url_list", 0) as string;
    const picture = at(await detail("pictures"), "images", 0, "url_list", 0) as string;
    expect((await stage.guest.file(picture.replace(/x-expires=\d+/, "x-expires=2000000000"))).status).toBe(403);
    expect((await stage.guest.file(picture.replace(/&x-signature.*/, ""))).status).toBe(403);
    const music = at(await detail("plain"), "music", "play_url", "uri") as string;
    passedMs += (3 * 3600 + 5) * 1000;
    const status = async (address: string) => (await stage.guest.file(address)).status;
    expect([await status(first), await status(dash), await status(picture), await status(music)]).toEqual([403, 200, 200, 200]);
    expect(await sha256(await stage.guest.file((await plain()).list[0] ?? ""))).toBe(file.sha256);
    passedMs += 15 * 86_400_000;
    expect([await status(dash), await status(picture), await status(music)]).toEqual([403, 403, 200]);
  });
});

describe("faults of files", () => {
  const begin = async (fault: WorkFault) => {
    stage.simulator.works.setFaults("plain", [fault]);
    return plain();
  };

  it.each<[WorkFault, readonly number[]]>([
    ["cdn_dead_mirror", [403, 200, 302]],
    ["cdn_dead", [403, 403, 302]],
    ["cdn_forbidden", [403, 403, 302]],
    ["cdn_expired", [403, 403, 302]],
  ])("%s: statuses of the three addresses", async (fault, statuses) => {
    const { list } = await begin(fault);
    expect(await Promise.all(list.map(async (address) => (await stage.guest.file(address)).status))).toEqual(statuses);
  });

  it("cut at the half, once: who continues gets the rest", async () => {
    const { list, file } = await begin("cdn_cut");
    await expect((await stage.guest.file(list[0] ?? "")).arrayBuffer()).rejects.toThrow();
    const rest = await stage.guest.file(list[0] ?? "", { ...REFERER, range: "bytes=100-" });
    expect(Buffer.from(await rest.arrayBuffer())).toEqual(file.bytes.subarray(100));
    stage.simulator.works.setFaults("plain", ["cdn_cut"]);
    await expect((await stage.guest.file(list[0] ?? "")).arrayBuffer()).rejects.toThrow();
  });

  it("no continuing", async () => {
    const { list } = await begin("cdn_no_range");
    expect((await stage.guest.file(list[0] ?? "", { ...REFERER, range: "bytes=100-" })).status).toBe(416);
    expect((await stage.guest.file(list[0] ?? "")).status).toBe(200);
  });

  it("a few bytes at a time", async () => {
    const { list, file } = await begin("cdn_drip");
    const reply = await stage.guest.file(list[0] ?? "");
    expect(reply.headers.get("content-length")).toBe(`${file.size}`);
    const reader = reply.body?.getReader();
    await stage.clock.advance(250);
    expect(Buffer.from((await reader?.read())?.value ?? [])).toEqual(file.bytes.subarray(0, 4));
    await stage.clock.advance(250);
    expect(Buffer.from((await reader?.read())?.value ?? [])).toEqual(file.bytes.subarray(4, 8));
    await reader?.cancel();
    expect(await sha256(await stage.guest.file(list[1] ?? ""))).toBe(file.sha256);
  });
});
