import { createApp } from "vue";
import App from "./App.vue";
import { startLanguage } from "./i18n/language.js";
import { makeRouter } from "./router.js";
import { startTheme } from "./theme.js";
import { takeLink } from "./token.js";
import "./style/base.css";
import "./style/controls.css";

// Before the router looks at the address, and before anything else could read the token in it.
const link = takeLink();
startLanguage();
startTheme();
createApp(App, { link }).use(makeRouter()).mount("#app");
