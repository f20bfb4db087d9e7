const TIMESTAMP =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,20}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** Whether `text` is an RFC 3339 timestamp whose date exists, with a leap second allowed. */
export function isRfc3339(text: string): boolean {
  return rfc3339Us(text) !== null;
}

/**
 * An RFC 3339 timestamp in Unix µs, rounded up; a leap second is the one after it. `Date.parse` does
 * not do: it takes other formats too, turns 30 February into 1 March, knows no leap seconds and has
 * only milliseconds.
 *
 * @returns null if it is none, or its date does not exist
 */
export function rfc3339Us(text: string): number | null {
  const match = TIMESTAMP.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [fraction = "", sign = "+", offsetHour = 0, offsetMinute = 0] = match.slice(7);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isOfCalendar = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  const isOfClock = hour <= 23 && minute <= 59 && second <= 60 &&
    Number(offsetHour) <= 23 && Number(offsetMinute) <= 59;
  if (!isOfCalendar || !isOfClock) return null;
  const offsetMinutes = Number(`${sign}1`) * (Number(offsetHour) * 60 + Number(offsetMinute));
  date.setUTCHours(hour, minute - offsetMinutes, second);
  const us = Number(fraction.slice(0, 6).padEnd(6, "0"));
  const isMore = /[1-9]/.test(fraction.slice(6));
  return date.getTime() * 1_000 + us + Number(isMore);
}
