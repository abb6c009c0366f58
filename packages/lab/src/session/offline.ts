/**
 * Makes the page work without a network from now on: its service worker keeps every file that it is made of.
 */

/** Resolves when everything is kept; false where a browser or an address allows no service worker. */
export async function keepForOffline(): Promise<boolean> {
  try {
    await navigator.serviceWorker.register("./offline.js");
    const { active } = await navigator.serviceWorker.ready;
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
    const own = loaded.filter((url) => url.startsWith(location.origin));
    const urls = [...new Set([location.href.replace(/#.*$/, ""), ...own])];
    const { port1, port2 } = new MessageChannel();
    const answered = new Promise((resolve) => {
      port1.onmessage = resolve;
    });
    active!.postMessage(urls, [port2]);
    await answered;
    return true;
  } catch {
    return false;
  }
}
