import { GIFTS } from "./gifts.js";
import { Random } from "./random.js";
import type { Ask, SimulatedReply } from "./reply.js";

/** Drawings of the gifts, by name, on a square of 48. */
const GIFT_DRAWINGS: Readonly<Record<string, string>> = {
  小心心: '<path fill="#ff4f6d" d="M24 42C9 31 4 24 4 16a10 10 0 0 1 20-3 10 10 0 0 1 20 3c0 8-5 15-20 26z"/>',
  玫瑰:
    '<path stroke="#3d8b40" stroke-width="3" fill="none" d="M24 26v20m0-8c5 0 8-3 9-7m-9 10c-5 0-8-3-9-7"/>' +
    '<circle cx="24" cy="16" r="13" fill="#d81e45"/><path stroke="#fff" stroke-opacity=".6" stroke-width="2" fill="none" d="M24 9a7 7 0 1 1-7 7 5 5 0 1 1 7 4"/>',
  人气票:
    '<path fill="#ffb020" d="M4 12h40v8a4 4 0 0 0 0 8v8H4v-8a4 4 0 0 0 0-8z"/>' +
    '<path fill="#fff" d="M24 15l3 6 6 1-4 5 1 6-6-3-6 3 1-6-4-5 6-1z"/>',
  大啤酒:
    '<path fill="none" stroke="#e0a020" stroke-width="4" d="M34 20h5a4 4 0 0 1 4 4v8a4 4 0 0 1-4 4h-5"/><path fill="#f7c331" d="M8 15h26v25a4 4 0 0 1-4 4H12a4 4 0 0 1-4-4z"/>' +
    '<path fill="#fff" d="M6 16a7 7 0 0 1 8-10 8 8 0 0 1 14 1 6 6 0 0 1 8 9z"/>',
  棒棒糖:
    '<path stroke="#d9c7b8" stroke-width="3" d="M24 28v18"/><circle cx="24" cy="17" r="14" fill="#ff7ab6"/>' +
    '<path fill="none" stroke="#fff" stroke-width="3" d="M24 17a3 3 0 1 1 3 3 7 7 0 1 1 5-7 11 11 0 0 1-11 12"/>',
  墨镜: '<path fill="#22252b" d="M2 16h44v4c0 9-4 13-10 13s-9-4-10-11h-4c-1 7-4 11-10 11S2 29 2 20z"/><path fill="#fff" fill-opacity=".35" d="M7 19h7l-5 8zm23 0h7l-5 8z"/>',
  跑车:
    '<path fill="#e23b2e" d="M3 31c0-5 3-7 8-8l8-7h12l8 7c4 1 6 3 6 8z"/><path fill="#cfe8ff" d="M17 22l5-4h7l5 4z"/>' +
    '<circle cx="13" cy="33" r="5" fill="#22252b"/><circle cx="35" cy="33" r="5" fill="#22252b"/>',
  嘉年华:
    '<path stroke="#7a4fd0" stroke-width="3" d="M24 22l-10 22m10-22l10 22"/><circle cx="24" cy="21" r="15" fill="none" stroke="#7a4fd0" stroke-width="3"/>' +
    '<path stroke="#7a4fd0" stroke-width="2" d="M24 6v30M9 21h30M13 10l22 22m0-22L13 32"/>' +
    [
      [24, 6],
      [39, 21],
      [24, 36],
      [9, 21],
      [13, 10],
      [35, 10],
      [35, 32],
      [13, 32],
    ]
      .map(([x, y], at) => `<circle cx="${x}" cy="${y}" r="4" fill="${["#ff4f6d", "#ffb020", "#35b56a", "#3b8bff"][at % 4]}"/>`)
      .join(""),
};

/** Answers for a picture of a room: of people, gifts, badges, covers; null for other addresses. Each is drawn from its address alone. */
export function pictureAt({ host, path }: Pick<Ask, "host" | "path">): SimulatedReply | null {
  // Those of works are at hosts of their own.
  if (!host.endsWith(".douyinpic.com") || host.endsWith("-pc.douyinpic.com")) return null;
  if (path.includes("/aweme-avatar/")) return svg(avatar(new Random(path.slice(path.indexOf("/aweme-avatar/")))));
  if (path.startsWith("/image-cut-tos-priv/")) return svg(cover(new Random(path)));
  const file = /^\/img\/webcast\/([\w-]+)\.png~/.exec(path)?.[1];
  if (file === undefined) return null;
  const gift = GIFTS.find(({ picture }) => picture === file);
  return svg(GIFT_DRAWINGS[gift?.name ?? ""] ?? face(new Random(file)));
}

/** Draws a person before a plain ground. */
function avatar(random: Random): string {
  const ground = random.int(0, 359);
  const hair = random.pick(["#2b2430", "#5a3825", "#8a5a2b", "#c98a3d", "#6b6f7a"]);
  const skin = random.pick(["#f6d7be", "#f0c6a4", "#e2ad84"]);
  const long = random.chance(0.5) ? `<path fill="${hair}" d="M11 20a13 13 0 0 1 26 0v14H11z"/>` : "";
  return (
    `<path fill="hsl(${ground} 45% 78%)" d="M0 0h48v48H0z"/>${long}` +
    `<path fill="hsl(${(ground + random.int(90, 270)) % 360} 45% 45%)" d="M6 48a18 15 0 0 1 36 0z"/>` +
    `<circle cx="24" cy="22" r="10" fill="${skin}"/><path fill="${hair}" d="M13 21a11 11 0 0 1 22 0c-4-1-8-3-10-6-2 3-7 6-12 6z"/>`
  );
}

/** Draws an evening of hills, for a room's cover. */
function cover(random: Random): string {
  const hue = random.int(0, 359);
  return (
    `<path fill="hsl(${hue} 50% 72%)" d="M0 0h48v48H0z"/><circle cx="${random.int(10, 38)}" cy="${random.int(8, 20)}" r="6" fill="#fff4d6"/>` +
    `<path fill="hsl(${hue} 40% 50%)" d="M0 34l14-${random.int(8, 16)} 12 12 10-${random.int(4, 12)} 12 12v16H0z"/>`
  );
}

/** Draws a smile, for emoji and badges that nobody drew. */
function face(random: Random): string {
  return (
    `<circle cx="24" cy="24" r="20" fill="hsl(${random.int(30, 60)} 95% 60%)"/><circle cx="17" cy="20" r="2.5"/><circle cx="31" cy="20" r="2.5"/>` +
    '<path fill="none" stroke="#000" stroke-width="2.5" stroke-linecap="round" d="M15 29a10 10 0 0 0 18 0"/>'
  );
}

function svg(drawing: string): SimulatedReply {
  const body = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">${drawing}</svg>`;
  return { status: 200, headers: { "content-type": "image/svg+xml" }, body };
}
