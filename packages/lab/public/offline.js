/**
 * The page's service worker: keeps the files of the page that was loaded last, so that it works on without a network (each
 * engine's worker loads its script again). What is named by its content comes from here; the rest is asked for first.
 */
const CACHE = "shootdown-lab";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

/** The page asks to be kept, and is answered when it is, or that it cannot be. */
self.addEventListener("message", (event) => {
  const answer = (text) => event.ports[0].postMessage(text);
  event.waitUntil(
    keep().then(
      () => answer("kept"),
      () => answer("not kept"),
    ),
  );
});

/** Every file that the build has written; what is not among them is of an older page. */
async function keep() {
  const list = await fetch(new URL("files.json", self.registration.scope), { cache: "no-cache" });
  const wanted = new Set(["", ...(await list.json())].map((path) => new URL(path, self.registration.scope).href));
  const cache = await caches.open(CACHE);
  for (const url of wanted) if (!isNamedByContent(url) || !(await cache.match(url))) await cache.add(url);
  for (const request of await cache.keys()) if (!wanted.has(request.url)) await cache.delete(request);
}

self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  event.respondWith(isNamedByContent(event.request.url) ? kept(event.request) : fresh(event.request));
});

/** What is not may be of an older page, which asks for files that are gone. */
function isNamedByContent(url) {
  return new URL(url).pathname.includes("/assets/");
}

async function kept(request) {
  return (await caches.match(request.url)) ?? fetch(request);
}

async function fresh(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const known = await caches.match(request.url.replace(/#.*$/, ""));
    if (known) return known;
    throw error;
  }
}
