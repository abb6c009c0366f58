/**
 * The page's service worker: keeps the files of the page that was loaded last, so that it works on without a network (each
 * engine's worker loads its script again). What is named by its content comes from here; the rest is asked for first.
 */
const CACHE = "shootdown-lab";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

/** The page says which files it is made of; what is not among them is of an older page. */
self.addEventListener("message", (event) => event.waitUntil(keep(event.data, event.ports[0])));

async function keep(urls, port) {
  const cache = await caches.open(CACHE);
  const wanted = new Set(urls);
  for (const request of await cache.keys()) if (!wanted.has(request.url)) await cache.delete(request);
  for (const url of wanted) if (!isNamedByContent(url) || !(await cache.match(url))) await cache.add(url);
  port.postMessage("kept");
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
