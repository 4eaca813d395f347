import { createApp } from "vue";
import { ApiClient } from "../api/client.js";
import OverlayApp from "./OverlayApp.vue";
import { readOptions } from "./options.js";
import { OverlaySource } from "./source.js";
import "./overlay.css";

const options = readOptions(location.hash);
document.documentElement.lang = options.lang === "zh" ? "zh-CN" : "en";
const named = options.room !== "" && options.token !== "";
const client = options.demo || !named ? null : new ApiClient(new URL(".", document.baseURI).href, options.token);
const source = options.demo || named ? new OverlaySource(options, client) : null;
createApp(OverlayApp, { options, client, source }).mount("#overlay");
// Another address after # is another overlay: the preview changes it in place.
addEventListener("hashchange", () => location.reload());
