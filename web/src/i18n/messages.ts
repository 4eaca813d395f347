import { computed } from "vue";
import { lang } from "./language.js";
import { MESSAGES, type Messages } from "./tables.js";

/** The sentences in the language of the page. */
export const messages = computed<Messages>(() => MESSAGES[lang.value]);
