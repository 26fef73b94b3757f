/** For simulated APIs: whether a call at this time is within the platform's limit of `calls` in any `perMs`. Refused calls do not count. */
export function createCallLimit(calls: number, perMs: number): (nowMs: number) => boolean {
  const lately: number[] = [];
  return (nowMs) => {
    while (lately[0] !== undefined && lately[0] <= nowMs - perMs) lately.shift();
    if (lately.length >= calls) return false;
    lately.push(nowMs);
    return true;
  };
}
