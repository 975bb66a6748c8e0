import { ago, atLocalTime, useNow } from "../lib/time.ts";

interface Props {
  time: string;
}

/** A moment as "3 min ago", with its date and time for whoever points at it. */
export function Ago({ time }: Props) {
  const now = useNow();
  return (
    <time dateTime={time} title={atLocalTime(time)}>
      {ago(time, now)}
    </time>
  );
}
