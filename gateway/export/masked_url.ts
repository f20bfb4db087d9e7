/** A URL without the secrets that it can hold: its password, and the values of its parameters. */
export function maskedUrl(text: string): string {
  const url = new URL(text);
  if (url.password !== "") url.password = "***";
  else if (url.username !== "") url.username = "***"; // a token that stands alone
  for (const name of new Set(url.searchParams.keys())) url.searchParams.set(name, "***");
  return url.href;
}
