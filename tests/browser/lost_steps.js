// A turn ends whose last records of steps were lost; `asking` are timers that ask for them again.
(async () => {
  const { start } = await import(arg + "live_panes.js");
  const { viewRecord } = await import(arg + "view_records.js");
  const { setTimeout, clearTimeout } = window;
  const asking = new Set();
  window.setTimeout = (act, ms) => {
    const timer = setTimeout(act, ms);
    if (ms === 1000) asking.add(timer);
    return timer;
  };
  window.clearTimeout = (timer) => {
    asking.delete(timer);
    clearTimeout(timer);
  };
  const values = { turn_id: "lost", kind: "reasoning", text: "", steps: "" };
  const model = { get: (name) => values[name], on: () => {}, send: () => {} };
  const late = { type: "delta", offset: 0, text: "Hm. ", steps: "B4", steps_offset: 6 };
  const stop = start(model, [late]);
  const before = asking.size;
  stop();
  Object.assign(window, { setTimeout, clearTimeout });
  return { before, after: asking.size, streams: Object.keys(viewRecord("lost").streams) };
})()
