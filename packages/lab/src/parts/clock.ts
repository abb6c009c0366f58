/**
 * The time, for what shows how long it has been working.
 */
import { useEffect, useState } from "react";

const INTERVAL = 200;

/** Milliseconds as `performance.now()`; stands still unless `isRunning`. */
export function useClock(isRunning: boolean): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setNow(performance.now()), INTERVAL);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now;
}
