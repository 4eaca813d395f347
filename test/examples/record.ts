import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import { example, ROOM, type Stage } from "./stage.js";

/** As ffmpeg: says what it does on -progress, writes the last argument, ends at SIGTERM. */
const FFMPEG = `
for last; do :; done
while [ "$1" != -progress ]; do shift; done
trap 'echo whole >"$last"; echo progress=end >>"$2"; exit 255' TERM
echo frame=0 >"$2"
sleep 0.2
printf 'frame=25\\nprogress=continue\\n' >>"$2"
while :; do sleep 0.1; done`;

/** The danmu of a file: seconds into the recording, text. */
function danmuOf(xml: string): readonly (readonly [at: number, text: string])[] {
  const found: [number, string][] = [];
  const parser = new SaxesParser();
  let at: number | null = null;
  parser.on("opentag", ({ name, attributes }) => {
    at = name === "d" ? Number(String(attributes["p"]).split(",")[0]) : null;
  });
  parser.on("text", (text) => {
    if (at !== null) found.push([at, text]);
    at = null;
  });
  parser.write(xml).close();
  return found;
}

/** A recording with danmu. @param stage where they are tried */
export function recordTests(stage: () => Stage): void {
  describe("a recording with danmu", () => {
    it("stops ffmpeg in peace, and writes the danmu since its first frame", async () => {
      stage().stub("ffmpeg", FFMPEG);
      const name = join(stage().folder, "tonight");
      const run = stage().program("sh", [example("record-with-danmu.sh"), ROOM, "http://127.0.0.1:1/stream.flv", name]);
      while (!(existsSync(`${name}.progress`) && /frame=25/.test(readFileSync(`${name}.progress`, "utf8"))))
        await new Promise((resolve) => setTimeout(resolve, 20));
      const watching = stage().node("literal-client.mjs", [stage().base, stage().token, ROOM]);
      await watching.printed(/弹幕.*\n(.*\n)*弹幕/);
      run.process.kill("SIGTERM");
      expect(await run.ended, run.stderr()).toBe(0);
      expect(readFileSync(`${name}.mkv`, "utf8")).toBe("whole\n");
      const danmu = danmuOf(readFileSync(`${name}.xml`, "utf8"));
      expect(danmu.length).toBeGreaterThan(0);
      for (const [at, text] of danmu) {
        expect(at).toBeGreaterThanOrEqual(0);
        expect(at).toBeLessThan(120);
        expect(text).not.toBe("");
      }
      expect(existsSync(`${name}.progress`)).toBe(false);
    });
  });
}
