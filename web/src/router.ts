import { createRouter, createWebHashHistory, type RouteLocationNormalized, type RouteRecordRaw, type Router } from "vue-router";
import NotFoundPage from "./pages/NotFoundPage.vue";
import RoomsPage from "./pages/RoomsPage.vue";

// Pages other than the first are loaded when they are looked at. Those that `stay` are lists beside what is looked at: they follow the address.
const ROUTES: readonly RouteRecordRaw[] = [
  { path: "/", redirect: "/rooms" },
  { path: "/rooms", name: "rooms", component: RoomsPage },
  { path: "/rooms/:id", name: "room", component: () => import("./pages/RoomPage.vue"), props: true },
  { path: "/sessions", name: "sessions", component: () => import("./pages/SessionsPage.vue") },
  { path: "/rooms/:id/sessions/:session", name: "session", component: () => import("./pages/SessionPage.vue"), props: true },
  { path: "/rooms/:id/at/:seq(\\d+)", name: "moment", component: () => import("./pages/MomentPage.vue"), props: true },
  { path: "/compare", name: "compare", component: () => import("./pages/ComparePage.vue") },
  { path: "/search", name: "search", component: () => import("./pages/SearchPage.vue") },
  { path: "/works/:id?", name: "works", component: () => import("./pages/WorksPage.vue"), props: true, meta: { stays: true } },
  { path: "/overlay", name: "overlay", component: () => import("./pages/OverlayPage.vue") },
  { path: "/settings/:part?", name: "settings", component: () => import("./pages/SettingsPage.vue"), props: true, meta: { stays: true } },
  { path: "/:anything(.*)*", name: "none", component: NotFoundPage },
];

/** Key of the address for which this tab was loaded anew, so that it is once. */
const RENEWED = "dylive.renewed";

/** The pages by their addresses, all behind `#`: the server never sees them. */
export function makeRouter(): Router {
  const router = createRouter({ history: createWebHashHistory(), routes: [...ROUTES] });
  let wanted = "";
  router.beforeEach(({ fullPath }) => {
    wanted = fullPath;
  });
  // A file may fail after one has gone elsewhere.
  router.onError((_error, { fullPath }) => void renewAt(fullPath, () => wanted === fullPath));
  router.afterEach((_to, _from, failure) => failure === undefined && sessionStorage.removeItem(RENEWED));
  return router;
}

/** Loads the dashboard anew at an address whose page could not be loaded: after an upgrade of the server its file has another name. */
async function renewAt(address: string, isWanted: () => boolean): Promise<void> {
  if (sessionStorage.getItem(RENEWED) === address) return;
  // Without a server even what is shown would be lost.
  const answer = await fetch(location.pathname, { cache: "no-store" }).catch(() => null);
  if (answer?.ok !== true || !isWanted()) return;
  sessionStorage.setItem(RENEWED, address);
  history.replaceState(history.state, "", `#${address}`);
  location.reload();
}

/** The key of an address's page. At another address there is another page: nothing of one room or broadcast is left over at the next. */
export function pageKey({ name, path, meta }: Pick<RouteLocationNormalized, "name" | "path" | "meta">): string {
  return meta["stays"] === true ? String(name) : path;
}
