const TIMESTAMP =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d{1,20})?(?:[Zz]|[+-](\d\d):(\d\d))$/;

/**
 * Whether `text` is an RFC 3339 timestamp whose date exists, with a leap second allowed.
 * `Date.parse` does not do: it takes other formats too, and turns 30 February into 1 March.
 */
export function isRfc3339(text: string): boolean {
  const match = TIMESTAMP.exec(text);
  if (match === null) return false;
  const [year, month, day, hour, minute, second, offsetHour = 0, offsetMinute = 0] = match
    .slice(1)
    .map((digits) => Number(digits ?? 0)) as [number, number, number, number, number, number];
  // Day 0 of the following month is the last one of this month.
  const daysInMonth = new Date(Date.UTC(2000 + year % 400, month, 0)).getUTCDate();
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth &&
    hour <= 23 && minute <= 59 && second <= 60 && offsetHour <= 23 && offsetMinute <= 59;
}
