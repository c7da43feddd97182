// <time datetime="…Z" data-relative>: "5 phút nữa", kept fresh. The server's text stays as the tooltip.
const steps = [["day", 86400], ["hour", 3600], ["minute", 60]];

/** Seconds from now -> [value, unit] for Intl.RelativeTimeFormat; null below one minute ("now"). */
export function roughly(seconds) {
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) return [Math.trunc(seconds / size), unit];
  }
  return null;
}

export function relativeTimes(root) {
  const words = new Intl.RelativeTimeFormat(root.documentElement.lang || "vi", { numeric: "auto" });
  const show = () => {
    for (const time of root.querySelectorAll("time[data-relative]")) {
      const found = roughly((Date.parse(time.dateTime) - Date.now()) / 1000);
      time.title ||= time.textContent.trim();
      time.textContent = found ? words.format(...found) : words.format(0, "minute");
    }
  };
  show();
  setInterval(show, 30_000);
  root.addEventListener("htmx:after:swap", show);
}
