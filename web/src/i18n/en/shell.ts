import type { shell as zh } from "../zh/shell.js";

export const shell: typeof zh = {
  rooms: "Rooms",
  skip: "Skip to content",
  language: "中文",
  languageLabel: "切换到中文",
  theme: { auto: "System", light: "Light", dark: "Dark" },
  themeLabel: (now) => `Appearance: ${now}. Click to change`,
  navigation: "Navigation",
  notFound: "There is no such page.",
  toRooms: "Back to the rooms",
  close: "Close",
  loading: "Loading…",
  mayOnlyLook: "This token can look and change nothing: the page has only what it may use.",
  notItsRooms: "This token is limited to some rooms, and works belong to no room.",
  link: {
    retrying: (seconds) => `The connection to the server is lost; it is opened again in ${seconds} s. What was missed will be filled in.`,
    now: "Connecting again…",
  },
  token: {
    title: "A token is needed",
    why: "This page reads data with a token of dylive. The address that dylive prints when it starts (it ends in #token=…) brings one; or paste it here.",
    refused: "The token is not valid, has expired or was revoked. Use another.",
    label: "Token",
    use: "Use it",
    make: "No token? On the machine that runs dylive:",
    kept: "The token is kept in this browser only.",
  },
};
