/** Watches for a sign of life while an answer is waited for. */
export interface SilenceWatch {
  /** Something came. */
  heard(): void;
  /** It is not the other side that is waited for now, until {@link heard}. */
  hold(): void;
  stop(): void;
}

/** Calls `lost` with the reason when nothing is heard for so long; the watch begins at once. */
export function watchSilence(ms: number, lost: (reason: Error) => void): SilenceWatch {
  const begin = (): NodeJS.Timeout =>
    setTimeout(() => lost(new Error(`the server has sent nothing for ${ms / 1000} seconds`)), ms);
  let timer: NodeJS.Timeout | undefined = begin();
  let over = false;
  function hold(): void {
    clearTimeout(timer);
    timer = undefined;
  }
  return {
    heard() {
      if (over) return;
      if (timer === undefined) timer = begin();
      else timer.refresh();
    },
    hold,
    stop() {
      over = true;
      hold();
    },
  };
}
