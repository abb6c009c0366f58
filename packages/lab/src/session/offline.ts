/**
 * Makes the page work without a network from now on: its service worker (`public/offline.js`) keeps every file of the build.
 */

/** Resolves when everything is kept; false where a browser or an address allows no service worker. */
export async function keepForOffline(): Promise<boolean> {
  try {
    await navigator.serviceWorker.register("./offline.js");
    const { active } = await navigator.serviceWorker.ready;
    const { port1, port2 } = new MessageChannel();
    const answered = new Promise<string>((resolve) => {
      port1.onmessage = ({ data }: MessageEvent<string>) => resolve(data);
    });
    active!.postMessage("keep", [port2]);
    return (await answered) === "kept";
  } catch {
    return false;
  }
}
