import { createApp } from "vue";
import App from "./App.vue";
import { startLanguage } from "./i18n/language.js";
import { readLink } from "./link.js";
import { makeRouter } from "./router.js";
import { startTheme } from "./theme.js";
import { takeLink } from "./token.js";
import "./style/base.css";
import "./style/controls.css";

// Before the router looks at the address, and before anything else could read the token in it.
const link = takeLink();
// A printed link that is pasted where the page is open already changes the part after # alone, which loads nothing. Before the router sees it, too.
addEventListener("popstate", (event) => {
  if (readLink(location.hash).token === null) return;
  event.stopImmediatePropagation();
  location.reload();
});
startLanguage();
startTheme();
createApp(App, { link }).use(makeRouter()).mount("#app");
