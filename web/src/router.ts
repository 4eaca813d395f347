import { createRouter, createWebHashHistory, type RouteRecordRaw, type Router } from "vue-router";
import NotFoundPage from "./pages/NotFoundPage.vue";
import RoomsPage from "./pages/RoomsPage.vue";

// Pages other than the first are loaded when they are looked at.
const ROUTES: readonly RouteRecordRaw[] = [
  { path: "/", redirect: "/rooms" },
  { path: "/rooms", name: "rooms", component: RoomsPage },
  { path: "/rooms/:id", name: "room", component: () => import("./pages/RoomPage.vue"), props: true },
  { path: "/sessions", name: "sessions", component: () => import("./pages/SessionsPage.vue") },
  { path: "/rooms/:id/sessions/:session", name: "session", component: () => import("./pages/SessionPage.vue"), props: true },
  { path: "/rooms/:id/at/:seq(\\d+)", name: "moment", component: () => import("./pages/MomentPage.vue"), props: true },
  { path: "/compare", name: "compare", component: () => import("./pages/ComparePage.vue") },
  { path: "/search", name: "search", component: () => import("./pages/SearchPage.vue") },
  { path: "/works/:id?", name: "works", component: () => import("./pages/WorksPage.vue"), props: true },
  { path: "/overlay", name: "overlay", component: () => import("./pages/OverlayPage.vue") },
  { path: "/settings/:part?", name: "settings", component: () => import("./pages/SettingsPage.vue"), props: true },
  { path: "/:anything(.*)*", name: "none", component: NotFoundPage },
];

/** The pages by their addresses, all behind `#`: the server never sees them. */
export function makeRouter(): Router {
  return createRouter({ history: createWebHashHistory(), routes: [...ROUTES] });
}
