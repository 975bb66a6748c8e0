/** A duration for people: "0.4 s", "42 s", "3 min 07 s", "2 h 05 min", "4 d 3 h". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "–";
  if (seconds < 9.95) return `${trim(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
  const hours = Math.round(seconds / 3600);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** The same for narrow columns: "0.4s", "42s", "3:07", "2:05h", "4d". */
export function compactDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "–";
  if (seconds < 9.95) return `${trim(seconds)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${pad(whole % 60)}`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}h`;
  return `${Math.round(minutes / 1440)}d`;
}

function trim(seconds: number): string {
  const tenths = Math.round(seconds * 10) / 10;
  return tenths % 1 === 0 ? String(tenths) : tenths.toFixed(1);
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

/** A fraction between 0 and 1 as "12 %", with one decimal below ten. */
export function percent(fraction: number): string {
  const value = fraction * 100;
  const digits = value > 0 && value < 9.95 && value % 1 > 0.05 ? 1 : 0;
  return `${value.toFixed(digits)} %`;
}

export function shortCommit(commit: string): string {
  return commit.slice(0, 12);
}

/** "sha256:0123…" shortened to its first twelve hex digits, as registries and engines print it. */
export function shortDigest(digest: string): string {
  const hex = digest.includes(":") ? digest.slice(digest.indexOf(":") + 1) : digest;
  return hex.slice(0, 12);
}

/** The part of a commit message that lists show. */
export function firstLine(message: string): string {
  return message.split("\n", 1)[0]?.trim() ?? "";
}

/** The host of an address, or the address itself when it is none. */
export function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

export function sentence(word: string): string {
  const text = word.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
