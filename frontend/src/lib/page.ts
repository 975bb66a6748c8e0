/** The page number in a query string; anything that is no page number counts as the first. */
export function pageOf(search: URLSearchParams): number {
  const page = Number(search.get("page") ?? "1");
  return Number.isInteger(page) && page > 0 ? page : 1;
}
